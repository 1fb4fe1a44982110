/** Which cause the doctor names first for what it knows: one row for each way in which links to the police go wrong, and whom it must not name. */
import { describe, expect, test } from 'vitest';
import type { SeenOnTheWire } from '../../../adapters/uplinks/gb28181/doctor/facts.ts';
import { channelId } from '../../../gateway/domain/ids.ts';
import { millis, minutes, seconds } from '../../../gateway/domain/time.ts';
import { asks, downBy, findings, first, lost, moved, refusedBy, set, settings, since, told, well } from '../../support/gb-doctor-facts.ts';
import { device, server } from '../../support/gb-registrar.ts';

type Facts = Parameters<typeof findings>[0];
type Row = readonly [name: string, facts: Facts, seen: Partial<SeenOnTheWire>, zh: RegExp, en: RegExp];

const unsigned = (status?: number, said?: string) => ({ signed: false, status, bytes: 477, ...(said === undefined ? {} : { said }) });
const signed = (status?: number, more: object = {}) => ({ signed: true, status, bytes: 758, ...more });
const silent = downBy({ kind: 'silent', seconds: 32 });
const knocks = (udp: 'answered' | 'silent' | 'closed' | 'http', tcp: 'answered' | 'silent' | 'closed' | 'open' | 'http') => ({
  knocks: { udp, tcp },
});
const gate = settings.codes.channels.gate!;
const keepalives = [200, 100, 40, 20].map((ago) => told('Keepalive', 610, 200, ago));
const refusal = (reason: string, status: number, code = gate) => ({
  refusedByUs: [{ method: 'INVITE', status, reason, media: '192.0.2.10', from: '192.0.2.10', code }],
});

