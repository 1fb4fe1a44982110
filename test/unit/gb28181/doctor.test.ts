/** The doctor of a police uplink: does its first sentence name the true cause? Each case is a real misconfiguration over real sockets. */
import { describe, expect, test } from 'vitest';
import type { UplinkExamination } from '../../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { gbBox } from '../../support/gb-box.ts';
import { type GbDevice, gbDevice, until } from '../../support/gb-device.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { device, GbRegistrar, password, server, type Whim } from '../../support/gb-registrar.ts';
import { codes } from '../../support/gb-school.ts';
import { localSip, never } from '../../support/sip-endpoint.ts';

interface Case {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** At this domain. */
  readonly domain?: string;
  readonly secret?: string;
  readonly whim?: Whim;
  readonly speaks?: 'UDP' | 'TCP';
  /** Of the platform's clock before ours, ms. */
  readonly ahead?: number;
  /** Once this has happened the doctor is asked. */
  readonly ready: (link: GbDevice, registrar: GbRegistrar) => boolean;
}

async function examined({ settings = {}, domain, secret = password, whim, speaks = 'UDP', ahead = 0, ready }: Case): Promise<UplinkExamination> {
  await using registrar = await new GbRegistrar(systemClock).open(speaks);
  if (whim) registrar.whim = whim;
  registrar.ahead = ahead;
  const platform = domain === undefined ? {} : { platform: { code: server, address: '127.0.0.1', port: registrar.port, domain } };
  await using link = gbDevice(registrar, systemClock, { ...settings, ...platform }, secret);
  await until(systemClock, () => ready(link, registrar));
  return link.uplink.examine(never);
}

const registers = (count: number) => (_link: GbDevice, registrar: GbRegistrar) => registrar.of('REGISTER').length >= count;
const told = (text: string) => (link: GbDevice) => link.uplink.link()?.sentence?.en.includes(text) === true;
const up = (link: GbDevice) => link.uplink.link()?.state === 'up';
const settled = (link: GbDevice) => !told('Registering')(link);

test.each<[string, Case, RegExp, RegExp]>([
  ['a wrong password', { secret: 'wrong', ready: settled }, /password/, /密码/],
  ['a password with a blank at its end', { secret: `${password} `, ready: settled }, /begins or ends with a blank/, /空格/],
  [
    'no code at the platform, refused before any challenge',
    { whim: () => 403, ready: settled },
    /at once .403.*device code 34020000001180000001/,
    /设备编码.*未在平台登记/,
  ],
  [
    'a password that is refused with 403',
    { whim: ({ request }, { heard }) => (request.method === 'REGISTER' && heard.at(-1)?.signed ? 403 : undefined), ready: settled },
    /after it saw our signature.*password/,
    /签名后.*密码/,
  ],
  ['another platform code or domain', { whim: () => 404, ready: settled }, /platform code .* is wrong/, /平台编码/],
  [
    'TCP where the platform speaks UDP',
    { settings: { transport: 'tcp' }, ready: told('takes no TCP') },
    /answers over UDP.*change the transport to UDP/,
    /改为 UDP/,
  ],
  ['UDP where the platform speaks TCP', { speaks: 'TCP', ready: () => true }, /(answers over|takes) TCP.*change the transport to TCP/, /改为 TCP/],
  [
    'an ignored registration',
    { whim: ({ request }) => (request.method === 'REGISTER' ? 'ignore' : 200), ready: registers(1) },
    /Registering with|ignores our registration/,
    /注册/,
  ],
  [
    'an algorithm that we lack',
    { whim: () => ({ status: 401, headers: { 'WWW-Authenticate': 'Digest realm="x", nonce="y", algorithm=SHA-512-256' } }), ready: settled },
    /algorithm/,
    /算法/,
  ],
  ['a user name that is not the code', { settings: { username: 'admin' }, secret: 'wrong', ready: settled }, /user name admin/, /用户名 admin/],
  [
    'a local address that is not here',
    { settings: { local: { address: '192.0.2.9', port: 0 } }, ready: told('192.0.2.9') },
    /no address 192\.0\.2\.9/,
    /192\.0\.2\.9/,
  ],
  [
    'keepalives that are refused again and again',
    { whim: ({ request }) => (request.method === 'MESSAGE' ? 403 : undefined), ready: (_link, { keepalives }) => keepalives.length >= 3 },
    /refuses keepalives with 403, again and again/,
    /403 拒绝心跳/,
  ],
  ['another domain', { domain: '1101000000', ready: up }, /realm is 3402000000, but 1101000000/, /域是 3402000000.*1101000000/],
  [
    'an advertised address that is not ours',
    { settings: { advertised: { address: '192.0.2.1', port: 5_060 } }, ready: up },
    /sees us at 127\.0\.0\.1:\d+, but 192\.0\.2\.1:5060/,
    /对外地址/,
  ],
])('%s', async (_name, seeded, en, zh) => {
  const { sentence } = await examined(seeded);
  expect(sentence.en).toMatch(en);
  expect(sentence.zh).toMatch(zh);
});

