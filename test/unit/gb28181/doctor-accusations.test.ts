/** Whom the doctor must not accuse: worlds with another fault, or none, and beside each the world in which the same words are right. */
import { describe, expect, test } from 'vitest';
import { maySendTo } from '../../../adapters/uplinks/gb28181/destinations.ts';
import { Strangers } from '../../../adapters/uplinks/gb28181/doctor/strangers.ts';
import { gb28181 } from '../../../adapters/uplinks/gb28181/index.ts';
import { wordsOf } from '../../../adapters/uplinks/gb28181/trouble.ts';
import { instant, millis, minutes } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { downBy, findings, first, settings, since, told } from '../../support/gb-doctor-facts.ts';
import { device, GbRegistrar, server } from '../../support/gb-registrar.ts';
import { never } from '../../support/sip-endpoint.ts';

const names = (...args: Parameters<typeof findings>) => findings(...args).map(({ name, verdict }) => `${name} ${verdict}`);
const keepalives = [300, 200, 100, 40, 20].map((ago) => told('Keepalive', 610, 200, ago));

describe('messages that get no answer', () => {
  test('an alarm module that is dead is no network that loses long datagrams', () => {
    const seen = { told: [told('Alarm', 760, undefined, 250), ...keepalives, told('Alarm', 770, undefined, 60)] };
    expect(names({}, seen)).not.toContain('mtu problem');
    expect(first({}, seen).en).toMatch(/does not answer Alarm messages, and does answer others/);
    expect(first({}, seen).zh).toMatch(/不应答 Alarm 消息/);
  });

  test('a platform that never answers the catalogue may lose it for its length, but need not', () => {
    const seen = { told: [told('Catalog', 1_150, undefined, 250), told('Catalog', 1_180, undefined, 210), ...keepalives] };
    expect(names({}, seen)).toEqual(['messages problem', 'registration well']);
    expect(first({}, seen).en).toMatch(/does not answer Catalog messages \(1150 bytes\).*does not take such messages, or long datagrams are lost/);
  });

  test('over TCP nothing is lost for its length', () => {
    const tcp = gb28181.config.parse({ ...settings, transport: 'tcp' });
    const seen = { told: [told('Catalog', 1_150, undefined, 250), ...keepalives] };
    expect(first({ settings: tcp }, seen).en).toMatch(/does not answer Catalog messages, and/);
  });

  test('what an outage took accuses nobody', () => {
    const outage = [told('Keepalive', 610, undefined, 210), told('DeviceInfo', 900, undefined, 208), told('Keepalive', 610, undefined, 205)];
    expect(names({}, { told: [...keepalives.slice(0, 1), ...outage, ...keepalives.slice(2)] })).toEqual(['registration well']);
  });

  test('long ones of several kinds, or of a kind whose short ones pass, are lost for their length', () => {
    const kinds = [told('DeviceInfo', 820, undefined, 250), told('Catalog', 1_150, undefined, 210), ...keepalives];
    expect(first({}, { told: kinds }).en).toMatch(/large datagrams are lost.*TCP/);
    const items = [told('Catalog', 860, undefined, 250), told('Catalog', 790, 200, 240), told('Catalog', 900, undefined, 210), ...keepalives];
    expect(first({}, { told: items }).en).toMatch(/large datagrams are lost.*TCP/);
  });
});

