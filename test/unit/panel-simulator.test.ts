import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type PanelSimulator, runPanelSimulator } from '../../simulators/panel/simulator.ts';

interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
}

/** A plain broker that notes what is published, and can be told to keep a PUBACK back. */
let broker: Aedes;
let port: number;
let heard: Heard[];
let withhold: boolean;
let withheld: (() => void)[];
let sockets: Set<Socket>;
let close: () => Promise<void>;
const panels: PanelSimulator[] = [];

beforeEach(async () => {
  heard = [];
  withhold = false;
  withheld = [];
  sockets = new Set();
  broker = await Aedes.createBroker();
  broker.authenticate = (_client, username, password, done) => done(null, username === 'gate' && password?.toString() === 'pw');
  broker.authorizePublish = (client, packet, done) => {
    if (client) heard.push({ topic: packet.topic.replace('campus/no-3/panel/gate/', ''), text: packet.payload.toString(), retain: packet.retain });
    else heard.push({ topic: packet.topic, text: packet.payload.toString(), retain: packet.retain });
    if (withhold && packet.topic.endsWith('/evt')) withheld.push(() => done(null));
    else done(null);
  };
  broker.on('clientError', () => undefined);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
  };
});
afterEach(async () => {
  for (const panel of panels.splice(0)) await panel[Symbol.asyncDispose]();
  await close();
});

function panelAtGate(options: { acknowledgeWithin?: number; heartbeatEvery?: number } = {}): PanelSimulator {
  const panel = runPanelSimulator({
    broker: `mqtt://127.0.0.1:${port}`,
    campus: 'no-3',
    panel: 'gate',
    password: 'pw',
    zones: [{ id: '1', name: '门卫室按钮', code: '120' }, { id: '2' }],
    heartbeatEvery: millis(options.heartbeatEvery ?? 20_000),
    acknowledgeWithin: millis(options.acknowledgeWithin ?? 5_000),
    clock: systemClock,
    log: silentLogger,
  });
  panels.push(panel);
  return panel;
}
const soon = () => AbortSignal.timeout(60_000);
const events = () => heard.filter(({ topic }) => topic === 'evt').map(({ text }) => JSON.parse(text) as Record<string, unknown>);
const lastState = () => JSON.parse(heard.findLast(({ topic }) => topic === 'state')?.text ?? 'null') as Record<string, never> | null;

test('a panel that connects says online, beats, and keeps its whole state retained', async () => {
  const panel = panelAtGate();
  await panel.settled(soon());
  await expect.poll(lastState).toMatchObject({ arm: { '1': 'disarmed' }, zones: { '1': { alarm: false } }, ac: true, bat: 'ok', tamper: false });
  expect(heard.map(({ topic, retain }) => [topic, retain])).toEqual([
    ['lwt', true],
    ['hb', false],
    ['state', true],
  ]);
  expect(heard[0]?.text).toBe('online');
});

