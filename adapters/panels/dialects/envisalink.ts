/** Bridges of Envisalink modules on DSC panels (alarm-panels §1.6): `<prefix>/<zone>` as 1 or 0, or the module's own lines below `<prefix>/tpi`. */
import { z } from 'zod';
import { answerTo, type PanelCommand } from '../../../gateway/domain/command.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { readTpi, type TpiLine, writeTpi } from '../../protocols/tpi.ts';
import { saysYes } from '../common-words.ts';
import { type Heard, prefixText, readDialect } from '../read-dialect.ts';
import { activity, answer, event, type Reading, type Sign, state } from '../reading.ts';

const settings = z.strictObject({
  prefix: prefixText.default('envisalink/'),
  /** Where the bridge takes lines for the module; without it the panel only speaks. */
  commandTopic: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^+#]+$/, 'a topic without + and #')
    .optional(),
});

export const envisalinkDialect = readDialect({
  name: 'envisalink',
  settings,
  prefix: ({ prefix }) => prefix,
  topics: ({ prefix }) => [`${prefix}+`],
  read(heard): readonly Reading[] {
    const [name = ''] = heard.levels;
    if (name === 'tpi') return lineReadings(heard);
    return /^\d{1,3}$/.test(name) ? [state(activity, saysYes(heard), 'zone', { zone: name })] : [];
  },
  tell: {
    orders: ({ commandTopic }) => (commandTopic === undefined ? [] : ['arm', 'disarm']),
    say(command, { commandTopic }, { panel }) {
      const line = commandTopic === undefined ? undefined : lineFor(command, panel.secret?.reveal());
      return line === undefined || commandTopic === undefined ? undefined : [{ topic: commandTopic, payload: writeTpi(line) }];
    },
  },
});

/** Partition arm away 030, stay 031, without entry delay 032; disarm 040 with a code of 4 to 6 digits. */
const armCommands = { away: '030', home: '031', night: '032' } as const;

function lineFor(command: PanelCommand, code: string | undefined): TpiLine | undefined {
  if (command.op === 'arm') return { command: armCommands[command.mode ?? 'away'], data: command.partition ?? '1' };
  if (command.op !== 'disarm' || !/^\d{4,6}$/.test(code ?? '')) return undefined;
  return { command: '040', data: `${command.partition ?? '1'}${code}` };
}

/** What the module says of an order. */
const refusals: ReadonlyMap<string, readonly ['arm' | 'disarm', string][]> = new Map([
  [
    '670',
    [
      ['arm', 'invalid access code'],
      ['disarm', 'invalid access code'],
    ],
  ],
  [
    '671',
    [
      ['arm', 'function not available'],
      ['disarm', 'function not available'],
    ],
  ],
  ['672', [['arm', 'failure to arm']]],
  [
    '673',
    [
      ['arm', 'keypad is busy'],
      ['disarm', 'keypad is busy'],
    ],
  ],
]);

/** Command by command: what it says, and whether it begins or ends. `zone`: its data are three digits; `partition`: one, or one and a zone. */
interface Meaning {
  readonly type: Sign['type'];
  readonly active: boolean;
  readonly of: 'zone' | 'partition' | 'partition and zone' | 'panel';
}
const says = (type: Sign['type'], active: boolean, of: Meaning['of']): Meaning => ({ type, active, of });

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['601', says('burglary', true, 'partition and zone')],
  ['602', says('burglary', false, 'partition and zone')],
  ['603', says('tamper.sensor', true, 'partition and zone')],
  ['604', says('tamper.sensor', false, 'partition and zone')],
  ['605', says('loop.fault', true, 'zone')],
  ['606', says('loop.fault', false, 'zone')],
  ['609', says(activity, true, 'zone')],
  ['610', says(activity, false, 'zone')],
  ['620', says('panic.duress', true, 'panel')],
  ['621', says('fire.pullstation', true, 'panel')],
  ['622', says('fire.pullstation', false, 'panel')],
  ['623', says('medical', true, 'panel')],
  ['624', says('medical', false, 'panel')],
  ['625', says('panic.audible', true, 'panel')],
  ['626', says('panic.audible', false, 'panel')],
  ['631', says('fire.smoke', true, 'panel')],
  ['632', says('fire.smoke', false, 'panel')],
  ['654', says('burglary', true, 'partition')],
  ['800', says('power.battery.low', true, 'panel')],
  ['801', says('power.battery.low', false, 'panel')],
  ['802', says('power.ac', true, 'panel')],
  ['803', says('power.ac', false, 'panel')],
  ['806', says('siren.fault', true, 'panel')],
  ['807', says('siren.fault', false, 'panel')],
  ['829', says('tamper.panel', true, 'panel')],
  ['830', says('tamper.panel', false, 'panel')],
] as const);

const arming = new Map([
  ['652', 'away'],
  ['655', 'disarmed'],
] as const);
/** The mode digit of 652: away, stay, zero-entry away, zero-entry stay. */
const modes = ['away', 'home', 'away', 'night'] as const;

function lineReadings(heard: Heard): readonly Reading[] {
  if (heard.retained) return [];
  const { command, data } = lineOf(heard);
  const mode = command === '652' || command === '655' ? arming.get(command) : undefined;
  if (mode !== undefined) {
    if (!/^\d/.test(data)) throw heard.refuse('/', 'a partition after the command', JSON.stringify(data.slice(0, 20)));
    return [{ kind: 'arming', mode: mode === 'disarmed' ? mode : (modes[Number(data[1] ?? 0)] ?? 'away'), partition: data[0]! }];
  }
  // Its exit delay: it has been armed.
  if (command === '656') return [answer(answerTo({ op: 'arm', partition: data.slice(0, 1) }))];
  const refused = refusals.get(command);
  if (refused) return refused.map(([op, why]) => answer(op, why));
  const meaning = meanings.get(command);
  if (meaning === undefined) return [];
  const where = whereOf(heard, meaning.of, data);
  return [{ ...event(meaning.type, command, where), active: meaning.active }];
}

function lineOf(heard: Heard): { readonly command: string; readonly data: string } {
  try {
    return readTpi(heard.text());
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw heard.refuse('/', 'a TPI line with a right checksum', JSON.stringify(heard.text().slice(0, 60)));
  }
}

function whereOf(heard: Heard, of: Meaning['of'], data: string): { readonly zone?: string; readonly partition?: string } {
  const pattern = { zone: /^()(\d{3})$/, partition: /^(\d)()$/, 'partition and zone': /^(\d)(\d{3})$/, panel: /^()()\d*$/ }[of];
  const found = data.match(pattern);
  if (!found) throw heard.refuse('/', `the number of a ${of === 'panel' ? 'code' : of}`, JSON.stringify(data.slice(0, 20)));
  const [, partition, zone] = found;
  return { ...(partition ? { partition } : {}), ...(zone ? { zone } : {}) };
}
