/** The DSC keybus sketch (alarm-panels §1.6). `pending` is its exit delay, and `disarmed` may mean no more than that the alarm flag dropped. */
import { z } from 'zod';
import { answerTo } from '../../../gateway/domain/command.ts';
import { panelState, saysOnline, saysYes } from '../common-words.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { activity, answer, type Reading, state } from '../reading.ts';

const settings = z.strictObject({ prefix: prefixText.default('dsc/') });

export const dscKeybusDialect = readDialect({
  name: 'dsc-keybus',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) => [`${prefix}Get/+`, `${prefix}Status`],
  read(heard): readonly Reading[] {
    const [root, name = ''] = heard.levels;
    if (root === 'Status') return [{ kind: 'alive', online: saysOnline(heard) }];
    const [, what, number = ''] = name.match(/^(Partition|Zone|Fire|Trouble)(\d{0,3})$/) ?? [];
    if (root !== 'Get' || what === undefined || heard.levels.length > 2) return [];
    switch (what) {
      case 'Partition':
        return partitionReadings(heard, number);
      case 'Zone':
        return [state(activity, saysYes(heard), 'Zone', { zone: number })];
      case 'Fire':
        return [state('fire.smoke', saysYes(heard), 'Fire', { partition: number })];
      default:
        return [state('module.fault', saysYes(heard), 'Trouble')];
    }
  },
  tell: {
    orders: () => ['arm', 'disarm'],
    say(command, { prefix }) {
      const letter = command.op === 'disarm' ? 'D' : command.op === 'arm' ? armLetters[command.mode ?? 'away'] : undefined;
      return letter === undefined
        ? undefined
        : [{ topic: `${prefix}Set`, payload: `${('partition' in command && command.partition) || '1'}${letter}` }];
    },
  },
});

const armLetters = { away: 'A', home: 'S', night: 'N' } as const;

function partitionReadings(heard: Heard, partition: string): readonly Reading[] {
  const word = heard.text().trim();
  // Its exit delay: somebody has armed it.
  if (word === 'pending') return [answer(answerTo({ op: 'arm', partition }))];
  const readings = panelState(heard, partition, word);
  const key = `triggered ${partition}`;
  const before = heard.learned(key) === 'yes';
  if (word === 'triggered') return [...readings, { kind: 'learned', key, value: 'yes' }];
  if (word !== 'disarmed' || !before) return readings;
  return [...readings.filter(({ kind }) => kind !== 'arming'), { kind: 'learned', key, value: 'no' }];
}