const rows: readonly Row[] = [
  // What the platform says itself.
  ['locked', refusedBy(403, 'Account Blocked'), {}, /锁定/, /locked/],
  ['licence expired', refusedBy(403), { registers: [unsigned(403, 'License Expired')] }, /过期/, /expired/],
  ['not approved', refusedBy(403), { registers: [unsigned(403, '设备未审核')] }, /审核/, /not yet enabled or approved/],
  ['code in use', refusedBy(403), { registers: [unsigned(403, 'Device already online')] }, /另一台设备/, /another device/],
  ['platform full', refusedBy(403), { registers: [unsigned(403, 'Device limit reached')] }, /授权已满/, /licence or room/],
  ['no such device', refusedBy(404), { registers: [unsigned(404, 'Unknown Device')] }, /不认识设备编码/, /does not know device code/],
  ['address not listed', refusedBy(403), { registers: [unsigned(403, 'IP not allowed')] }, /192\.0\.2\.20.*白名单/, /192\.0\.2\.20.*allow/],
  ['its clock', refusedBy(400), { registers: [unsigned(400, 'Clock skew')], ahead: millis(600_000) }, /时钟.*600 秒/, /clocks differ.*600 s/],
  ['its domain', refusedBy(403), { registers: [signed(403, { said: 'Wrong domain' })] }, /不接受域 3402000000/, /domain 3402000000/],
  ['a phrase that says nothing', refusedBy(606, 'Unknown'), {}, /平台拒绝注册/, /refuses the registration/],
  // Refusals.
  ['another 403 after the signature', refusedBy(403), { registers: [signed(403)] }, /密码.*平台编码.*域/, /password.*platform code.*domain/],
  ['what was right before', { ...downBy({ kind: 'wrong-password' }), losses: [lost('lost', 90)] }, {}, /更改了.*密码/, /password .* was changed/],
  ['a device that was there', refusedBy(403), { registers: [unsigned(403), signed(200)] }, /停用、锁定或删除/, /disabled, locked or deleted/],
  ['full-width digits', { ...downBy({ kind: 'wrong-password' }), password: 'not-ascii' }, {}, /全角/, /full-width/],
  [
    'a nonce that is stale for ever',
    downBy({ kind: 'wrong-password' }),
    { registers: [signed(401, { stale: true }), signed(401, { stale: true })] },
    /nonce/,
    /nonce/,
  ],
  ['an algorithm', downBy({ kind: 'unknown-challenge' }), { schemes: ['digest'], algorithms: ['SHA-512-256'] }, /SHA-512-256/, /SHA-512-256/],
  ['the edition of 2022', refusedBy(400), { version: '3.0' }, /改为 2022/, /set the version to 2022/],
  ['another region', { ...refusedBy(403), ...set({ codes: { device: '44010000001180000001' } }) }, {}, /行政区划不同/, /regions differ/],
  [
    'codes that were exchanged',
    { ...refusedBy(404), ...set({ platform: { ...settings.platform, code: device }, codes: { device: server } }) },
    {},
    /填反/,
    /exchanged/,
  ],
  ['2022 where the answer says no version', { ...refusedBy(400), ...set({ version: '2022' }) }, {}, /改为 2016/, /Set the version to 2016/],
  ['no registrar', refusedBy(405), {}, /不支持注册/, /registrations are not taken/],
  ['trouble of its own', refusedBy(503), {}, /过载/, /overloaded/],
  [
    'a 404 with the other Request-URI',
    { ...refusedBy(404), ...set({ requestUri: 'address' }) },
    { registers: [signed(404)] },
    /requestUri: domain/,
    /requestUri: domain/,
  ],
  [
    'a PBX at the wrong address',
    downBy({ kind: 'wrong-password' }),
    { realm: 'asterisk', registers: [signed(401)] },
    /密码.*asterisk.*另一个平台/,
    /password.*asterisk.*another platform/,
  ],
  // Silence.
  [
    'UDP is dropped',
    { ...silent, ...knocks('silent', 'closed') },
    { registers: [unsigned()] },
    /没有任何应答：防火墙/,
    /nothing answers .* a firewall drops SIP/,
  ],
  ['a port that nobody listens at', { ...silent, ...knocks('closed', 'closed') }, {}, /无人监听/, /nobody listens/],
  ['a web server', { ...silent, ...knocks('silent', 'http') }, {}, /HTTP/, /HTTP/],
  ['TCP is taken, UDP is not answered', { ...silent, ...knocks('silent', 'open') }, {}, /TCP.*防火墙/, /TCP.*firewall/],
  [
    'a signature that gets no answer',
    { ...silent, ...knocks('answered', 'closed') },
    { registers: [signed(), unsigned(401)] },
    /密码.*MTU/,
    /password.*MTU/,
  ],
  [
    'a long signature that gets no answer',
    { ...silent, ...knocks('answered', 'closed') },
    { registers: [signed(undefined, { bytes: 1_310 }), unsigned(401)] },
    /：途中丢弃.*MTU/,
    /: longer UDP datagrams are lost/,
  ],
  [
    'a wrong network card',
    { ...silent, ...knocks('silent', 'silent'), routed: '10.0.0.5' },
    {},
    /应从 10\.0\.0\.5 发出.*local\.address/,
    /leaves from 10\.0\.0\.5.*local\.address/,
  ],
  [
    'a platform that is gone',
    { ...silent, ...knocks('silent', 'silent'), losses: [lost('lost', 60)] },
    {},
    /此前注册成功过/,
    /had registered us before/,
  ],
  [
    'a registrar that is too slow',
    { ...silent, ...knocks('answered', 'closed') },
    { registers: [unsigned(), { ...unsigned(500), took: seconds(32) }] },
    /太慢（32 秒/,
    /too late \(after 32 s/,
  ],
  // What does not last.
  [
    'a NAT that forgets',
    { ...well, ...set({ keepalive: { every: 120 } }), losses: [moved('192.0.2.1:2', 400), moved('192.0.2.1:3', 200)] },
    asks,
    /NAT.*30 秒/,
    /NAT.*30 s/,
  ],
  ['TCP that is cut', { ...well, losses: [90, 60, 30].map((ago) => lost('closed', ago)) }, asks, /断开 TCP 连接/, /ends the TCP connection/],
  ['a link that comes and goes', { ...well, losses: [900, 600, 300].map((ago) => lost('lost', ago)) }, asks, /时断时续/, /comes and goes/],
  [
    'keepalives that are refused for their form',
    well,
    { ...asks, registers: [signed(200)], told: [20, 10].map((ago) => told('Keepalive', 610, 400, ago)) },
    /心跳.*字符集/,
    /keepalive.*charset/,
  ],
  [
    'lossy network',
    well,
    { ...asks, told: Array.from({ length: 10 }, (_, turn) => ({ ...told('Keepalive', 610, 200, 200 - turn * 20), times: 1 + (turn % 2) })) },
    /丢包/,
    /loses packets/,
  ],
  [
    'keepalives that are to be signed',
    well,
    { ...asks, registers: [signed(200)], told: [20, 10].map((ago) => told('Keepalive', 610, 401, ago)) },
    /心跳一再要求认证/,
    /signature of keepalives/,
  ],
  // Our messages.
  ['a catalogue that is refused', well, { ...asks, told: [...keepalives, told('Catalog', 700, 403, 15)] }, /拒收目录/, /refuses Catalog/],
  [
    'alarms that are refused once as if we were unknown',
    well,
    { ...asks, told: [...keepalives, told('Alarm', 700, 403, 15)] },
    /拒收报警/,
    /refuses alarms/,
  ],
  [
    'alarms with a business error',
    well,
    { ...asks, alarmResults: [{ sn: 41, result: 'ERROR' }] },
    /Response）为 ERROR/,
    /Response to them says ERROR/,
  ],
  [
    'alarms without the Response that counts',
    { ...well, ...set({ alarms: { ack: 'response' } }) },
    { ...asks, told: [told('Alarm', 700, 200, 30)] },
    /alarms\.ack/,
    /alarms\.ack/,
  ],
  [
    'what it asked for and does not take, by its length',
    well,
    { ...asks, told: [told('Catalog', 1_150, undefined, 50), ...keepalives] },
    /MTU.*或平台不处理/,
    /MTU.*or it does not take/,
  ],
  [
    'a subscription whose notices it refuses',
    well,
    { ...asks, told: [...keepalives, { ...told('Catalog', 700, 403, 15), notify: true }, told('Catalog', 700, 200, 10)] },
    /NOTIFY/,
    /NOTIFY, 403/,
  ],
  [
    'keepalives that are answered too late',
    well,
    { ...asks, told: [60, 30].map((ago) => ({ ...told('Keepalive', 610, 200, ago), took: seconds(8) })) },
    /太慢（8 秒/,
    /too late \(after 8 s/,
  ],
  // What it asks.
  ['a channel that is not shared', well, { ...asks, ...refusal('No Such Channel', 404) }, /没有共享/, /not shared/],
  ['too many views', well, { ...asks, ...refusal('All Plays Taken', 486) }, /上限/, /as many views/],
  ['recordings', well, { ...asks, ...refusal('Live Only', 488) }, /录像/, /recordings/],
  ['a codec', well, { ...asks, ...refusal('Not Acceptable Here', 488) }, /H\.265/, /H\.265/],
  ['no port for pictures', well, { ...asks, ...refusal('No Port Free', 486) }, /media\.ports/, /media\.ports/],
  ['a camera that is off', well, { ...asks, ...refusal('Camera Unavailable', 480) }, /摄像机离线/, /camera is offline/],
  [
    'a camera without pictures',
    { ...well, mediaBlocked: { transport: 'udp', remote: '192.0.2.10:3', camera: channelId('gate') } },
    asks,
    /gate 的摄像机/,
    /camera of channel gate/,
  ],
  [
    'views that are hung up on',
    well,
    { ...asks, views: [60, 30].map((ago) => ({ code: gate, lasted: millis(9_000), age: seconds(ago) })) },
    /挂断.*防火墙.*SSRC.*H\.265/,
    /hangs up.*firewall.*SSRC.*H\.265/,
  ],
  [
    'another code of this device',
    well,
    { ...asks, asked: [{ what: 'Query Catalog', code: '34020000001180000077', subscribes: false }] },
    /设备编码 34020000001180000077/,
    /device code 34020000001180000077/,
  ],
  ['nothing at all', well, {}, /没有向本机发来任何请求.*NAT/, /has not asked this box for anything.*NAT/],
  ['no catalogue', well, { ...asks, asked: [] }, /从未查询或订阅目录/, /never asked for the catalogue/],
  // What differs.
  ['an ALG', well, { rewritten: { header: 'Contact', ours: '192.0.2.20:5060', theirs: '10.0.0.1:6000' } }, /SIP ALG/, /SIP ALG/],
  ['a second device', well, { otherContacts: ['192.0.2.77:5060'] }, /192\.0\.2\.77:5060.*同一编码/, /192\.0\.2\.77:5060.*same code/],
  ['a clock of another month', { ...well, status: { state: 'up', since, clockOffset: millis(40 * 86_400_000) } }, asks, /40 天/, /40 days/],
  ['share that names nothing', { ...well, ...set({ share: ['gaet'] }), unknownShares: ['gaet'] }, asks, /gaet 在本机不存在.*share/, /no gaet.*share/],
  ['a table for other cameras', { ...well, channels: ['c1'] }, asks, /gate.*在本机都不存在/, /none of the channels.*gate/],
  [
    'a channel of another city',
    { ...well, ...set({ codes: { device, channels: { gate: '44010000001320000001' } } }) },
    asks,
    /行政区划（4401）/,
    /region 4401/,
  ],
];

test.each(rows)('%s', (_name, facts, seen, zh, en) => {
  const sentence = first(facts, seen);
  expect(sentence.zh).toMatch(zh);
  expect(sentence.en).toMatch(en);
});

describe('does not accuse', () => {
  const names = (...args: Parameters<typeof findings>) => findings(...args).map(({ name, verdict }) => `${name} ${verdict}`);

  test('anybody, where all is well', () => {
    expect(names(well, { ...asks, told: keepalives, registers: [signed(200), unsigned(401)] })).toEqual(['registration well']);
  });

  test('a platform of never having asked, where what it asked is no longer kept', () => {
    expect(names({ lasts: minutes(600), heardAll: false }, { ...asks, asked: [] })).toEqual(['registration well']);
  });

  test('a realm that is only a name, once it has taken us', () => {
    expect(names(well, { ...asks, realm: 'police.example' })).toEqual(['registration well', 'realm warning']);
    expect(names({ ...well, ...set({ realm: '3402000000' }) }, { ...asks, realm: '4401000000' })[0]).toBe('realm warning');
  });

  test('the clock before what keeps the requests away', () => {
    const clock = { ...well, status: { state: 'up', since, clockOffset: millis(90_000) } } as const;
    expect(names(clock, { us: '198.51.100.7:6000' }).slice(0, 2)).toEqual(['advertised warning', 'clock problem']);
    expect(names(clock, {}).slice(0, 2)).toEqual(['clock problem', 'requests warning']);
  });

  test('the interval of keepalives for one outage at the usual pace', () => {
    expect(
      names(well, { ...asks, told: [told('Keepalive', 610, 200, 200), told('Keepalive', 610, 404, 100), told('Keepalive', 610, 200, 20)] })[0],
    ).toBe('registration well');
  });

  test('anybody for a view that was refused hours ago', () => {
    const [refused] = refusal('Camera Unavailable', 480).refusedByUs;
    expect(names(well, { ...asks, refusedByUs: [{ ...refused!, age: minutes(180) }] })).toEqual(['registration well']);
  });

  test('anybody for one TCP connection that ended', () => {
    expect(names({ ...well, losses: [lost('closed', 90)] }, asks)).toEqual(['registration well']);
  });
});
