import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { expect, test } from 'vitest';
import { embeddedBroker } from '../../adapters/panels/embedded-broker.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { brokerRig } from '../support/broker-rig.ts';
import { eventually, evt, logInto, panelOf, password, selfSigned, topic } from '../support/panels.ts';
import { principal } from '../support/recording-fleet.ts';

const dropped = (client: { once(event: 'close', then: () => void): unknown }) => new Promise<void>((resolve) => client.once('close', resolve));

test('the PUBACK waits for the commit', async () => {
  await using rig = await brokerRig();
  rig.commit = () => new Promise((resolve) => setTimeout(resolve, 300));
  const panel = await rig.connect('gate');
  const started = performance.now();
  await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1 });
  expect(performance.now() - started).toBeGreaterThan(295);
  expect(rig.reports).toMatchObject([{ kind: 'zone', zone: '7', type: 'panic.silent', state: 'raised', dedupe: 'gate|b1|1' }]);
});

test('without a commit there is no PUBACK: the connection ends, and what the panel sends again is taken', async () => {
  await using rig = await brokerRig();
  rig.commit = () => Promise.reject(new Error('disk full'));
  const panel = await rig.connect('gate', { clean: false, reconnectPeriod: 20 });
  let acknowledged = false;
  panel.publish(topic('gate', 'evt'), evt(1), { qos: 1 }, (error) => {
    acknowledged = !error;
  });
  await dropped(panel);
  expect(acknowledged).toBe(false);
  rig.commit = async () => undefined;
  await eventually(() => acknowledged);
  expect(rig.reports).toHaveLength(1);
});

test('QoS 2 is committed before PUBREC', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 2 });
  expect(rig.reports).toHaveLength(1);
});

test.each([
  ['anonymous', { username: undefined, password: undefined }],
  ['with a wrong password', { password: 'guess' }],
  ['with the password of another panel', { password: `gate-2:${password}` }],
  ['as a panel that nobody knows', { username: 'nobody', clientId: 'nobody' }],
  ['under the client id of another panel', { clientId: 'office' }],
  ['without a client id', { clientId: '' }],
  ['with a client id without end', { clientId: `gate-${'x'.repeat(300)}` }],
  ['without keepalive', { keepalive: 0 }],
  [
    "with a will on another panel's topic",
    { will: { topic: topic('gate-2', 'lwt'), payload: Buffer.from('offline'), qos: 1 as const, retain: true } },
  ],
  ['with a will on its own command topic', { will: { topic: topic('gate', 'cmd'), payload: Buffer.from('{}'), qos: 1 as const, retain: false } }],
  ['with a will in $SYS', { will: { topic: '$SYS/x', payload: Buffer.from('x'), qos: 0 as const, retain: false } }],
])('a panel that signs in %s is refused', async (_how, options) => {
  await using rig = await brokerRig();
  await expect(rig.connect('gate', options as never)).rejects.toThrow();
  expect(rig.fleet.statuses().map(({ session }) => session)).toEqual(['unknown', 'unknown']);
});

test.each([
  ["another panel's events", topic('gate-2', 'evt')],
  ['its own command topic', topic('gate', 'cmd')],
  ['a topic of its own that means nothing', topic('gate', 'other')],
  ['$SYS', '$SYS/broker/x'],
  ['a topic nine levels deep', `${topic('gate', 'evt')}/1/2/3/4/5`],
])('a panel that publishes to %s is cut off and raises nothing', async (_what, where) => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  const gone = dropped(panel);
  panel.publish(where, evt(1), { qos: 1 });
  await gone;
  expect(rig.reports).toEqual([]);
});

test.each(['#', '+/#', 'campus/#', '$SYS/#', `$share/a/${topic('gate', 'cmd')}`, topic('gate-2', 'cmd'), 'campus/north/panel/+/cmd'])(
  'a subscription to %s is refused, one to its own orders granted',
  async (filter) => {
    await using rig = await brokerRig();
    const panel = await rig.connect('gate');
    const heard: string[] = [];
    panel.on('message', (where) => heard.push(where));
    const granted = await new Promise((resolve) =>
      panel.subscribe([filter, topic('gate', 'cmd')], { qos: 1 }, (_error, grants, packet) => resolve([grants, packet])),
    );
    expect(JSON.stringify(granted)).toContain('128');
    rig.fleet.requestSync(panelOf('gate').id);
    rig.fleet.requestSync(panelOf('gate-2').id);
    await eventually(() => heard.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toEqual([topic('gate', 'cmd')]);
  },
);

test('subscriptions without end are refused', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  const filters = Array.from({ length: 200 }, (_, count) => topic('gate', `cmd/${count}`));
  const granted = await new Promise<string>((resolve) =>
    panel.subscribe(filters, { qos: 1 }, (_error, _grants, packet) => resolve(JSON.stringify(packet))),
  );
  expect(granted.match(/128/g)).toHaveLength(136);
});

test('17 KiB at once are not taken', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  const gone = dropped(panel);
  panel.publish(topic('gate', 'evt'), evt(1, { text: 'x'.repeat(17 * 1024) }), { qos: 1 });
  await gone;
  expect(rig.reports).toEqual([]);
});

test.each([
  ['a CONNECT', [0x10, 0xff, 0xff, 0xff, 0x7f]],
  ['a PUBLISH', [0x30, 0xff, 0xff, 0xff, 0x7f]],
  ['a length of five bytes', [0x10, 0x80, 0x80, 0x80, 0x80]],
])('%s that announces 256 MB is cut at its header', async (_what, header) => {
  await using rig = await brokerRig();
  const socket = connectTcp(rig.addresses.plain!.port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined); // reset by the broker: that is the point
  socket.write(Buffer.from(header));
  await closed;
});

