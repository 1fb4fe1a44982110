/** Alarmo for Home Assistant (alarm-panels §1.3): `state` is retained text, `event` is JSON and is not. */
import { z } from 'zod';
import { panelState, panelWord } from '../common-words.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { answer, event, type Reading } from '../reading.ts';

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
  tell: {
    orders: () => ['arm', 'disarm'],
    say(command, { prefix }, { panel }) {
      const word = panelWord(command);
      if (word === undefined) return undefined;
      const area = 'partition' in command && command.partition !== undefined && command.partition !== 'alarmo' ? { area: command.partition } : {};
      const code = panel.secret === undefined ? {} : { code: panel.secret.reveal() };
      return [{ topic: `${prefix}command`, payload: JSON.stringify({ command: word.toLowerCase(), ...area, ...code }) }];
    },
  },
});

function refusals(word: string): readonly Reading[] {
  return [answer('arm', word), answer('disarm', word)];
}

function eventReadings(heard: Heard, partition: string): readonly Reading[] {
  const { event: word, delay, sensors } = heard.json(eventBody);
  switch (word) {
    case 'TRIGGER':
      // With a delay it is somebody at the door who may yet enter the code; `triggered` follows if not.
      if ((delay ?? 0) > 0) return [];
      return (sensors ?? []).map(({ entity_id, name }) =>
        event('burglary', 'TRIGGER', { zone: entity_id.replace(/^[a-z_]+\./, ''), partition, ...(name ? { text: name } : {}) }),
      );
    case 'FAILED_TO_ARM': {
      const text = (sensors ?? []).map(({ name, entity_id }) => name ?? entity_id).join(', ');
      return [event('arm.failed', word, { partition, text }), answer('arm', `${word}: ${text}`)];
    }
    case 'INVALID_CODE_PROVIDED':
      return [event('code.tamper', word, { partition }), ...refusals(word)];
    case 'NO_CODE_PROVIDED':
    case 'COMMAND_NOT_ALLOWED':
      return refusals(word);
    default:
      // What the state says as well.
      if (/^(ARM|DISARM|UNTRIGGER|READY|TRIGGERED)/.test(word)) return [];
      return [event(`unknown.${word.toLowerCase().replace(/[^a-z0-9-]/g, '-')}`, word, { partition })];
  }
}
