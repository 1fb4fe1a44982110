/** How commands are said in each dialect, by the facts of alarm-panels §1, and what cannot be said. */
import { describe, expect, test } from 'vitest';
import { panelDialects } from '../../adapters/index.ts';
import { type PanelCommand, type PanelOp, panelOps } from '../../gateway/domain/command.ts';
import { zoneId } from '../../gateway/domain/ids.ts';
import type { PanelDialect } from '../../gateway/domain/panel-ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { instant } from '../../gateway/domain/time.ts';
import { dialectFixtures } from '../support/dialect-cases.ts';
import { panelOf } from '../support/panels.ts';

const expires = instant(Date.UTC(2026, 5, 1));
const learnedByHand = new Map([
  ['label front_door', 'Front_door'],
  ['command school', JSON.stringify({ topic: 'house/alarm/set', away: 'ARM_AWAY', home: 'ARM_HOME', night: 'ARM_NIGHT', disarm: 'DISARM' })],
]);

interface Told {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly code?: string;
  readonly learned?: ReadonlyMap<string, string>;
  readonly clockOffset?: number;
}

type Given = { readonly op: PanelOp } & Readonly<Record<string, unknown>>;

function say(name: string, given: Given, { settings = {}, code, learned = learnedByHand, clockOffset }: Told = {}): readonly string[] {
  const dialect = panelDialects.find((each) => each.name === name)!;
  const panel = panelOf('gate', { dialect: name, settings, ...(code === undefined ? {} : { secret: new Secret(code) }) });
  const command = { id: 'c1', expires, ...given } as unknown as PanelCommand;
  const known = { learned, ...(clockOffset === undefined ? {} : { clockOffset: clockOffset as never }) };
  return dialect.encode(panel, 'north', command, known).map(({ topic, payload }) => `${topic} ${Buffer.from(payload)}`);
}

describe('said in the words of', () => {
  const outputs = { siren: 'POWER1', received: 'POWER2' };
  const zone = zoneId('front_door');

  test.each<[string, Given, Told, readonly string[]]>([
    ['pai', { op: 'arm', mode: 'home', partition: 'Area_1' }, {}, ['paradox/control/partitions/Area_1 arm_stay']],
    ['pai', { op: 'disarm', partition: 'Area_1' }, {}, ['paradox/control/partitions/Area_1 disarm']],
    ['pai', { op: 'bypass', zone }, {}, ['paradox/control/zones/Front_door bypass']],
    ['pai', { op: 'unbypass', zone }, {}, ['paradox/control/zones/Front_door clear_bypass']],
    [
      'alarmo',
      { op: 'arm', mode: 'night', partition: 'hall' },
      { code: '1234' },
      ['alarmo/command {"command":"arm_night","area":"hall","code":"1234"}'],
    ],
    ['alarmo', { op: 'disarm' }, {}, ['alarmo/command {"command":"disarm"}']],
    ['home-assistant', { op: 'arm', partition: 'school' }, { settings: { prefix: 'house/' } }, ['house/alarm/set ARM_AWAY']],
    ['home-assistant', { op: 'disarm' }, { settings: { prefix: 'house/' } }, ['house/alarm/set DISARM']],
    [
      'esphome',
      { op: 'arm', mode: 'home', partition: 'alarm' },
      { settings: { prefix: 'node' } },
      ['node/alarm_control_panel/alarm/command ARM_HOME'],
    ],
    ['esphome', { op: 'siren', on: false }, { settings: { prefix: 'node', outputs: { siren: 'horn' } } }, ['node/switch/horn/command OFF']],
    ['dsc-keybus', { op: 'arm', mode: 'home', partition: '2' }, {}, ['dsc/Set 2S']],
    ['dsc-keybus', { op: 'disarm' }, {}, ['dsc/Set 1D']],
    ['texecom2mqtt', { op: 'arm', mode: 'night', partition: 'block_a' }, {}, ['texecom2mqtt/area/block_a/command part_arm_2']],
    ['texecom2mqtt', { op: 'reset', partition: 'block_a' }, {}, ['texecom2mqtt/area/block_a/command reset']],
    // Checksums as in the module's own description: 0301 is C4; 0401 with the code 1234 is 8F.
    ['envisalink', { op: 'arm', partition: '1' }, { settings: { commandTopic: 'envisalink/set' } }, ['envisalink/set 0301C4']],
    ['envisalink', { op: 'disarm' }, { settings: { commandTopic: 'envisalink/set' }, code: '1234' }, ['envisalink/set 040112348F']],
    ['tasmota', { op: 'siren' }, { settings: { topic: 'hall', outputs } }, ['cmnd/hall/POWER1 ON']],
    ['tasmota', { op: 'received', zone }, { settings: { topic: 'hall', outputs } }, ['cmnd/hall/POWER2 ON']],
    ['tasmota', { op: 'reset' }, { settings: { topic: 'hall', outputs } }, ['cmnd/hall/POWER1 OFF', 'cmnd/hall/POWER2 OFF']],
    ['shelly-gen1', { op: 'siren' }, { settings: { id: 'shelly1-A1', outputs: { siren: '0' } } }, ['shellies/shelly1-A1/relay/0/command on']],
    [
      'shelly-gen2',
      { op: 'siren', on: false },
      { settings: { id: 'plus1', outputs: { siren: '0' } } },
      ['plus1/rpc {"id":1,"src":"plus1/gateway","method":"Switch.Set","params":{"id":0,"on":false}}'],
    ],
    [
      'zigbee2mqtt',
      { op: 'siren' },
      { settings: { outputs: { siren: 'horn' } } },
      ['zigbee2mqtt/horn/set {"warning":{"mode":"burglar","level":"high","strobe":true,"duration":180},"alarm":true}'],
    ],
    ['zigbee2mqtt', { op: 'received', zone }, { settings: { outputs: { received: 'lamp' } } }, ['zigbee2mqtt/lamp/set {"state":"ON"}']],
    [
      'mapped',
      { op: 'arm', mode: 'home', partition: 'A"1' },
      {
        settings: {
          prefix: 'up',
          rules: [{ topic: 'up/8613', says: 'event', type: '$.t' }],
          commands: { arm: { topic: 'down/8613', payload: '{"msgid":"{id}","area":"{partition}","how":"{mode}","until":{expires},"x":"{other}"}' } },
        },
      },
      ['down/8613 {"msgid":"c1","area":"A\\"1","how":"home","until":1780272000,"x":"{other}"}'],
    ],
    [
      'campus',
      { op: 'arm', mode: 'night', partition: '1' },
      { clockOffset: -5_000 },
      [`campus/north/panel/gate/cmd {"id":"c1","op":"arm","mode":"night","part":"1","exp":${expires - 5_000}}`],
    ],
    [
      'campus',
      { op: 'received', zone, sequence: { boot: 'b1', seq: 7 } },
      {},
      [`campus/north/panel/gate/cmd {"id":"c1","op":"received","zone":"front_door","boot":"b1","seq":7,"exp":${expires}}`],
    ],
  ])('%s: %j', (name, command, told, expected) => {
    expect(say(name, command, told)).toEqual(expected);
  });
});

