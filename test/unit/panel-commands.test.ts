/** What becomes of a command: nothing counts as done without a proof, and nothing is carried out late. */
import { describe, expect, test } from 'vitest';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { esphomeDialect } from '../../adapters/panels/dialects/esphome.ts';
import { paiDialect } from '../../adapters/panels/dialects/pai.ts';
import { sparkplugDialect } from '../../adapters/panels/dialects/sparkplug-b.ts';
import { tasmotaDialect } from '../../adapters/panels/dialects/tasmota.ts';
import { readSparkplug } from '../../adapters/protocols/sparkplug/payload.ts';
import type { PanelCommand, PanelCommandResult, PanelMessage, PanelOrder } from '../../gateway/domain/command.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type PanelId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import { after, type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { panelOf, topic } from '../support/panels.ts';
import { principal, recordingFleet } from '../support/recording-fleet.ts';

const gate = panelId('gate');
const house = panelId('house');
const node = panelId('node');
const relay = panelId('relay');

type Order = PanelCommand extends infer One ? (One extends PanelCommand ? Omit<One, 'id' | 'expires'> : never) : never;

/** Four panels at one broker; `taken` is what the broker was given to carry. */
function desk() {
  const clock = new ManualClock();
  const recording = recordingFleet({
    panels: [
      panelOf('gate'),
      panelOf('house', { dialect: 'pai' }),
      panelOf('node', { dialect: 'esphome', settings: { prefix: 'node/' } }),
      panelOf('relay', { dialect: 'tasmota', settings: { topic: 'hall', outputs: { siren: 'POWER1', received: 'POWER2' } } }),
    ],
    dialects: [campusDialect, paiDialect, esphomeDialect, tasmotaDialect],
    clock,
  });
  const door = recording.fleet.doorFor('embedded');
  const taken: PanelOrder[] = [];
  let number = 0;
  return Object.assign(recording, {
    ...{ clock, door, taken },
    /** From now on somebody carries orders. */
    carry() {
      const life = new AbortController();
      const carrying = (async () => {
        for await (const order of door.orders(life.signal)) taken.push(order);
      })();
      return async () => {
        life.abort();
        await carrying;
      };
    },
    tell(panel: PanelId, order: Order, within: Millis = seconds(30)): Promise<PanelCommandResult> {
      number += 1;
      return recording.fleet.perform(panel, { id: `c${number}`, expires: after(clock.now(), within), ...order } as PanelCommand, principal);
    },
    say: (panel: PanelId, on: string, text: string, more: Partial<PanelMessage> = {}) =>
      door.receive(panel, { topic: on, payload: Buffer.from(text), qos: 1, retained: false, duplicate: false, receivedAt: clock.now(), ...more }),
    /** Until what was just asked has left. */
    async left(count = 1) {
      while (taken.length < count) await new Promise((resolve) => setImmediate(resolve));
    },
  });
}