describe('addresses that speak and are not heard', () => {
  const sip = (code: string) => Buffer.from(`OPTIONS sip:${code}@192.0.2.20 SIP/2.0\r\nTo: <sip:${code}@3402000000>\r\n\r\n`);
  const later = (length: number) => instant(since + length);
  const strangersAfter = (length: number, ...said: readonly (readonly [string, Buffer])[]) => {
    const strangers = new Strangers(settings);
    for (const [address, bytes] of said) strangers.note(address, bytes, since);
    return strangers.heard(later(length));
  };

  test('noise is nobody, and the newest is named first', () => {
    const strangers = new Strangers(settings);
    strangers.note('198.51.100.1', Buffer.from('GET / HTTP/1.1\r\n\r\n'), since);
    strangers.note('198.51.100.2', sip('100'), since);
    strangers.note('198.51.100.3', sip(device), later(1_000));
    expect(strangers.heard(later(2_000))).toEqual([
      { address: '198.51.100.3', age: 1_000, knowsUs: true },
      { address: '198.51.100.2', age: 2_000, knowsUs: false },
    ]);
  });

  test('many who scan do not push out the one that knows our code', () => {
    const scanners = Array.from({ length: 50 }, (_, index) => [`198.51.100.${index}`, sip('100')] as const);
    const heard = strangersAfter(0, ['203.0.113.9', sip(device)], ...scanners);
    expect(heard).toHaveLength(8);
    expect(heard.filter(({ knowsUs }) => knowsUs).map(({ address }) => address)).toEqual(['203.0.113.9']);
  });

  test('somebody who connects comes before "it never asks", where the platform itself never speaks', () => {
    const strangers = new Strangers(settings);
    strangers.noteConnection('198.51.100.4', since);
    const facts = { strangers: strangers.heard(later(1_000)), lasts: minutes(5), heardAll: true };
    expect(names(facts)).toEqual(['addresses warning', 'requests warning', 'registration well']);
    const asks = { callers: [{ user: server, address: '192.0.2.10' }], asked: [{ what: 'Query Catalog', subscribes: false }] };
    expect(names(facts, asks)).toEqual(['registration well', 'addresses warning']);
  });

  test('one of weeks ago explains nothing', () => {
    expect(names({ strangers: strangersAfter(minutes(60 * 24 * 50), ['198.51.100.3', sip(device)]) })).toEqual(['registration well']);
  });

  test('somebody who scans does not come before the cause, nor before "all is well"', () => {
    const strangers = strangersAfter(1_000, ['198.51.100.2', sip('100')]);
    expect(names({ strangers })).toEqual(['registration well', 'addresses warning']);
    const knocks = { udp: 'silent', tcp: 'answered' } as const;
    expect(first({ strangers, knocks, ...downBy({ kind: 'silent', seconds: 32 }) }).en).toMatch(/change the transport to TCP/);
  });

  test('a refusal by the platform itself comes first, silence does not', () => {
    const strangers = strangersAfter(1_000, ['203.0.113.9', sip(device)]);
    expect(first({ strangers, ...downBy({ kind: 'wrong-password' }) }).en).toMatch(/password/);
    expect(first({ strangers, ...downBy({ kind: 'refused', status: 403, reason: 'Forbidden' }) }).en).toMatch(/device code/);
    expect(first({ strangers, ...downBy({ kind: 'silent', seconds: 32 }) }).en).toMatch(/come from 203\.0\.113\.9/);
    expect(first({ strangers }).en).toMatch(/come from 203\.0\.113\.9/);
  });
});

describe('after a 302', () => {
  const second = '34020000002000000002';
  const leadTo = (port: number) => () => ({ status: 302, headers: { Contact: `<sip:${second}@127.0.0.1:${port}>` } });

  test('a server that does not answer is named, not the codes at the one that does', async () => {
    await using home = await new GbRegistrar(systemClock).open();
    await using named = await new GbRegistrar(systemClock).open();
    home.whim = ({ request }) => (request.method === 'REGISTER' ? leadTo(named.port)() : 200);
    named.whim = () => 'ignore';
    await using link = gbDevice(home, systemClock);
    await until(systemClock, () => named.of('REGISTER').length > 0);
    const { sentence } = await link.uplink.examine(never);
    expect(sentence.en).toMatch(new RegExp(`${home.port} redirects us \\(302\\) to 127\\.0\\.0\\.1:${named.port}, and that server does not answer`));
    expect(sentence.zh).toMatch(new RegExp(`${home.port} 重定向注册（302），把本机转到服务器 127\\.0\\.0\\.1:${named.port}，而该服务器没有应答`));
  });

  test('a server that serves us may call itself by its own code', async () => {
    await using home = await new GbRegistrar(systemClock).open();
    await using named = await new GbRegistrar(systemClock).open();
    home.whim = leadTo(named.port);
    await using link = gbDevice(home, systemClock);
    await until(systemClock, () => named.keepalives.length > 0);
    const [uri, from] = [`sip:${device}@3402000000`, `sip:${second}@3402000000`];
    await named.endpoint.ask({ method: 'OPTIONS', uri, from, to: uri }, { transport: 'UDP', ...named.flow!.remote }, never);
    const found = (await link.uplink.examine(never)).findings;
    expect(found.map(({ name }) => name)).not.toContain('platform code');
    expect(found.find(({ name }) => name === 'registration')?.sentence.en).toContain(`127.0.0.1:${named.port}`);
  });

  test('nor is one accused that the 302 named without its code; a stranger to the settings is', () => {
    const peer = { transport: 'UDP', address: '192.0.2.11', port: 5_060 } as const;
    const asked = { code: server, peer, redirected: true } as const;
    expect(names({ asked }, { callers: [{ user: second, address: '192.0.2.11' }] })).toEqual(['registration well']);
    expect(names({}, { callers: [{ user: second, address: '192.0.2.10' }] })).toContain('platform code problem');
  });

  test('nor one that is gone, and was asked by its code before', () => {
    const calls = { callers: [{ user: second, address: '192.0.2.11' }] };
    expect(names({}, { ...calls, servers: [server, second, server] })).toEqual(['registration well']);
  });
});

