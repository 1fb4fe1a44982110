/** The registration of a gateway at a police platform, over real sockets on a clock of our own (facts §3.7). */
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';
import { localSip, never } from '../../support/sip-endpoint.ts';

describe.each(['UDP', 'TCP'] as const)('over %s', (transport) => {
  const settings = { transport: transport.toLowerCase() };

  test('registers with a signature, keeps alive at once and then every 20 s, and says goodbye', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open(transport);
    registrar.ahead = 90_000;
    const device = gbDevice(registrar, clock, settings);
    await until(clock, () => registrar.keepalives.length === 4);
    const [first, signed] = registrar.of('REGISTER');
    expect([first?.signed, signed?.signed, signed?.callId === first?.callId, signed?.sequence]).toEqual([false, true, true, 2]);
    const [one, two, three, four] = registrar.keepalives.map(({ at }) => at);
    expect(one! - signed!.at).toBeLessThanOrEqual(500);
    for (const gap of [two! - one!, three! - two!, four! - three!]) expect(gap).toBeGreaterThanOrEqual(18_500);
    for (const gap of [two! - one!, three! - two!, four! - three!]) expect(gap).toBeLessThanOrEqual(20_500);
    expect(device.uplink.link()).toMatchObject({ state: 'up' });
    expect(Math.abs((device.uplink.link()?.clockOffset ?? 0) - 90_000)).toBeLessThanOrEqual(1_000);
    await device[Symbol.asyncDispose]();
    expect(registrar.of('REGISTER').at(-1)).toMatchObject({ expires: 0 });
    expect(registrar.registered).toBe(false);
  });
});