/** Every command in the fullest form. */
const all: Readonly<Record<PanelOp, Given>> = {
  arm: { op: 'arm', partition: '1' },
  disarm: { op: 'disarm', partition: '1' },
  reset: { op: 'reset', partition: '1' },
  siren: { op: 'siren' },
  bypass: { op: 'bypass', zone: zoneId('7') },
  unbypass: { op: 'unbypass', zone: zoneId('7') },
  received: { op: 'received', zone: zoneId('7') },
  sync: { op: 'sync' },
};

test.each(panelDialects.map((dialect) => [dialect.name, dialect] as const))(
  '%s says what it lists, and refuses the rest in words',
  (name, dialect: PanelDialect) => {
    const fixture = dialectFixtures.find((each) => each.dialect.name === name)?.panel ?? panelOf('gate', { dialect: name });
    const panel = { ...fixture, secret: new Secret('1234') };
    const learned = new Map([['command 1', learnedByHand.get('command school')!]]);
    const orders = dialect.orders(panel);
    expect(orders).toContain('sync');
    for (const op of panelOps) {
      const encode = () => dialect.encode(panel, 'north', { id: 'c1', expires, ...all[op] } as unknown as PanelCommand, { learned });
      if (orders.includes(op)) expect(encode().every(({ topic }) => topic !== '' && !/[+#]/.test(topic))).toBe(true);
      else expect(encode).toThrow(expect.objectContaining({ code: 'COMMAND_UNSUPPORTED', message: expect.stringContaining('cannot be told') }));
    }
  },
);

test('what is kept for an absent panel by a broker carries its own end; nothing else may be kept', () => {
  for (const dialect of panelDialects) {
    const panel = dialectFixtures.find((each) => each.dialect === dialect)?.panel ?? panelOf('gate', { dialect: dialect.name });
    const words = dialect.orders(panel).flatMap((op) => {
      try {
        return dialect.encode(panel, 'north', { id: 'c1', expires, ...all[op] } as unknown as PanelCommand, { learned: new Map() });
      } catch {
        return []; // needs a code, or a name that was not learned
      }
    });
    for (const { payload, expiring } of words)
      expect([dialect.name, expiring]).toEqual([dialect.name, Buffer.from(payload).toString().includes('"exp":')]);
  }
});
