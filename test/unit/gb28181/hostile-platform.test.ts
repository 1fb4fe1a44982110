/** What a platform, or whoever speaks from its address, must not be able to do to us. */
import { expect, test } from 'vitest';
import { readManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import type { SipPeer } from '../../../adapters/protocols/sip/flow.ts';
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';
import { maySendTo } from '../../../adapters/uplinks/gb28181/destinations.ts';
import { drawStep, Ladder } from '../../../adapters/uplinks/gb28181/ladder.ts';
import { limitedLog } from '../../../adapters/uplinks/gb28181/limited-log.ts';
import { config } from '../../../adapters/uplinks/gb28181/settings.ts';
import { WhoMaySpeak } from '../../../adapters/uplinks/gb28181/who-may-speak.ts';
import { printable } from '../../../gateway/commands/common.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { Allowance } from '../../../gateway/runtime/allowance.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { openLogger } from '../../../gateway/runtime/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { gbBox } from '../../support/gb-box.ts';
import { deliveryOf, gbDevice, until } from '../../support/gb-device.ts';
import { device, GbRegistrar, server } from '../../support/gb-registrar.ts';
import { codes } from '../../support/gb-school.ts';
import { localSip, never } from '../../support/sip-endpoint.ts';
import { rawTcpPeer } from '../../support/sip-peer.ts';
import { alarm } from '../../support/spine.ts';

test('a 302 to many hosts, to no host or to this box is a refusal', async () => {
  for (const host of ['224.0.0.9', '255.255.255.255', '0.0.0.0', '169.254.169.254']) {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    registrar.whim = ({ request }) =>
      request.method === 'REGISTER' ? { status: 302, headers: { Contact: `<sip:${server}@${host}:5060>` } } : undefined;
    await using link = gbDevice(registrar, clock);
    await until(clock, () => link.uplink.link()?.sentence?.en.includes('302') === true);
    const asked = registrar.of('REGISTER').length;
    await until(clock, () => registrar.of('REGISTER').length > asked, 80_000);
    // As after any refusal.
    expect(registrar.of('REGISTER')[asked]!.at - registrar.of('REGISTER')[asked - 1]!.at).toBeGreaterThanOrEqual(60_000);
  }
  expect(maySendTo('127.0.0.1', { remote: '192.0.2.10' })).toBe(false);
  expect(maySendTo('192.0.2.20', { remote: '192.0.2.10', local: '192.0.2.20' })).toBe(false);
  expect(maySendTo('192.0.2.10', { remote: '192.0.2.10', local: '192.0.2.20' })).toBe(true);
});

test('beside home the server that we speak to is heard, and no other that a redirection named', () => {
  const list = new WhoMaySpeak(['192.0.2.10', '198.51.100.0/24']);
  const heard = () => ['192.0.2.10', '198.51.100.7', '203.0.113.1', '2001:db8:0::1'].filter((address) => list.check(address));
  list.follow('203.0.113.1');
  expect(heard()).toEqual(['192.0.2.10', '198.51.100.7', '203.0.113.1']);
  list.follow('2001:db8::1');
  expect(heard()).toEqual(['192.0.2.10', '198.51.100.7', '2001:db8:0::1']);
  list.follow('192.0.2.10');
  expect(heard()).toEqual(['192.0.2.10', '198.51.100.7']);
});

test('a server that a 302 named is a stranger again once it has let us go', async () => {
  const clock = new ManualClock();
  await using home = await new GbRegistrar(clock).open();
  const follower = 'sip:34020000002000000009@3402000000';
  let taken = 200;
  let seen: SipPeer | undefined;
  await using other = await localSip({
    local: { address: '127.0.0.2', port: 0 },
    request: (incoming) => {
      seen = { transport: 'UDP', ...incoming.flow.remote };
      incoming.answer(taken, incoming.request.method === 'REGISTER' ? { headers: { Expires: 3_600 } } : {});
    },
  });
  let redirects = 1;
  home.whim = ({ request }) => {
    if (request.method !== 'REGISTER' || redirects === 0) return undefined;
    redirects -= 1;
    return { status: 302, headers: { Contact: `<sip:34020000002000000009@127.0.0.2:${other.port}>` } };
  };
  await using link = gbDevice(home, clock);
  await until(clock, () => link.uplink.link()?.state === 'up' && seen !== undefined);
  const ask = (within: number) => {
    const limit = systemClock.deadline(seconds(within));
    return other.endpoint.ask({ method: 'OPTIONS', uri: `sip:${device}@3402000000`, from: follower, to: follower }, seen!, limit).then(
      ({ status }) => status,
      () => 'not heard',
    );
  };
  expect(await ask(30)).toBe(200);
  // It speaks by a connection of its own too, which lasts no longer than its trust.
  await using line = await rawTcpPeer(seen!.port, '127.0.0.2');
  const question = ['OPTIONS sip:a SIP/2.0', 'Via: SIP/2.0/TCP 127.0.0.2;branch=z9hG4bKline', `From: <${follower}>;tag=1`, `To: <${follower}>`];
  line.send([...question, 'Call-ID: line', 'CSeq: 1 OPTIONS', 'Content-Length: 0']);
  await line.next('200 OPTIONS');
  taken = 403;
  await until(clock, () => home.registered && link.uplink.link()?.state === 'up');
  expect(await ask(1)).toBe('not heard');
  await line.closed;
});

test('a server that a 302 names and that never answers is no circle, however often it is tried', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  // Nobody there, but the port is taken: silence.
  await using dead = await localSip({ request: () => undefined });
  registrar.whim = ({ request }) =>
    request.method === 'REGISTER' ? { status: 302, headers: { Contact: `<sip:${server}@127.0.0.1:${dead.port}>` } } : undefined;
  await using link = gbDevice(registrar, clock);
  const said = new Set<string>();
  const look = () => {
    const { sentence } = link.uplink.link() ?? {};
    if (sentence) said.add(sentence.en);
    return registrar.of('REGISTER').length >= 6;
  };
  await until(clock, look, 1_200_000);
  expect([...said].filter((sentence) => sentence.includes('again and again'))).toEqual([]);
  expect([...said].some((sentence) => sentence.includes('did not answer'))).toBe(true);
});