describe('what a platform does to a registration', () => {
  test('one that has forgotten us is registered with again at once, under a new Call-ID', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    await using _device = gbDevice(registrar, clock);
    await until(clock, () => registrar.keepalives.length === 2);
    const before = registrar.of('REGISTER').length;
    registrar.registered = false;
    await until(clock, () => registrar.registered && registrar.keepalives.length >= 4);
    const [refused] = registrar.keepalives.slice(2);
    const [again] = registrar.of('REGISTER').slice(before);
    expect(again!.at - refused!.at).toBeLessThanOrEqual(500);
    expect(again!.callId).not.toBe(registrar.of('REGISTER')[0]!.callId);
  });

  test('one that takes us and forgets us at once, again and again, is asked less and less often', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    registrar.whim = ({ request }) => (request.method === 'MESSAGE' ? 403 : undefined);
    await using device = gbDevice(registrar, clock);
    const begun = clock.now();
    await until(clock, () => clock.now() - begun > 300_000, 400_000);
    // Without a back-off there would be thousands; the longest pause is 30 s.
    expect(registrar.of('REGISTER').filter(({ signed }) => signed).length).toBeLessThanOrEqual(20);
    expect(registrar.of('REGISTER').filter(({ signed }) => signed).length).toBeGreaterThanOrEqual(12);
    expect(device.uplink.link()?.sentence?.en).toMatch(/no longer knows this device \(403/);
  });

  test('three keepalives 5 s apart without an answer, and it is registered with again', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    await using device = gbDevice(registrar, clock);
    await until(clock, () => registrar.keepalives.length === 1);
    const deaf = new Set<string>();
    registrar.whim = ({ request }, { heard }) => {
      if (request.method !== 'MESSAGE') return undefined;
      deaf.add(heard.at(-1)!.callId);
      return 'ignore';
    };
    await until(clock, () => registrar.of('REGISTER').length === 4);
    const unanswered = [...deaf].slice(0, 3).map((callId) => registrar.keepalives.find((each) => each.callId === callId)!.at);
    for (const gap of [unanswered[1]! - unanswered[0]!, unanswered[2]! - unanswered[1]!]) expect(Math.abs(gap - 5_000)).toBeLessThanOrEqual(500);
    expect(registrar.of('REGISTER')[2]!.at - unanswered[2]!).toBeLessThanOrEqual(5_500);
    registrar.whim = () => undefined;
    await until(clock, () => device.uplink.link()?.state === 'up');
  });

  test('a wrong password is tried again after 60 s at the earliest, and then less and less often, every 10 min at least', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    await using device = gbDevice(registrar, clock, {}, 'not the password');
    await until(clock, () => registrar.of('REGISTER').length === 14, 3_600_000);
    const tries = registrar
      .of('REGISTER')
      .filter(({ signed }) => signed)
      .map(({ at }) => at);
    const gaps = tries.slice(1).map((at, index) => at - tries[index]!);
    expect(gaps[0]).toBeGreaterThanOrEqual(60_000);
    expect(gaps[1]).toBeGreaterThanOrEqual(120_000);
    expect(gaps[2]).toBeGreaterThanOrEqual(240_000);
    // What the clock of the test leaps over comes on top.
    for (const gap of gaps.slice(-2)) expect(Math.abs(gap - 550_000)).toBeLessThanOrEqual(54_000);
    expect(device.uplink.link()).toMatchObject({
      state: 'down',
      sentence: { zh: expect.stringContaining('密码'), en: expect.stringContaining('password') },
    });
  });

  test('403 says that the code or the password is wrong, and is a refusal', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    registrar.whim = () => 403;
    await using device = gbDevice(registrar, clock);
    await until(clock, () => registrar.of('REGISTER').length === 2);
    expect(registrar.of('REGISTER')[1]!.at - registrar.of('REGISTER')[0]!.at).toBeGreaterThanOrEqual(60_000);
    expect(device.uplink.link()?.sentence?.en).toMatch(/403.*device code 34020000001180000001 is not entered there/);
  });

  test.each([
    ['300', 300, /asks us to wait 300 s, and we do\.$/, '300 秒后再试，本机照办。'],
    ['1800 (locked);duration=60', 600, /asks us to wait 1800 s: we wait 600 s, and never longer\.$/, '1800 秒后再试，本机最多等待 600 秒。'],
    ['5', 60, /asks us to wait 5 s: we wait 60 s, and never less\.$/, '5 秒后再试，本机至少等待 60 秒。'],
  ])('403 with Retry-After: %s is asked again after %i s, and says so', async (wait, seconds, en, zh) => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    registrar.whim = () => ({ status: 403, headers: { 'Retry-After': wait } });
    await using device = gbDevice(registrar, clock);
    await until(clock, () => registrar.of('REGISTER').length === 1);
    await until(clock, () => device.uplink.link()?.sentence?.en.includes('(403') === true);
    expect(device.uplink.link()?.sentence).toEqual({ zh: expect.stringContaining(zh), en: expect.stringMatching(en) });
    await until(clock, () => registrar.of('REGISTER').length === 2, 700_000);
    const [first, second] = registrar.of('REGISTER').map(({ at }) => at);
    expect(Math.abs(second! - first! - seconds * 1_000)).toBeLessThanOrEqual(1_000);
  });

  test('a platform that is overloaded is asked again when it said', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    registrar.whim = () => ({ status: 503, headers: { 'Retry-After': '45' } });
    await using _device = gbDevice(registrar, clock);
    await until(clock, () => registrar.of('REGISTER').length === 2);
    expect(Math.abs(registrar.of('REGISTER')[1]!.at - registrar.of('REGISTER')[0]!.at - 45_000)).toBeLessThanOrEqual(1_000);
  });

  test('a stale nonce costs one more try, and no wait', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    let stale = 0;
    registrar.whim = ({ request }, { heard }) => {
      if (request.method !== 'REGISTER' || !heard.at(-1)!.signed || stale > 0) return undefined;
      stale += 1;
      return registrar.stale();
    };
    await using device = gbDevice(registrar, clock);
    await until(clock, () => device.uplink.link()?.state === 'up', 5_000);
    expect(registrar.of('REGISTER')).toHaveLength(3);
  });

  test('an interval that is too brief is made longer at once', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open();
    registrar.whim = ({ request }, { heard }) =>
      request.method === 'REGISTER' && heard.at(-1)!.expires === 60 ? { status: 423, headers: { 'Min-Expires': '3600' } } : undefined;
    await using device = gbDevice(registrar, clock, { expires: 60 });
    await until(clock, () => device.uplink.link()?.state === 'up', 5_000);
    expect(registrar.of('REGISTER').at(-1)?.expires).toBe(3_600);
  });
});

test('a 302 leads to the server that it names, and back once that one is gone', async () => {
  const clock = new ManualClock();
  const elsewhere = '34020000002000000002';
  await using front = await new GbRegistrar(clock).open();
  await using behind = await new GbRegistrar(clock).open();
  front.whim = () => ({ status: 302, headers: { Contact: `<sip:${elsewhere}@127.0.0.1:${behind.port}>` } });
  await using device = gbDevice(front, clock);
  await until(clock, () => behind.keepalives.length === 2);
  expect(front.keepalives).toHaveLength(0);
  const asked = front.of('REGISTER').length;
  await behind.close();
  front.whim = () => undefined;
  await until(clock, () => front.keepalives.length === 1);
  expect(front.of('REGISTER').length).toBeGreaterThan(asked);
  expect(device.uplink.link()).toMatchObject({ state: 'up' });
});

