/** Texecom2MQTT (alarm-panels §1.5; its sources are closed, so that fields beside those are left alone). */
import { z } from 'zod';
import { answerTo, type PanelCommand } from '../../../gateway/domain/command.ts';
import type { ArmMode } from '../../../gateway/domain/report.ts';
import { booleanOf, saysOnline } from '../common-words.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { activity, answer, type Reading, state } from '../reading.ts';

const areaBody = z.object({ status: z.string().max(40) });
const zoneBody = z.object({
  number: z.union([z.string().max(40), z.number()], 'a zone number').nullish(),
  name: z.string().max(200).nullish(),
  status: z.union([z.number().int(), z.string().max(40)], 'a number or a word'),
  alarmed: z.unknown().optional(),
});

const modes: ReadonlyMap<string, ArmMode> = new Map([
  ['disarmed', 'disarmed'],
  ['full_armed', 'away'],
  ['part_armed_1', 'home'],
  ['part_armed_2', 'night'],
  ['part_armed_3', 'home'],
]);
const statuses = ['secure', 'active', 'tamper', 'short'];

const settings = z.strictObject({ prefix: prefixText.default('texecom2mqtt/') });

export const texecom2mqttDialect = readDialect({
  name: 'texecom2mqtt',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) => ['area/+', 'zone/+', 'status'].map((filter) => `${prefix}${filter}`),
  read(heard): readonly Reading[] {
    const [kind, slug = ''] = heard.levels;
    switch (kind) {
      case 'status':
        return [{ kind: 'alive', online: saysOnline(heard) }];
      case 'area':
        return areaReadings(heard, slug);
      case 'zone':
        return zoneReadings(heard, slug);
      default:
        return [];
    }
  },
  tell: {
    orders: () => ['arm', 'disarm', 'reset'],
    say(command, { prefix }) {
      const word = wordOf(command);
      // Each area has a topic of its own.
      if (word === undefined || !('partition' in command) || command.partition === undefined) return undefined;
      return [{ topic: `${prefix}area/${command.partition}/command`, payload: word }];
    },
  },
});

const armWords = { away: 'full_arm', home: 'part_arm_1', night: 'part_arm_2' } as const;

function wordOf(command: PanelCommand): string | undefined {
  if (command.op === 'arm') return armWords[command.mode ?? 'away'];
  return command.op === 'disarm' || command.op === 'reset' ? command.op : undefined;
}

function areaReadings(heard: Heard, partition: string): readonly Reading[] {
  const word = heard.json(areaBody).status.toLowerCase();
  // Somebody is on the way out or in.
  if (word === 'in_exit') return [answer(answerTo({ op: 'arm', partition }))];
  if (word === 'in_entry') return [];
  if (word === 'in_alarm' || word === 'triggered') return [state('burglary', true, word, { partition })];
  const mode = modes.get(word);
  if (mode === undefined) throw heard.refuse('/status', 'a state of an area, such as disarmed or triggered', JSON.stringify(word));
  return [{ kind: 'arming', mode, partition }, state('burglary', false, word, { partition })];
}

function zoneReadings(heard: Heard, slug: string): readonly Reading[] {
  const { number, name, status, alarmed } = heard.json(zoneBody);
  const word = typeof status === 'number' ? statuses[status] : status.toLowerCase();
  if (word === undefined || !statuses.includes(word)) throw heard.refuse('/status', '0 to 3, or their words', JSON.stringify(status));
  const where = { zone: number == null ? slug : String(number), ...(name ? { text: name } : {}) };
  const alarm = booleanOf(alarmed);
  return [
    state(activity, word === 'active', 'status', where),
    state('tamper.sensor', word === 'tamper', 'status', where),
    state('loop.fault', word === 'short', 'status', where),
    ...(alarm === undefined ? [] : [state('burglary', alarm, 'alarmed', where)]),
  ];
}
