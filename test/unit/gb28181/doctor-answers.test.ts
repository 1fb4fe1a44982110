/** What a platform says no to, and whom the doctor must not accuse for it. */
import { expect, test } from 'vitest';
import { gb28181 } from '../../../adapters/uplinks/gb28181/index.ts';
import { asks, downBy, findings, told as message, refusedBy, set, settings, well } from '../../support/gb-doctor-facts.ts';
import { device } from '../../support/gb-registrar.ts';

const names = (...args: Parameters<typeof findings>) => findings(...args).map(({ name }) => name);
const refused = refusedBy;
/** `ago` in s. */
const told = (what: string, status: number, ago: number) => message(what, 610, status, ago, what !== 'Keepalive');

test('a 403 that says locked is no unknown code; one that says nothing is', () => {
  expect(names(refused(403, 'Account Locked'))[0]).toBe('locked');
  expect(names(refused(403, 'Forbidden'))[0]).toBe('identity');
});

test('a 400 is the edition only where ours is the newer one', () => {
  const newer = gb28181.config.parse({ ...settings, version: '2022' });
  expect(names({ ...refused(400, 'Bad Request'), settings: newer }, { version: '2.0' })[0]).toBe('version');
  expect(names({ ...refused(400, 'Bad Request'), settings: newer }, { version: '3.0' })[0]).toBe('registration');
  expect(names(refused(400, 'Bad Request'), { version: '2.0' })[0]).toBe('registration');
});

test('who is forgotten in long pauses speaks too rarely; who is forgotten within a minute does not', () => {
  const rhythm = (every: number) => [6, 4, 2].flatMap((turn) => [told('Keepalive', 200, turn * every), told('Keepalive', 404, (turn - 1) * every)]);
  expect(names({}, { told: rhythm(90) })[0]).toBe('keepalive interval');
  expect(names({}, { told: rhythm(20) })[0]).toBe('forgotten');
});

test('alarms are refused only while the last one was, and while other messages are not', () => {
  const keepalive = told('Keepalive', 200, 30);
  expect(names({}, { told: [keepalive, told('Alarm', 415, 20)] })).toContain('alarms');
  expect(names({}, { told: [keepalive, told('Catalog', 200, 25), told('Alarm', 415, 20)] })[0]).toBe('alarms');
  expect(names({}, { told: [keepalive, told('Alarm', 415, 20), told('Alarm', 200, 10)] })).not.toContain('alarms');
  expect(names({}, { told: [told('Keepalive', 503, 30), told('Alarm', 503, 20)] })).not.toContain('alarms');
});

test('addresses of one family do not blame the family', () => {
  const silent = downBy({ kind: 'silent', seconds: 64 });
  expect(names({ ...silent, address: '2001:db8::1' })[0]).toBe('address family');
  expect(names({ ...silent, address: '192.0.2.10' })).not.toContain('address family');
});

const gate = settings.codes.channels.gate!;
const orders = (order: string, code: string) => [...asks.asked!, { what: 'Control DeviceControl', code, order, subscribes: false }];

test.each<[string, ...Parameters<typeof findings>, RegExp, RegExp]>([
  [
    'an order that this site forbids',
    { ...well, ...set({ may: { move: false } }) },
    { ...asks, asked: orders('PTZCmd', gate) },
    /may\.move/,
    /may\.move/,
  ],
  ['an order to restart', well, { ...asks, asked: orders('TeleBoot', device) }, /may\.reboot/, /may\.reboot/],
  ['zones without codes', { ...well, zones: ['gate/z1', 'gate/z2'] }, asks, /报警防区有编码（共 2/, /alarm zone has a code \(2 zones/],
  ['a registration that is granted for a short time', well, { ...asks, granted: 30 }, /30 秒的注册有效期/, /registrations of 30 s/],
])('a link on which all works is first said to be well, and then: %s', (_name, facts, seen, zh, en) => {
  const [first, ...further] = findings(facts, seen);
  expect(first).toMatchObject({ name: 'registration', verdict: 'well' });
  expect(further.map(({ verdict }) => verdict)).toEqual(['warning']);
  expect(further[0]?.sentence.zh).toMatch(zh);
  expect(further[0]?.sentence.en).toMatch(en);
});