test('a registration of no length is not begun anew without a pause, and a longer and longer least one is asked for once', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  registrar.expires = 0;
  await using link = gbDevice(registrar, clock);
  const begun = clock.now();
  await until(clock, () => clock.now() - begun > 60_000);
  expect(link.uplink.link()?.state).toBe('up');
  // Each once bare and once signed.
  expect(registrar.of('REGISTER').length).toBeLessThanOrEqual(28);
  expect(registrar.of('REGISTER').length).toBeGreaterThan(10);

  const other = new ManualClock();
  await using greedy = await new GbRegistrar(other).open();
  greedy.whim = ({ request }, { heard }) =>
    request.method === 'REGISTER' ? { status: 423, headers: { 'Min-Expires': String((heard.at(-1)?.expires ?? 0) + 1) } } : undefined;
  await using _asking = gbDevice(greedy, other, { expires: 60 });
  const start = other.now();
  await until(other, () => other.now() - start > 30_000);
  expect(greedy.of('REGISTER').map(({ expires }) => expires)).toEqual([60, 61]);
});

test('a stop gets through while the platform has as many queries in hand as it may', async () => {
  const box = gbBox(systemClock);
  await using registrar = await new GbRegistrar(systemClock).open();
  // Answers nothing but REGISTER: each answer of ours waits for its 200.
  registrar.whim = ({ request }) => (request.method === 'REGISTER' ? undefined : 'ignore');
  await using _link = gbDevice(registrar, systemClock, { codes }, undefined, box.door);
  await eventually(() => expect(registrar.registered).toBe(true));
  const ask = (sn: number) => registrar.tell({ root: 'Query', cmdType: 'DeviceInfo', sn, deviceId: device, content: {} });
  const asked = await Promise.all(Array.from({ length: 70 }, (_, index) => ask(index + 1)));
  expect(asked.map(({ status }) => status).toSorted()).toEqual([...Array(64).fill(200), ...Array(6).fill(503)]);
  const { status } = await registrar.tell({
    ...{ root: 'Control', cmdType: 'DeviceControl', sn: 99, deviceId: codes.channels.gate! },
    content: { commands: [{ name: 'PTZCmd', value: 'A50F0100000000B5' }] },
  });
  expect(status).toBe(200);
  await eventually(() => expect(box.orders.at(-1)).toMatchObject({ of: 'gate', command: { op: 'ptz-stop' } }));
});

test('histories of alarms are read one after the other, and four wait, however many are asked for', async () => {
  const box = gbBox(systemClock);
  let reads = 0;
  const journal: typeof box.door.journal = {
    ...box.door.journal,
    alarms: (...page) => {
      reads += 1;
      return box.door.journal.alarms(...page);
    },
  };
  await using registrar = await new GbRegistrar(systemClock).open();
  registrar.whim = ({ request }) => (request.method === 'REGISTER' ? undefined : 'ignore');
  await using _link = gbDevice(registrar, systemClock, { codes }, undefined, { ...box.door, journal });
  await eventually(() => expect(registrar.registered).toBe(true));
  const asked = await Promise.all(
    Array.from({ length: 20 }, (_, index) => registrar.tell({ root: 'Query', cmdType: 'Alarm', sn: index + 1, deviceId: device, content: {} })),
  );
  expect(asked.map(({ status }) => status).toSorted()).toEqual([...Array(5).fill(200), ...Array(15).fill(503)]);
  // The platform takes its time over them: what it asks beside is answered.
  const { status } = await registrar.tell({ root: 'Query', cmdType: 'DeviceInfo', sn: 99, deviceId: device, content: {} });
  expect(status).toBe(200);
  await eventually(() => expect(registrar.heard.some(({ message }) => message?.root === 'Response' && message.cmdType === 'Alarm')).toBe(true));
  expect(reads).toBe(1);
});

