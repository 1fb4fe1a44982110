/** Alarmo for Home Assistant (alarm-panels §1.3): `state` is retained text, `event` is JSON and is not. */
import { z } from 'zod';
import { panelState } from '../common-words.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { event, type Reading } from '../reading.ts';

const eventBody = z.object({
  event: z.string().min(1).max(63),
  delay: z.number().nullish(),
  sensors: z
    .array(z.object({ entity_id: z.string().max(200), name: z.string().max(200).nullish() }))
    .max(256)
    .nullish(),
});

const settings = z.strictObject({ prefix: prefixText.default('alarmo/') });

export const alarmoDialect = readDialect({
  name: 'alarmo',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) => ['state', '+/state', 'event', '+/event'].map((filter) => `${prefix}${filter}`),
  read(heard): readonly Reading[] {
    const area = heard.levels.length > 1 ? heard.levels[0]! : 'alarmo';
    switch (heard.levels.at(-1)) {
      case 'state':
        return panelState(heard, area, heard.text());
      case 'event':
        return heard.retained ? [] : eventReadings(heard, area);
      default:
        return [];
    }
  },
});

function eventReadings(heard: Heard, partition: string): readonly Reading[] {
  const { event: word, delay, sensors } = heard.json(eventBody);
  switch (word) {
    case 'TRIGGER':
      // With a delay it is somebody at the door who may yet enter the code; `triggered` follows if not.
      if ((delay ?? 0) > 0) return [];
      return (sensors ?? []).map(({ entity_id, name }) =>
        event('burglary', 'TRIGGER', { zone: entity_id.replace(/^[a-z_]+\./, ''), partition, ...(name ? { text: name } : {}) }),
      );
    case 'FAILED_TO_ARM':
      return [event('arm.failed', word, { partition, text: (sensors ?? []).map(({ name, entity_id }) => name ?? entity_id).join(', ') })];
    case 'INVALID_CODE_PROVIDED':
      return [event('code.tamper', word, { partition })];
    case 'NO_CODE_PROVIDED':
    case 'COMMAND_NOT_ALLOWED':
      return [];
    default:
      // What the state says as well.
      if (/^(ARM|DISARM|UNTRIGGER|READY|TRIGGERED)/.test(word)) return [];
      return [event(`unknown.${word.toLowerCase().replace(/[^a-z0-9-]/g, '-')}`, word, { partition })];
  }
}