test('a caller that says nothing is shown out', async () => {
  await using rig = await brokerRig({ limits: { connectWithinMs: 100 } });
  const socket = connectTcp(rig.addresses.plain!.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('close', resolve));
});

test('a panel that dies is announced offline by its last will at once', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate', { will: { topic: topic('gate', 'lwt'), payload: Buffer.from('offline'), qos: 1, retain: true } });
  await panel.publishAsync(topic('gate', 'lwt'), 'online', { qos: 1, retain: true });
  expect(rig.fleet.status(panelOf('gate').id)).toMatchObject({ session: 'connected', announced: 'online' });
  panel.stream.destroy();
  await eventually(() => rig.fleet.status(panelOf('gate').id).announced === 'offline');
  await eventually(() => rig.fleet.status(panelOf('gate').id).session === 'disconnected');
});

test('the next connection of a panel takes over; the panel stays connected', async () => {
  await using rig = await brokerRig();
  const first = await rig.connect('gate');
  const gone = dropped(first);
  await rig.connect('gate', { clientId: 'gate-again' });
  await gone;
  expect(rig.fleet.status(panelOf('gate').id).session).toBe('connected');
});

test('a press with the retain flag raises nothing and is not kept', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1, retain: true });
  expect(rig.reports).toEqual([]);
  const heard: string[] = [];
  panel.on('message', (where) => heard.push(where));
  await panel.subscribeAsync(topic('gate', '#'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toEqual([]);
});

test('a panel over its allowance is slowed, not dropped, and the other one is not', async () => {
  await using rig = await brokerRig({ limits: { messages: { perSecond: 40, burst: 20 } } });
  const [loud, calm] = [await rig.connect('gate'), await rig.connect('gate-2')];
  const started = performance.now();
  let through = false;
  const all = Promise.all(
    Array.from({ length: 60 }, (_, seq) => loud.publishAsync(topic('gate', 'evt'), evt(seq, { text: 'x'.repeat(2_000) }), { qos: 1 })),
  );
  void all.then(() => {
    through = true;
  });
  await calm.publishAsync(topic('gate-2', 'evt'), evt(1), { qos: 1 });
  expect(through).toBe(false);
  await all;
  await loud.publishAsync(topic('gate', 'evt'), evt(60), { qos: 1 });
  expect(performance.now() - started).toBeGreaterThan(900);
  expect(rig.reports).toHaveLength(62);
  expect(rig.lines.some(({ message }) => message === 'panel slowed')).toBe(true);
});

test('a panel that is disabled loses its connection', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  const gone = dropped(panel);
  rig.inventory.replace([panelOf('gate-2')]);
  panel.publish(topic('gate', 'evt'), evt(1), { qos: 1 });
  await gone;
  await expect(rig.connect('gate')).rejects.toThrow();
});

test('a command goes out and the answer comes back', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  panel.on('message', (_topic, payload) =>
    panel.publish(topic('gate', 'rsp'), JSON.stringify({ id: JSON.parse(String(payload)).id, ok: false, err: 'zone open' })),
  );
  await panel.subscribeAsync(topic('gate', 'cmd'), { qos: 1 });
  const now = systemClock.now();
  const command = { id: 'c1', op: 'arm' as const, partition: '1', expires: (now + 5_000) as typeof now };
  expect(await rig.fleet.perform(panelOf('gate').id, command, principal)).toMatchObject({
    outcome: 'refused',
    sentence: 'The panel refused: zone open',
  });
  expect(rig.audit).toEqual(['arm by principal: end of lessons', 'arm refused']);
});

test('malformed messages are acknowledged, raise nothing, and the panel is heard on', async () => {
  await using rig = await brokerRig();
  const panel = await rig.connect('gate');
  const malformed: { topic: string; payload?: unknown }[] = JSON.parse(
    readFileSync(new URL('../fixtures/dialect/campus/malformed.json', import.meta.url), 'utf8'),
  );
  const mine = malformed.filter(({ topic, payload }) => payload !== undefined && /gate\/(evt|state|hb|lwt|rsp)$/.test(topic));
  for (const { topic, payload } of mine) await panel.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos: 1 });
  expect(mine.length).toBeGreaterThanOrEqual(50);
  expect(rig.fleet.unreadable()).toBe(mine.length);
  expect(rig.reports).toEqual([]);
  await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1 });
  expect(rig.reports).toHaveLength(1);
});

test('over TLS the same holds, and a plain caller gets nowhere', async () => {
  const box = await selfSigned();
  await using rig = await brokerRig({ tls: box });
  const panel = await rig.connect('gate', { protocol: 'mqtts', port: rig.addresses.tls!.port, host: '127.0.0.1', ca: box.cert });
  await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1 });
  expect(rig.reports).toHaveLength(1);
  await expect(rig.connect('gate', { port: rig.addresses.tls!.port })).rejects.toThrow();
});

test('plain MQTT beyond loopback is refused unless it is declared exposed', async () => {
  const broker = embeddedBroker({ plain: { address: '0.0.0.0', port: 0 }, clock: systemClock, log: logInto([]) });
  await using rig = await brokerRig();
  await expect(broker.run(rig.fleet.doorFor('embedded'), new AbortController().signal)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
