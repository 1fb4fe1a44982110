/** An advertised address: when it is the first suspect, and where nothing speaks against it. */
import { describe, expect, test } from 'vitest';
import { headerList, noBody } from '../../../adapters/protocols/sip/message.ts';
import { readLadder } from '../../../adapters/uplinks/gb28181/doctor/read-ladder.ts';
import type { LadderStep } from '../../../adapters/uplinks/gb28181/ladder.ts';
import { instant } from '../../../gateway/domain/time.ts';
import { asks, findings, first, set, told, well } from '../../support/gb-doctor-facts.ts';
import { device, server } from '../../support/gb-registrar.ts';

type Seen = NonNullable<Parameters<typeof findings>[1]>;
const names = (...args: Parameters<typeof findings>) => findings(...args).map(({ name, verdict }) => `${name} ${verdict}`);

const advertised = (address: string, more: object = {}) => ({ ...well, ...set({ advertised: { address, port: 5_060 }, ...more }) });
const stale = advertised('203.0.113.9');
const outer = '198.51.100.7';
/** Taken, and then not known, every 19 s. */
const forgotten: Seen = { told: [200, 404, 200, 404, 200, 404, 200].map((status, index) => told('Keepalive', 610, status, 130 - index * 19)) };
const keepalives: Seen = { told: [60, 40, 20].map((ago) => told('Keepalive', 610, 200, ago)) };

test.each<[string, Parameters<typeof findings>[0], Seen, RegExp, RegExp]>([
  [
    'forgotten, and seen at our own address',
    stale,
    { ...forgotten, us: '192.0.2.20:5060' },
    /192\.0\.2\.20:5060.*203\.0\.113\.9:5060.*一再不认识.*删除对外地址/,
    /192\.0\.2\.20:5060.*203\.0\.113\.9:5060.*no longer knows us.*remove the advertised/,
  ],
  [
    'forgotten, and seen at another outer address',
    stale,
    { ...forgotten, us: `${outer}:6000` },
    /198\.51\.100\.7:6000.*203\.0\.113\.9:5060.*更正.*映射/,
    /198\.51\.100\.7:6000.*203\.0\.113\.9:5060.*Set the advertised address.*map/,
  ],
  [
    'forgotten, and nobody says where we are seen',
    stale,
    forgotten,
    /203\.0\.113\.9:5060.*192\.0\.2\.20.*没有说明.*一再不认识/,
    /203\.0\.113\.9:5060.*192\.0\.2\.20.*does not say.*no longer knows us/,
  ],
  [
    'asked before the platform saw us here, and forgotten since',
    stale,
    { ...forgotten, us: `${outer}:6000`, callers: asks.callers!.map((caller) => ({ ...caller, before: true })) },
    /对外地址/,
    /advertised address/,
  ],
  ['never asked, and seen elsewhere', stale, { ...keepalives, us: `${outer}:6000` }, /198\.51\.100\.7:6000.*对外地址/, /but 203\.0\.113\.9:5060/],
  ['never asked, and nobody says where we are seen', stale, keepalives, /203\.0\.113\.9:5060.*可能已过时/, /may be out of date/],
  [
    'never asked, and seen at another port of that address',
    advertised(outer),
    { ...keepalives, us: `${outer}:6000` },
    /端口 5060（UDP）映射/,
    /maps port 5060 \(UDP\)/,
  ],
])('is the first suspect: %s', (_name, facts, seen, zh, en) => {
  const sentence = first(facts, seen);
  expect(sentence.zh).toMatch(zh);
  expect(sentence.en).toMatch(en);
  expect(`${sentence.zh}${sentence.en}`).not.toMatch(/另一台设备|another device/);
});

