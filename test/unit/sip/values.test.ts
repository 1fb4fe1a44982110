/** Values inside SIP headers: parameters, lists, URIs, addresses, Via, dates. */
import { expect, test } from 'vitest';
import { parseDate } from '../../../adapters/protocols/sip/date.ts';
import { parseNameAddr, writeNameAddr } from '../../../adapters/protocols/sip/name-addr.ts';
import { parseParameters, splitList, writeParameters } from '../../../adapters/protocols/sip/parameters.ts';
import { parseUri, sipUri } from '../../../adapters/protocols/sip/uri.ts';
import { markedVia, parseVia, writeVia } from '../../../adapters/protocols/sip/via.ts';

test('parameters: flags, quotes, spaces, and the first of two', () => {
  const read = (text: string) => {
    const parameters = parseParameters(text);
    return parameters && Object.fromEntries(parameters);
  };
  expect(read('')).toEqual({});
  expect(read(' ; rport ;Branch = z9hG4bKa ; q="a;\\"b" ;;tag=1;tag=2')).toEqual({ rport: '', branch: 'z9hG4bKa', q: 'a;"b', tag: '1' });
  expect(read('x')).toBeUndefined();
  expect(read(';a="never closed')).toBeUndefined();
  expect(
    writeParameters(
      new Map([
        ['rport', ''],
        ['received', '2001:db8::1'],
        ['x', 'a b'],
      ]),
    ),
  ).toBe(';rport;received=2001:db8::1;x="a b"');
});

test('commas in quotes and brackets separate nothing', () => {
  expect(splitList('"a, b" <sip:x?c=1,2>;p=1, <sip:y>,, sip:z')).toEqual(['"a, b" <sip:x?c=1,2>;p=1', '<sip:y>', 'sip:z']);
  expect(splitList('"never, closed')).toEqual(['"never', 'closed']);
  expect(splitList(' , ')).toEqual([]);
});

test('quotes that nobody closes cost no more than other characters', () => {
  const text = `"${'\\"'.repeat(200_000)}, <sip:a>`;
  const begun = performance.now();
  expect(splitList(text)).toHaveLength(2);
  // To look for the end of each took 300 ms for 16 KiB: for this it would be minutes.
  expect(performance.now() - begun).toBeLessThan(20_000);
});

test('URIs: of devices, of domains, with IPv6, with escapes (RFC 3261 §19.1.3)', () => {
  expect(parseUri('sip:34020000001310000001@192.0.2.20:5060')).toMatchObject({ user: '34020000001310000001', host: '192.0.2.20', port: 5_060 });
  expect(parseUri('sip:3402000000')).toMatchObject({ user: '', host: '3402000000' });
  expect(parseUri('SIPS:alice:secret@[2001:db8::1]:5061;transport=tcp?subject=a')).toMatchObject({
    scheme: 'sips',
    password: 'secret',
    host: '2001:db8::1',
    port: 5_061,
    headers: 'subject=a',
  });
  expect(parseUri('sip:alice%40example.com@gateway.com;lr')?.user).toBe('alice@example.com');
  expect(parseUri('sip:user;par=u%40example.net@example.com')).toMatchObject({ user: 'user;par=u@example.net', host: 'example.com' });
  for (const text of ['', 'tel:+1', 'sip:', 'sip:a@b:99999', 'sip:a@b c', 'sip:a@@b']) expect(parseUri(text)).toBeUndefined();
  expect(sipUri('a b@c', '2001:db8::1', 5_060)).toBe('sip:a%20b%40c@[2001:db8::1]:5060');
});

test('addresses: with and without name and brackets', () => {
  expect(parseNameAddr('"Bell, A." <sip:a@b;transport=tcp>;tag=1')).toMatchObject({ display: 'Bell, A.', uri: 'sip:a@b;transport=tcp' });
  // Without brackets the parameter is the header's (§20.10).
  expect(parseNameAddr('sip:a@b;tag=1')).toMatchObject({ uri: 'sip:a@b', display: '' });
  for (const text of ['', '*', '<>', '"x" sip:a@b', '"x', '<sip:a@b', '<sip:a b>', 'nonsense']) expect(parseNameAddr(text)).toBeUndefined();
  expect(writeNameAddr({ display: 'a "b"', uri: 'sip:a@b', parameters: new Map([['tag', '1']]) })).toBe('"a \\"b\\"" <sip:a@b>;tag=1');
});

test('Via says where a request came from, whatever its sender believes (RFC 3581 §4)', () => {
  const marked = (text: string) => {
    const via = parseVia(text);
    return via && writeVia(markedVia(via, { address: '198.51.100.7', port: 6_081 }));
  };
  expect(marked('SIP/2.0/UDP 10.0.0.9:5060;rport;branch=z9hG4bKa')).toBe(
    'SIP/2.0/UDP 10.0.0.9:5060;rport=6081;branch=z9hG4bKa;received=198.51.100.7',
  );
  expect(marked('SIP/2.0/udp 198.51.100.7;rport;branch=z9hG4bKa')).toContain('rport=6081;branch=z9hG4bKa;received=198.51.100.7');
  expect(marked('SIP/2.0/TCP 198.51.100.7;branch=z9hG4bKa')).toBe('SIP/2.0/TCP 198.51.100.7;branch=z9hG4bKa');
  expect(parseVia('SIP / 2.0 / UDP   first.example.com : 4000 ;ttl=16 ; branch=x')).toMatchObject({ host: 'first.example.com', port: 4_000 });
  expect(parseVia('SIP/2.0/UDP [2001:db8::1]:5060;branch=x')).toMatchObject({ host: '2001:db8::1' });
  for (const text of ['', 'SIP/1.0/UDP a', 'SIP/2.0/UDP', 'SIP/2.0/UDP a:99999', 'SIP/2.0/UDP a b']) expect(parseVia(text)).toBeUndefined();
});

test('dates of GB/T 28181 are of Beijing, dates of SIP of Greenwich (gb28181 T7, T12, quirk 42)', () => {
  const dates = [
    '2026-01-01T08:00:00.000',
    '2026-01-01T08:00:00',
    'Thu, 01 Jan 2026 00:00:00 GMT',
    '2026-01-01T00:00:00Z',
    '2026-01-01T09:00:00+09:00',
  ];
  for (const text of dates) expect(parseDate(text), text).toBe(1_767_225_600_000);
  expect(parseDate('Tue, 31 Dec 2024 16:00:00 GMT')).toBe(1_735_660_800_000);
  expect(parseDate('2026-01-01T08:00:00.250')).toBe(1_767_225_600_250);
  for (const text of ['', 'yesterday', '2026-13-01T08:00:00', 'Fri, 01 Jan 2010 16:00:00 EST', '2026-01-01']) expect(parseDate(text)).toBeUndefined();
});