test('a subscription that answers nothing holds up one alarm, and no other', async () => {
  await using registrar = await new GbRegistrar(systemClock).open();
  await using link = gbDevice(registrar, systemClock, { timeout: 9 });
  await eventually(() => expect(registrar.keepalives.length).toBeGreaterThan(0));
  const notified: number[] = [];
  const query = { root: 'Query', cmdType: 'Alarm', sn: 5, deviceId: device, content: {} } as const;
  const { dialog } = await registrar.subscribe(query, ({ request: { body } }) => void (body.length > 0 && notified.push(readManscdp(body).sn)));
  const deliver = async (position: number) => {
    const begun = performance.now();
    await link.uplink.deliver(deliveryOf(alarm(), position), never);
    return performance.now() - begun;
  };
  expect(await deliver(101)).toBeGreaterThan(2_750);
  expect(await deliver(102)).toBeLessThan(2_500);
  const told = () => registrar.heard.flatMap(({ message }) => (message?.cmdType === 'Alarm' ? [message.sn] : []));
  expect(told()).toEqual([101, 102]);
  expect(notified).not.toContain(102);
  // It shows that it is there.
  dialog!.take = (asked) => asked.answer(200);
  expect((await dialog!.request('SUBSCRIBE', { headers: { Event: 'Alarm', Expires: 600 } }, never)).status).toBe(200);
  expect(await deliver(103)).toBeLessThan(2_500);
  expect(told()).toEqual([101, 102]);
});

test('a flood of registrations that we are sent does not push our own out of the call ladder', () => {
  const register = (tag: string) =>
    readDatagram(
      Buffer.from(
        `REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK${tag}\r\nFrom: <sip:a@b>;tag=${tag}\r\nTo: <sip:a@b>\r\nCall-ID: ${tag}\r\nCSeq: 1 REGISTER\r\n\r\n`,
      ),
    ).message;
  const ladder = new Ladder();
  const remote = { address: '192.0.2.10', port: 5_060 };
  ladder.record({ direction: 'out', transport: 'UDP', remote, message: register('ours') }, systemClock.now());
  for (let count = 0; count < 1_000; count += 1)
    ladder.record({ direction: 'in', transport: 'UDP', remote, message: register(`theirs${count}`) }, systemClock.now());
  expect(ladder.steps.some((step) => drawStep(step).includes('Call-ID: ours'))).toBe(true);
});

test('what others write into a message moves no cursor and turns no text round where it is printed', () => {
  expect(printable('摄像机\t1\n2 \x1b[2J\x9b31m\r\b \u202egnp.exe')).toBe('摄像机\t1\n2 �[2J�31m�� �gnp.exe');
});

test('lines that a platform can provoke are counted where they are too many', async () => {
  const lines: string[] = [];
  const clock = new ManualClock();
  const log = limitedLog(openLogger('info', { write: (line) => lines.push(line) }), clock);
  for (let count = 0; count < 1_000; count += 1) log.child({ uplink: 'police' }).warn('play refused', { count });
  expect(lines).toHaveLength(10);
  await clock.advance(seconds(1));
  log.info('ptz command unreadable');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ msg: 'ptz command unreadable', unsaid: 990 });
});

test('a flood that is refused leaves no debt behind', async () => {
  const clock = new ManualClock();
  const allowance = new Allowance(clock, 20);
  const taken = () => Array.from({ length: 200 }, () => allowance.take()).filter(Boolean).length;
  expect(taken()).toBe(40);
  await clock.advance(seconds(1));
  expect(taken()).toBe(20);
});

test('settings take no name with control characters, and no network that cannot be looked for', () => {
  const settings = { platform: { code: server, address: '192.0.2.10' }, codes: { device } };
  expect(config.safeParse({ ...settings, username: 'school' }).success).toBe(true);
  expect(config.safeParse({ ...settings, username: 'a\r\nContact: <sip:x@y>' }).success).toBe(false);
  expect(config.safeParse({ ...settings, media: { to: ['fe80::1%eth0'] } }).success).toBe(false);
});
