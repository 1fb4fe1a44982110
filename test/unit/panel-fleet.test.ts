import { expect, test } from 'vitest';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { panelId } from '../../gateway/domain/ids.ts';
import { after, hours, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { panelOf, password, topic } from '../support/panels.ts';
import { type RecordingOptions, recordingFleet } from '../support/recording-fleet.ts';

const gate = panelId('gate');

function fleetRig(more: Pick<RecordingOptions, 'armed'> = {}) {
  const clock = new ManualClock();
  const panels = [panelOf('gate'), panelOf('gate-2'), panelOf('off', { enabled: false }), panelOf('keyless', { passwordSha256: '' })];
  const recording = recordingFleet({ panels, dialects: [campusDialect], clock, ...more });
  const rig = Object.assign(recording, {
    clock,
    say(name: string, body: unknown, more: Partial<PanelMessage> = {}) {
      const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      return door.receive(gate, { topic: topic('gate', name), payload, qos: 1, retained: false, duplicate: false, receivedAt: clock.now(), ...more });
    },
    press: (seq: number, more: Readonly<Record<string, unknown>> = {}, carried: Partial<PanelMessage> = {}) =>
      rig.say('evt', { v: 1, seq, boot: 'b1', ts: clock.now(), zone: 7, code: '1122', ...more }, carried),
    status: () => rig.fleet.status(gate),
  });
  const door = rig.fleet.doorFor('embedded');
  return { rig, door, fleet: rig.fleet };
}

test('only an enabled panel with its own password gets in', () => {
  const { door } = fleetRig();
  const signIn = (name: string, secret: string) => door.authenticate(name, Buffer.from(secret))?.id;
  expect(signIn('gate', `gate:${password}`)).toBe('gate');
  expect(signIn('gate', `gate-2:${password}`)).toBeUndefined();
  expect(signIn('off', `off:${password}`)).toBeUndefined();
  expect(signIn('nobody', `nobody:${password}`)).toBeUndefined();
  expect(signIn('keyless', '')).toBeUndefined();
});

test('a panel cannot speak for another, nor at a broker that is not its own', async () => {
  const { fleet, door, rig } = fleetRig();
  await expect(rig.say('evt', {}, { topic: topic('gate-2', 'evt') })).rejects.toMatchObject({ code: 'PANEL_FORBIDDEN' });
  const elsewhere = fleet.doorFor('site');
  const message = {
    topic: topic('gate', 'lwt'),
    payload: Buffer.from('online'),
    qos: 1 as const,
    retained: false,
    duplicate: false,
    receivedAt: rig.clock.now(),
  };
  await expect(elsewhere.receive(gate, message)).rejects.toMatchObject({ code: 'PANEL_FORBIDDEN' });
  expect(door.panels().map(({ panel }) => panel.id)).toEqual(['gate', 'gate-2', 'keyless']);
});

test('a report that is not committed rejects, so that nothing is acknowledged', async () => {
  const { rig } = fleetRig();
  rig.commit = () => Promise.reject(new Error('disk full'));
  await expect(rig.press(1)).rejects.toThrow('disk full');
});

test('an unreadable message is taken, raises nothing, shows as a trouble until its topic is readable again, and asks for the state', async () => {
  const { rig, door } = fleetRig();
  await rig.say('evt', 'panic!');
  expect(rig.reports).toEqual([]);
  expect(rig.fleet.unreadable()).toBe(1);
  expect(rig.status().troubles).toMatchObject([{ code: 'communication' }]);
  const orders = door.orders(new AbortController().signal)[Symbol.asyncIterator]();
  const { value } = await orders.next();
  expect(JSON.parse(Buffer.from(value.payload).toString())).toMatchObject({ op: 'sync' });
  await rig.say('hb', { qdepth: 0 });
  expect(rig.status().troubles).toHaveLength(1);
  await rig.press(1);
  expect(rig.status().troubles).toEqual([]);
});

test('a thousand unreadable messages make one log line in ten seconds and one sync', async () => {
  const { rig } = fleetRig();
  for (let count = 0; count < 1_000; count += 1) await rig.say('evt', '');
  expect(rig.lines.filter(({ message }) => message === 'panel message unreadable')).toHaveLength(1);
  expect(rig.fleet.unreadable()).toBe(1_000);
});

test('heartbeat, will, mains and battery become status; nothing of it goes to the journal', async () => {
  const { rig } = fleetRig({ armed: new Map([[gate, new Map([['1', 'away' as const]])]]) });
  expect(rig.status()).toMatchObject({ session: 'unknown', announced: 'unknown', troubles: [] });
  rig.fleet.doorFor('embedded').session(gate, 'connected', 'signed in');
  await rig.say('lwt', 'online', { retained: false });
  await rig.say('hb', { ts: rig.clock.now(), qdepth: 4 });
  await rig.say('state', { ac: false, bat: 'low', arm: { 1: 'away' } });
  expect(rig.status()).toMatchObject({ session: 'connected', announced: 'online', heardAt: rig.clock.now(), queued: 4, armed: { 1: 'away' } });
  expect(rig.status().troubles.map(({ code }) => code)).toEqual(['mains-lost', 'battery-low']);
  await rig.say('state', { ac: true, bat: 'ok' });
  expect(rig.status().troubles).toEqual([]);
  const { heardAt } = rig.status();
  await rig.clock.advance(seconds(1));
  await rig.say('lwt', 'offline');
  expect(rig.status()).toMatchObject({ announced: 'offline', heardAt });
  expect(rig.reports).toEqual([]);
});

test('mains lost, told as an event, is status too, but is counted', async () => {
  const { rig } = fleetRig();
  await rig.press(1, { code: '1301', zone: 0 });
  expect(rig.status().troubles).toMatchObject([{ code: 'mains-lost' }]);
  expect(rig.reports).toMatchObject([{ kind: 'trouble', sequence: { boot: 'b1', seq: 1 } }]);
});

test('how it is armed is an event where the journal has it otherwise: as history the first time after a start, as of now later', async () => {
  const { rig } = fleetRig({ armed: new Map([[gate, new Map([['1', 'away' as const]])]]) });
  await rig.say('state', { arm: { 1: 'away' } });
  expect(rig.reports).toEqual([]);
  await rig.say('state', { arm: { 1: 'disarmed' } });
  await rig.say('state', { arm: { 1: 'disarmed' } });
  await rig.say('state', { arm: { 2: 'night' } });
  expect(rig.reports).toMatchObject([
    { mode: 'disarmed', partition: '1' },
    { mode: 'night', partition: '2', historical: true, first: true },
  ]);
  expect(rig.reports[0]).not.toHaveProperty('historical');
});

test('an arming that was not committed is an event again when it is told again', async () => {
  const { rig } = fleetRig();
  rig.commit = () => Promise.reject(new Error('disk full'));
  await expect(rig.say('state', { arm: { 1: 'away' } })).rejects.toThrow('disk full');
  rig.commit = async () => undefined;
  await rig.say('state', { arm: { 1: 'away' } });
  expect(rig.reports).toMatchObject([{ kind: 'arming', mode: 'away' }]);
});

test('an alarm that only the state shows is filled in once its event stays away', async () => {
  const { rig } = fleetRig();
  await rig.say('state', { zones: { 7: { alarm: true } } });
  await rig.clock.advance(seconds(4));
  expect(rig.reports).toEqual([]);
  await rig.clock.advance(seconds(2));
  expect(rig.reports).toMatchObject([{ kind: 'zone', zone: '7', type: 'panic.silent', state: 'still', historical: true }]);
});

test('an alarm that its event explains, before or after the state, is not told twice', async () => {
  const { rig } = fleetRig();
  await rig.say('hb', { qdepth: 1 });
  await rig.say('state', { zones: { 7: { alarm: true } } });
  await rig.clock.advance(seconds(20));
  await rig.press(1);
  rig.openAlarms = ['panic.silent'];
  await rig.say('hb', { qdepth: 0 });
  await rig.say('state', { zones: { 7: { alarm: true } } });
  await rig.clock.advance(seconds(20));
  expect(rig.reports).toMatchObject([{ state: 'raised', dedupe: 'gate|b1|1' }]);
});

test('a press from before the connection is historical; a live one of a panel whose clock is an hour slow is not', async () => {
  const { rig, door } = fleetRig();
  const slow = (ago: number) => rig.clock.now() - 3_600_000 - ago;
  door.session(gate, 'connected', 'signed in');
  await rig.say('hb', { ts: slow(0), qdepth: 1 });
  await rig.press(1, { ts: slow(20_000) });
  await rig.press(2, { ts: slow(100) });
  expect(rig.reports.map((report) => report.kind === 'zone' && report.historical)).toEqual([true, false]);
});

test('a press that did not wait at the broker is live just after our start, though the clock of its panel is an hour slow and not known yet', async () => {
  const { rig } = fleetRig();
  const connectedAt = rig.clock.now();
  await rig.press(1, { ts: rig.clock.now() - 3_600_000 }, { kept: false, connectedAt });
  await rig.press(2, { ts: rig.clock.now() - 3_600_000 }, { kept: true, connectedAt });
  expect(rig.reports.map((report) => report.kind === 'zone' && report.historical)).toEqual([false, true]);
});

test.each([
  ['an hour on', hours(1)],
  ['an hour back', hours(-1)],
  ['by decades, as from 1970', hours(24 * 365 * 45)],
])('a panic stays live when the clock of the box is set %s', async (_, jump) => {
  const { door, rig } = fleetRig();
  const { clock, reports } = rig;
  door.session(gate, 'connected', 'signed in');
  await rig.say('hb', { ts: clock.now(), qdepth: 0 });
  await clock.advance(seconds(30));
  const right = clock.now();
  clock.set(after(right, jump));
  // The panel's own clock is right, and goes on.
  await rig.press(1, { ts: right });
  await clock.advance(seconds(5));
  await rig.press(2, { ts: after(right, seconds(5)) });
  expect(reports).toMatchObject([{ historical: false }, { historical: false }]);
  // What waited in the panel is still known for it.
  await rig.press(3, { ts: after(right, hours(-2)) });
  expect(reports[2]).toMatchObject({ historical: true });
});