test('302s in a circle end in a pause and a sentence', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  registrar.whim = (_incoming, { port }) => ({ status: 302, headers: { Contact: `<sip:34020000002000000001@127.0.0.1:${port}>` } });
  await using device = gbDevice(registrar, clock);
  const begun = clock.now();
  await until(clock, () => clock.now() - begun > 60_000);
  expect(registrar.of('REGISTER').length).toBeLessThanOrEqual(40);
  expect(device.uplink.link()?.sentence?.zh).toMatch(/302/);
});

test('a platform that is down for ten minutes has us back within 90 s, and a person is told why meanwhile', async () => {
  const clock = new ManualClock();
  const registrar = await new GbRegistrar(clock).open('TCP');
  const { port } = registrar;
  await using device = gbDevice(registrar, clock, { transport: 'tcp' });
  await until(clock, () => device.uplink.link()?.state === 'up');
  await registrar.close();
  const left = clock.now();
  await until(clock, () => clock.now() - left > 600_000, 700_000);
  expect(device.uplink.link()).toMatchObject({ state: 'down', sentence: { en: expect.stringMatching(/takes no TCP connection/) } });
  await using _back = await registrar.open('TCP', port);
  const back = clock.now();
  await until(clock, () => device.uplink.link()?.state === 'up');
  expect(clock.now() - back).toBeLessThanOrEqual(90_000);
});

test('two platforms know us by two codes, and the trouble of one is not the other’s', async () => {
  const clock = new ManualClock();
  await using one = await new GbRegistrar(clock).open('UDP');
  await using other = await new GbRegistrar(clock).open('TCP');
  other.whim = () => 403;
  await using first = gbDevice(one, clock);
  await using second = gbDevice(other, clock, { transport: 'tcp', codes: { device: '34020000001180000077' } });
  await until(clock, () => one.keepalives.length === 3 && other.of('REGISTER').length === 1);
  expect([first.uplink.link()?.state, second.uplink.link()?.state]).toEqual(['up', 'down']);
});

test('an address that is not on this box is told in words, and looked for again', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  await using device = gbDevice(registrar, clock, { local: { address: '192.0.2.77', port: 5_060 } });
  await until(clock, () => device.uplink.link()?.sentence?.en.includes('192.0.2.77') === true);
  expect(device.uplink.link()?.sentence?.zh).toContain('192.0.2.77');
});

test('only the platform’s addresses are heard, and others are noticed', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  await using device = gbDevice(registrar, clock);
  await until(clock, () => registrar.keepalives.length === 1);
  await using stranger = await localSip({ local: { address: '127.0.0.9', port: 0 } });
  const { remote } = registrar.flow!;
  const asked = stranger.endpoint.ask(
    { method: 'OPTIONS', uri: 'sip:x@y', from: 'sip:a@b', to: 'sip:x@y' },
    { transport: 'UDP', ...remote },
    AbortSignal.timeout(1_000),
  );
  await expect(asked).rejects.toThrow();
  expect(device.door.notices).toContainEqual(expect.objectContaining({ what: 'sip noise' }));
  expect(
    (await registrar.endpoint.ask({ method: 'OPTIONS', uri: 'sip:x@y', from: 'sip:a@b', to: 'sip:x@y' }, { transport: 'UDP', ...remote }, never))
      .status,
  ).toBe(200);
});

test('a server that a 302 named and that refuses us sends us back to its master at once, but once', async () => {
  const clock = new ManualClock();
  await using front = await new GbRegistrar(clock).open();
  await using behind = await new GbRegistrar(clock).open();
  behind.whim = () => 403;
  front.whim = () => ({ status: 302, headers: { Contact: `<sip:34020000002000000002@127.0.0.1:${behind.port}>` } });
  await using _device = gbDevice(front, clock);
  await until(clock, () => behind.of('REGISTER').length === 3, 300_000);
  const [first, second, third] = behind.of('REGISTER').map(({ at }) => at);
  expect(second! - first!).toBeLessThanOrEqual(5_000);
  expect(third! - second!).toBeGreaterThanOrEqual(60_000);
});