describe('is not accused', () => {
  test.each<[string, Parameters<typeof findings>[0], Seen]>([
    ['behind a NAT that maps it', advertised(outer), { ...keepalives, ...asks, us: `${outer}:5060` }],
    ['behind a NAT that leaves by another port', advertised(outer), { ...keepalives, ...asks, us: `${outer}:6000` }],
    ['behind a NAT that leaves by another address, where questions arrive', stale, { ...keepalives, ...asks, us: `${outer}:6000` }],
    ['behind a NAT, where nobody says where we are seen', advertised(outer), { ...keepalives, ...asks }],
    ['of a link that has only begun', { ...advertised(outer), lasts: well.lasts, heardAll: false }, keepalives],
  ])('%s', (_name, facts, seen) => {
    expect(names(facts, seen)).toEqual(['registration well']);
  });

  test.each<[string, Parameters<typeof findings>[0], Seen]>([
    ['where the platform sees us there', advertised(outer), { us: `${outer}:5060` }],
    ['where it sees us there by another port', advertised(outer), { us: `${outer}:6000` }],
    ['where it writes the address otherwise', advertised('2001:DB8::7'), { us: '[2001:db8:0:0::7]:5060' }],
    ['where it writes an IPv4 address as IPv6', advertised(outer), { us: `[::ffff:${outer}]:5060` }],
    ['where its questions arrive', stale, { ...asks, us: `${outer}:6000` }],
  ])('of being forgotten, %s', (_name, facts, seen) => {
    expect(names(facts, { ...forgotten, ...seen })[0]).toBe('forgotten problem');
    expect(names(facts, { ...forgotten, ...seen }).join()).not.toMatch(/advertised|port map/);
  });

  test('nor a NAT by IPv6, where the platform sees us at our own address', () => {
    expect(names({ ...well, own: '2001:db8::7' }, { ...keepalives, us: '[2001:db8::7]:5060' })).toEqual(['requests warning', 'registration well']);
    expect(names({ ...advertised('2001:db8::7'), own: '2001:db8::7' }, keepalives)).toEqual(['requests warning', 'registration well']);
  });

  test('of not being asked, where the platform sees us there', () => {
    const seen = { ...keepalives, us: `${outer}:5060` };
    expect(names(advertised(outer), seen)).toEqual(['requests warning', 'registration well']);
    expect(first(advertised(outer), seen).en).toMatch(/a firewall, a NAT, SIP ALG or the mapping of ports/);
    expect(first(advertised(outer), seen).zh).not.toContain('对外地址');
    // By TCP no connection leaves by the port that is mapped.
    expect(names(advertised(outer, { transport: 'tcp' }), { ...seen, us: `${outer}:41000` })).toEqual(['requests warning', 'registration well']);
  });
});

describe('what was asked before the platform saw us elsewhere', () => {
  const passage = { remote: { address: '192.0.2.10', port: 5_060 }, transport: 'UDP', bodyBytes: 0 } as const;
  const step = (at: number, direction: 'in' | 'out', message: LadderStep['message']): LadderStep => ({
    ...passage,
    direction,
    at: instant(at),
    message,
  });
  const registered = (at: number, received: string, rport: number) => {
    const headers = headerList({
      Via: `SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK${at};received=${received};rport=${rport}`,
      'Call-ID': `${at}`,
      CSeq: '1 REGISTER',
    });
    return step(at, 'in', { kind: 'response', status: 200, reason: 'OK', headers, body: noBody });
  };
  const asked = (at: number) => {
    const headers = headerList({ From: `<sip:${server}@3402000000>;tag=1`, 'Call-ID': `${at}`, CSeq: '1 MESSAGE' });
    return step(at, 'in', { kind: 'request', method: 'MESSAGE', uri: `sip:${device}@192.0.2.20`, headers, body: noBody });
  };
  const callers = (...steps: readonly LadderStep[]) => readLadder(steps, 10).callers.map(({ before = false }) => before);

  test('does not show the way to where we are now', () => {
    expect(callers(registered(1, '203.0.113.9', 5_060), asked(2), registered(3, outer, 5_060))).toEqual([true]);
    expect(callers(registered(1, '203.0.113.9', 5_060), asked(2), registered(3, outer, 5_060), asked(4))).toEqual([true, false]);
  });

  test('another port is no other place', () => {
    expect(callers(registered(1, outer, 5_060), asked(2), registered(3, outer, 6_000))).toEqual([false]);
    expect(callers(asked(2))).toEqual([false]);
  });
});