test('a platform that takes us and forgets us is not said to hear another device: each possibility is named', () => {
  const flapping = [200, 404, 200, 404, 200, 404, 200].map((status, index) => told('Keepalive', 610, status, 100 - index * 15));
  const { zh, en } = first({}, { told: flapping });
  expect(en).toMatch(/another device uses code .* too, or several servers .* do not share registrations, or it forgets them/);
  expect(zh).toMatch(/另一台设备.*或.*不共享注册.*或.*忘记注册/);
  expect(`${zh}${en}`).not.toMatch(/most likely|很可能/);
});

describe('the charset', () => {
  const refusedAlarm = (status: number) => told('Alarm', 800, status, 30, true);

  test('is not accused where any message with Chinese text was taken, nor for trouble of the platform itself', () => {
    expect(names({}, { told: [...keepalives, told('Catalog', 700, 200, 90, true), refusedAlarm(400)] })).not.toContain('charset problem');
    expect(names({}, { told: [...keepalives, refusedAlarm(500)] })).not.toContain('charset problem');
  });

  test('is, where all with Chinese text are refused and others are taken', () => {
    expect(names({}, { told: [...keepalives, told('DeviceInfo', 800, 400, 60, true), refusedAlarm(400)] })).toContain('charset problem');
  });

  test('is named behind the alarms, where they alone were refused', () => {
    const seen = { told: [...keepalives, refusedAlarm(400)] };
    expect(names({}, seen)).not.toContain('charset problem');
    expect(first({}, seen).en).toMatch(/refuses alarms.*charset GB2312/);
    expect(first({}, seen).zh).toMatch(/拒收报警.*字符集 GB2312/);
  });
});

describe('the realm', () => {
  const other = { realm: '4401000000', registers: [{ signed: true, status: 403 }] };

  test('is not accused of silence, nor where we were taken with it', () => {
    expect(names(downBy({ kind: 'lost', misses: 3 }), other)).not.toContain('realm problem');
    const taken = { ...other, registers: [...other.registers, { signed: true, status: 200 }] };
    expect(names(downBy({ kind: 'wrong-password' }), taken)).not.toContain('realm problem');
    expect(names(downBy({ kind: 'refused', status: 503, reason: '' }), other)).not.toContain('realm problem');
  });

  test('is, where it never took us and refuses', () => {
    expect(first(downBy({ kind: 'wrong-password' }), other).en).toMatch(/realm is 4401000000/);
    expect(first(downBy({ kind: 'refused', status: 404, reason: '' }), other).en).toMatch(/realm is 4401000000/);
  });
});

test.each(['127.0.0.1', '0.0.0.0', '239.1.1.1', '192.0.2.20'])('pictures for %s: no setting of ours would allow that, so none is named', (media) => {
  const wish = { method: 'INVITE', status: 403, reason: 'Foreign Media Address', media, from: '192.0.2.10' };
  expect(maySendTo(media, { remote: wish.from, local: '192.0.2.20' })).toBe(false);
  const { zh, en } = first({}, { refusedByUs: [wish] });
  expect(en).toMatch(new RegExp(`sent to ${media}, which is not an address of its own`));
  expect(`${zh}${en}`).not.toContain('media.to');
  expect(first({}, { refusedByUs: [{ ...wish, media: '203.0.113.7' }] }).en).toContain('media.to');
});

test.each<[number, number | undefined, RegExp, RegExp]>([
  [60, undefined, /of 60 s too short.*set expires to 3600 s/, /60 秒太短.*改为 3600 秒/],
  [86_400, undefined, /of 86400 s too short.*set expires to 604800 s/, /86400 秒太短.*改为 604800 秒/],
  [604_800, undefined, /ours hold 604800 s at most: ask its operator/, /请平台方/],
  [86_400, 1_000_000, /of 86400 s too short.*wants 1000000 s at least.*604800 s at most/, /要求至少 1000000 秒/],
  [7_200, 9_000, /of 7200 s too short.*set expires to 9000 s or more/, /9000 秒或更长/],
])('423 to a registration of %i s, at least %s s wanted: what was asked for is named, and something longer', (asked, least, en, zh) => {
  const words = wordsOf({ kind: 'refused', status: 423, reason: 'Interval Too Brief', asked, ...(least === undefined ? {} : { least }) }, settings);
  expect(words.en).toMatch(en);
  expect(words.zh).toMatch(zh);
});

test('clocks that whole hours lie between: which is ahead is said in words', () => {
  const at = (hours: number) => first({ status: { state: 'up', since, clockOffset: millis(hours * 3_600_000) } });
  expect(at(-8).en).toMatch(/is 8 whole hours behind ours/);
  expect(at(-8).zh).toMatch(/慢 8 小时整/);
  expect(at(8).en).toMatch(/is 8 whole hours ahead of ours/);
  expect(at(8).zh).toMatch(/快 8 小时整/);
});