describe('a command', () => {
  test('is accepted or refused by the answer to its own id, and kept with who and why before it leaves', async () => {
    const here = desk();
    here.carry();
    const arm = here.tell(gate, { op: 'arm', mode: 'night', partition: '1' });
    await here.left();
    expect(here.audit).toEqual(['arm by principal: end of lessons']);
    expect(here.taken).toMatchObject([{ panel: 'gate', topic: topic('gate', 'cmd'), expiring: true }]);
    await here.say(gate, topic('gate', 'rsp'), JSON.stringify({ id: 'another', ok: true }));
    await here.say(gate, topic('gate', 'state'), JSON.stringify({ arm: { 1: 'night' } }));
    await here.say(gate, topic('gate', 'rsp'), JSON.stringify({ id: 'c1', ok: false, err: 'zone 3 is open' }));
    expect(await arm).toMatchObject({ ok: false, outcome: 'refused', words: { zh: '主机拒绝：zone 3 is open' } });
    const disarm = here.tell(gate, { op: 'disarm', partition: '1' });
    await here.left(2);
    await here.say(gate, topic('gate', 'rsp'), JSON.stringify({ id: 'c2', ok: true }));
    expect(await disarm).toMatchObject({ ok: true, outcome: 'accepted' });
    expect(here.audit.slice(1)).toEqual(['arm refused', 'disarm by principal: end of lessons', 'disarm accepted']);
  });

  test('to a panel that answers nothing is accepted by what the panel tells of itself, of that partition, now', async () => {
    const here = desk();
    here.carry();
    const state = 'paradox/states/partitions/Area_1/current_state';
    await here.say(house, state, 'disarmed');
    const arm = here.tell(house, { op: 'arm', partition: 'Area_1' });
    await here.left();
    let done = false;
    void arm.then(() => {
      done = true;
    });
    await here.say(house, state, 'armed_away', { retained: true }); // what a broker kept
    await here.say(house, 'paradox/states/partitions/Area_2/current_state', 'armed_away');
    await here.say(house, state, 'armed_home');
    await here.clock.advance(seconds(1));
    expect(done).toBe(false);
    await here.say(house, state, 'armed_away');
    expect(await arm).toMatchObject({ outcome: 'accepted' });
  });

  test('whose exit delay has begun is accepted; a bypass when the zone says so', async () => {
    const here = desk();
    here.carry();
    const arm = here.tell(node, { op: 'arm', partition: 'school' });
    await here.left();
    await here.say(node, 'node/alarm_control_panel/school/state', 'arming');
    expect(await arm).toMatchObject({ outcome: 'accepted' });
    const bypass = here.tell(house, { op: 'bypass', zone: zoneId('front_door') });
    await here.left(2);
    await here.say(house, 'paradox/states/zones/front_door/bypassed', 'True');
    expect(await bypass).toMatchObject({ outcome: 'accepted' });
  });

  test('to an output is accepted when the output has switched, not when it stood so', async () => {
    const here = desk();
    here.carry();
    await here.say(relay, 'stat/hall/POWER1', 'ON');
    const off = here.tell(relay, { op: 'siren', on: false });
    await here.left();
    await here.say(relay, 'stat/hall/POWER2', 'OFF');
    await here.say(relay, 'stat/hall/POWER1', 'OFF');
    expect(await off).toMatchObject({ outcome: 'accepted' });
  });

  test('that nothing proves is unknown, with words that send somebody to look', async () => {
    const here = desk();
    here.carry();
    const siren = here.tell(relay, { op: 'siren' });
    await here.left();
    await here.clock.advance(seconds(11));
    expect(await siren).toMatchObject({
      ok: false,
      outcome: 'unknown',
      words: { en: expect.stringContaining('look there'), zh: expect.stringContaining('现场确认') },
    });
    expect(here.audit).toEqual(['siren by principal: end of lessons', 'siren unknown']);
  });

  test('is not sent to an absent panel, without a connection, once it has expired, or to take panic out of service', async () => {
    const here = desk();
    expect(await here.tell(gate, { op: 'siren' })).toMatchObject({ outcome: 'not-sent', sentence: expect.stringContaining('No broker connection') });
    here.carry();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await here.tell(gate, { op: 'siren' }, millis(0))).toMatchObject({ outcome: 'not-sent', sentence: expect.stringContaining('expired') });
    expect(await here.tell(gate, { op: 'bypass', zone: zoneId('7') })).toMatchObject({
      outcome: 'not-sent',
      sentence: expect.stringContaining('panic'),
    });
    await here.say(house, 'paradox/interface/availability', 'offline');
    expect(await here.tell(house, { op: 'disarm' })).toMatchObject({ outcome: 'not-sent', sentence: expect.stringContaining('not connected') });
    here.door.session(gate, 'disconnected', 'gone');
    expect(await here.tell(gate, { op: 'arm' })).toMatchObject({ outcome: 'not-sent', sentence: expect.stringContaining('not connected') });
    await expect(here.tell(panelId('nobody'), { op: 'arm' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(here.tell(relay, { op: 'arm' })).rejects.toMatchObject({
      code: 'COMMAND_UNSUPPORTED',
      message: expect.stringContaining('it can be told siren, received, reset ('),
    });
    expect(here.taken).toEqual([]);
  });

  test('that cannot be journalled is not ordered', async () => {
    const here = desk();
    here.carry();
    here.commitOrder = () => Promise.reject(new GatewayError('JOURNAL_UNAVAILABLE', 'The disk is full.'));
    await expect(here.tell(gate, { op: 'disarm' })).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    expect(here.taken).toEqual([]);
  });

  test('that took longer to journal than it is good for does not leave', async () => {
    const here = desk();
    here.carry();
    here.commitOrder = () => here.clock.advance(seconds(31));
    expect(await here.tell(gate, { op: 'disarm' })).toMatchObject({ outcome: 'not-sent', sentence: expect.stringContaining('expired') });
    expect(here.taken).toEqual([]);
  });
});

test('a connection that comes back is given the requests for state that are still good, and no command of before', async () => {
  const here = desk();
  const leave = here.carry();
  await new Promise((resolve) => setImmediate(resolve));
  await leave();
  expect(await here.tell(gate, { op: 'siren' })).toMatchObject({ outcome: 'not-sent' });
  here.fleet.requestSync(gate);
  here.carry();
  await here.left();
  expect(JSON.parse(Buffer.from(here.taken[0]!.payload).toString())).toMatchObject({ op: 'sync' });
  expect(here.taken).toHaveLength(1);

  const later = desk();
  later.fleet.requestSync(gate);
  await later.clock.advance(seconds(61));
  later.carry();
  await new Promise((resolve) => setImmediate(resolve));
  expect(later.taken).toEqual([]);
});

test('a Sparkplug node whose count jumps, or whose birth was not heard, is asked for its rebirth', async () => {
  const panel = panelOf('plc', { dialect: 'sparkplug-b', settings: { group: 'school', node: 'plc' } });
  const recording = recordingFleet({ panels: [panel], dialects: [sparkplugDialect], clock: new ManualClock() });
  const door = recording.fleet.doorFor('embedded');
  const say = (kind: string, seq: number) => {
    const message = { topic: `spBv1.0/school/${kind}/plc`, payload: Uint8Array.of(0x18, seq), qos: 0, retained: false, duplicate: false } as const;
    return door.receive(panel.id, { ...message, receivedAt: systemClock.now() });
  };
  const orders: PanelOrder[] = [];
  void (async () => {
    for await (const order of door.orders(new AbortController().signal)) orders.push(order);
  })();
  await say('NBIRTH', 0);
  await say('NDATA', 1);
  expect(orders).toEqual([]);
  await say('NDATA', 3);
  await new Promise((resolve) => setImmediate(resolve));
  expect(orders.map(({ topic: to }) => to)).toEqual(['spBv1.0/school/NCMD/plc']);
  expect(readSparkplug(orders[0]!.payload).metrics).toMatchObject([{ name: 'Node Control/Rebirth', value: true }]);
});