describe('while it is registered', () => {
  test('says that all is well, and warns of an empty catalogue and of clocks that differ', async () => {
    const { findings, sentence } = await examined({ ahead: 90_000, ready: (_link, { keepalives }) => keepalives.length > 0 });
    expect(sentence.en).toMatch(/clock is (89|90|91) s ahead/);
    expect(findings.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(expect.arrayContaining(['registration well', 'catalogue warning']));
  });

  test('names the platform code, where the platform calls itself otherwise', async () => {
    await using registrar = await new GbRegistrar(systemClock).open();
    await using link = gbDevice(registrar, systemClock, { platform: { code: '34020000002000000009', address: '127.0.0.1', port: registrar.port } });
    await until(systemClock, () => registrar.keepalives.length > 0);
    await registrar.tell({ root: 'Query', cmdType: 'DeviceInfo', sn: 1, deviceId: device, content: {} });
    expect((await link.uplink.examine(never)).sentence.en).toMatch(/calls itself 34020000002000000001, but platform code 34020000002000000009/);
  });

  test('says first that all is well to a platform that asks for everything that platforms ask for; then what this site forbids, and has no codes for', async () => {
    await using platform = await localPlatform();
    const choices = { codes: { ...codes, zones: {} }, may: { move: false } };
    await using link = gbDevice(platform.address, systemClock, choices, password, gbBox(systemClock).door);
    await until(systemClock, () => platform.subscriptions().filter(({ active }) => active).length >= 3);
    await platform.order(device, codes.channels.gate!, { kind: 'ptz', command: { kind: 'stop' } }, never);
    const { sentence, findings } = await link.uplink.examine(never);
    expect(sentence.en).toMatch(/^Registered with the platform/);
    expect(findings.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(['registration well', 'orders warning', 'alarm codes warning']);
  });

  test('names the charset, where messages with Chinese text are refused and no others', async () => {
    await using registrar = await new GbRegistrar(systemClock).open();
    registrar.whim = ({ request }) => (request.method === 'MESSAGE' && request.body.some((byte) => byte >= 0x80) ? 400 : undefined);
    await using link = gbDevice(registrar, systemClock);
    await until(systemClock, () => registrar.keepalives.length > 0);
    await registrar.tell({ root: 'Query', cmdType: 'DeviceInfo', sn: 1, deviceId: device, content: {} });
    await until(systemClock, () => registrar.heard.some(({ message }) => message?.cmdType === 'DeviceInfo'));
    await eventually(async () => {
      const { sentence } = await link.uplink.examine(never);
      expect(sentence.en).toMatch(/refuses messages with Chinese text \(DeviceInfo, 400\).*charset GB2312 does not suit/);
      expect(sentence.zh).toMatch(/拒绝含中文的消息.*字符集 GB2312/);
    });
  });

  test('says nothing of a NAT or an advertised address by which the platform reaches us', async () => {
    await using registrar = await new GbRegistrar(systemClock).open();
    await using link = gbDevice(registrar, systemClock, { advertised: { address: '192.0.2.1', port: 5_060 } });
    await until(systemClock, () => registrar.keepalives.length > 0);
    await registrar.tell({ root: 'Query', cmdType: 'DeviceInfo', sn: 1, deviceId: device, content: {} });
    expect((await link.uplink.examine(never)).findings.map(({ name }) => name)).not.toContain('advertised');
  });

  test('names an address that speaks and is not heard', async () => {
    await using registrar = await new GbRegistrar(systemClock).open();
    await using link = gbDevice(registrar, systemClock);
    await until(systemClock, () => registrar.keepalives.length > 0);
    await using stranger = await localSip({ local: { address: '127.0.0.8', port: 0 } });
    const order = { method: 'OPTIONS', uri: 'sip:x@y', from: 'sip:a@b', to: 'sip:x@y' };
    await stranger.endpoint.ask(order, { transport: 'UDP', ...registrar.flow!.remote }, AbortSignal.timeout(300)).catch(() => undefined);
    await eventually(async () => {
      const { findings } = await link.uplink.examine(never);
      expect(findings.find(({ name }) => name === 'addresses')?.sentence.en).toContain('127.0.0.8');
    });
  });
});

test('the ladder shows each message in order, and nothing that the password could be guessed from', async () => {
  const { ladder } = await examined({ ready: (_link, { keepalives }) => keepalives.length > 0 });
  const all = ladder.join('\n');
  expect(ladder.slice(0, 4).map((step) => /[→←] \S+ \S+ (\S+)/.exec(step)?.[1])).toEqual(['REGISTER', '401', 'REGISTER', '200']);
  expect(all).toMatch(/→ UDP \S+ MESSAGE Notify Keepalive sip:/);
  expect(all).toContain('<CmdType>Keepalive</CmdType>');
  expect(all).toMatch(/Authorization: Digest .*response="\*\*\*"/);
  expect(all).not.toMatch(/nonce="?[^*"]/);
  expect(all).not.toContain(password);
});