test('presses are numbered within one boot and arrive in order, with the code of the zone', async () => {
  const panel = panelAtGate();
  panel.trip('1');
  panel.trip('2', { silent: true, drill: true });
  panel.restore('1');
  panel.arm();
  await panel.settled(soon());
  expect(events()).toMatchObject([
    { v: 1, seq: 1, boot: panel.boot, zone: '1', part: '1', code: '1120', text: '门卫室按钮', drill: false },
    { seq: 2, zone: '2', code: '1122', drill: true },
    { seq: 3, zone: '1', code: '3120' },
    { seq: 4, zone: '1', code: '3401' },
  ]);
  expect(panel.acknowledged.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  await expect.poll(lastState).toMatchObject({ arm: { '1': 'away' }, zones: { '1': { alarm: false }, '2': { alarm: '1122' } } });
});

test('a press whose PUBACK was lost is sent again with the same number and the same bytes', async () => {
  const panel = panelAtGate({ acknowledgeWithin: 300 });
  await panel.settled(soon());
  withhold = true;
  panel.trip('1');
  await expect.poll(() => events().length).toBe(1);
  withhold = false;
  await panel.settled(soon());
  const texts = heard.filter(({ topic }) => topic === 'evt').map(({ text }) => text);
  expect(texts.length).toBeGreaterThanOrEqual(2);
  expect(new Set(texts).size).toBe(1);
  expect(panel.acknowledged).toMatchObject([{ boot: panel.boot, seq: 1 }]);
});

test('a killed panel is spoken for by its last will, and comes back with a new boot and its old queue', async () => {
  const panel = panelAtGate();
  await panel.settled(soon());
  const before = panel.boot;
  panel.kill();
  await expect.poll(() => heard.findLast(({ topic }) => topic.endsWith('lwt'))?.text).toBe('offline');
  panel.trip('1');
  panel.restart();
  panel.trip('2');
  await panel.settled(soon());
  expect(panel.boot).not.toBe(before);
  expect(events()).toMatchObject([
    { boot: before, seq: 1 },
    { boot: panel.boot, seq: 1 },
  ]);
  expect(heard.findLast(({ topic }) => topic === 'lwt')?.text).toBe('online');
});

test('presses while offline are kept, and sent afterwards with the time at which they were made', async () => {
  const panel = panelAtGate();
  await panel.settled(soon());
  panel.goOffline();
  const pressedAt = Date.now();
  panel.trip('1');
  await systemClock.sleep(millis(1_000));
  expect(panel).toMatchObject({ connected: false, queued: 1 });
  heard = [];
  panel.comeBack();
  await panel.settled(soon());
  expect(events()).toMatchObject([{ seq: 1, code: '1120' }]);
  expect(Math.abs(Number(events()[0]?.ts) - pressedAt)).toBeLessThan(900);
  const beat = JSON.parse(heard.find(({ topic }) => topic === 'hb')?.text ?? '{}') as Record<string, unknown>;
  expect(beat).toMatchObject({ qdepth: 1, oldestTs: events()[0]?.ts });
  await expect.poll(() => heard.map(({ topic }) => topic).filter((topic) => !topic.includes('$'))).toContain('state');
  expect(heard.findIndex(({ topic }) => topic === 'hb')).toBeLessThan(heard.findIndex(({ topic }) => topic === 'evt'));
  expect(heard.findIndex(({ topic }) => topic === 'evt')).toBeLessThan(heard.findIndex(({ topic }) => topic === 'state'));
});

test('a panel that is cut off says nothing more: no goodbye, no last will, and the broker still holds its connection', async () => {
  const panel = panelAtGate();
  await panel.settled(soon());
  heard = [];
  panel.cutOff();
  panel.trip('1');
  await systemClock.sleep(millis(400));
  expect(heard.filter(({ topic }) => !topic.startsWith('$'))).toEqual([]);
  expect(broker.connectedClients).toBe(1);
  panel.comeBack();
  await panel.settled(soon());
  expect(events()).toMatchObject([{ seq: 1 }]);
});

test('a command is obeyed and answered; one that is retained is ignored, one that is late refused', async () => {
  const panel = panelAtGate();
  const order = (body: Readonly<Record<string, unknown>>, retain = false) =>
    new Promise<void>((resolve, reject) => {
      const packet = { cmd: 'publish', topic: 'campus/no-3/panel/gate/cmd', payload: JSON.stringify(body), qos: 1, retain, dup: false } as const;
      broker.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  await order({ id: 'old', op: 'siren', exp: Date.now() + 60_000 }, true);
  await panel.settled(soon());
  await order({ id: 'late', op: 'arm', exp: Date.now() - 1 });
  await order({ id: 'now', op: 'arm', part: '1', exp: Date.now() + 60_000 });
  await order({ id: 'odd', op: 'dance', exp: Date.now() + 60_000 });
  const answers = () => heard.filter(({ topic }) => topic === 'rsp').map(({ text }) => JSON.parse(text) as unknown);
  await expect.poll(answers).toEqual([
    { id: 'late', ok: false, err: 'expired' },
    { id: 'now', ok: true },
    { id: 'odd', ok: false, err: 'unknown command' },
  ]);
  await panel.settled(soon());
  expect(events()).toMatchObject([{ seq: 1, code: '3407' }]);
});

test('an event that was lost on the way leaves a gap in the numbers, and a sync brings it', async () => {
  const panel = panelAtGate();
  panel.loseNext();
  panel.trip('1');
  panel.trip('2');
  await panel.settled(soon());
  expect(events().map(({ seq }) => seq)).toEqual([2]);
  const packet = {
    cmd: 'publish',
    topic: 'campus/no-3/panel/gate/cmd',
    payload: JSON.stringify({ id: 's', op: 'sync' }),
    qos: 1,
    retain: false,
    dup: false,
  } as const;
  broker.publish(packet, () => undefined);
  await expect.poll(() => events().map(({ seq }) => seq)).toEqual([2, 1]);
});

test('troubles are told as events and stand in the state', async () => {
  const panel = panelAtGate();
  panel.trouble('mains', true);
  panel.trouble('battery', true);
  panel.trouble('mains', false);
  await panel.settled(soon());
  expect(events().map(({ code }) => code)).toEqual(['1301', '1302', '3301']);
  await expect.poll(lastState).toMatchObject({ ac: true, bat: 'low' });
});

test('the heartbeat beats at its interval, and pauses when told', async () => {
  const panel = panelAtGate({ heartbeatEvery: 50 });
  await expect.poll(() => heard.filter(({ topic }) => topic === 'hb').length).toBeGreaterThan(3);
  panel.pauseHeartbeat(true);
  await systemClock.sleep(millis(200)); // what was under way
  const count = heard.filter(({ topic }) => topic === 'hb').length;
  await systemClock.sleep(millis(200));
  expect(heard.filter(({ topic }) => topic === 'hb').length).toBe(count);
});

test('a zone that the panel does not have cannot be tripped', () => {
  expect(() => panelAtGate().trip('99')).toThrow('Panel gate has no zone 99; it has 1, 2.');
});
