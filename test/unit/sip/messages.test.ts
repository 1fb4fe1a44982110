/** SIP messages, read and written: RFC 4475's torture, RFC 3665's flows, what platforms of GB/T 28181 send. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import {
  callIdOf,
  contactsOf,
  contentTypeOf,
  cseqOf,
  expiresOf,
  fromOf,
  grantedExpires,
  routesOf,
  seenAs,
  tagOf,
  toOf,
  topViaOf,
  viasOf,
} from '../../../adapters/protocols/sip/fields.ts';
import { headerOf, headersOf, noBody, type SipMessage, textOf, writeMessage } from '../../../adapters/protocols/sip/message.ts';
import { mostBytes, mostHead, readDatagram } from '../../../adapters/protocols/sip/read.ts';

const fixtures = new URL('../../fixtures/sip/', import.meta.url);
const bytesOf = (name: string) => readFileSync(new URL(name, fixtures));
const read = (name: string) => readDatagram(bytesOf(name));
const namesIn = (folder: string) => readdirSync(new URL(`${folder}/`, fixtures)).filter((name) => !name.endsWith('.sdp'));

function response(message: SipMessage) {
  if (message.kind !== 'response') throw new Error('It is a request.');
  return message;
}

describe('the torture messages of RFC 4475', () => {
  // §3.1.2, §3.2 and §3.3: what is to be refused, and how. `undefined`: to be dropped.
  const refused: Readonly<Record<string, string | undefined>> = {
    'badvers.dat': '505 Version Not Supported',
    'bigcode.dat': undefined,
    'clerr.dat': '400 Content-Length Beyond Datagram',
    'insuf.dat': '400 Missing From',
    'lwsruri.dat': '400 Bad Request-URI',
    'mcl01.dat': '400 Bad Content-Length',
    'mismatch01.dat': '400 CSeq Names Another Method',
    'mismatch02.dat': '400 CSeq Names Another Method',
    'multi01.dat': '400 Several From',
    'ncl.dat': '400 Bad Content-Length',
    'quotbal.dat': '400 Bad To',
    'scalar02.dat': '400 Bad CSeq',
    'scalarlg.dat': '400 Bad CSeq',
  };

  test('are read, refused or dropped as the RFC says; what it allows to understand is understood', () => {
    const seen = namesIn('rfc4475').map((name) => {
      try {
        const { problem } = read(`rfc4475/${name}`);
        return [name, problem ? `${problem.status} ${problem.sentence}` : 'read'];
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        return [name, undefined];
      }
    });
    const expected = namesIn('rfc4475').map((name) => [name, name in refused ? refused[name] : 'read']);
    expect(seen).toEqual(expected);
    expect(seen).toHaveLength(49);
  });

  test('a short tortuous INVITE (§3.1.1.1): folds, compact names, odd case, spaces where they are legal', () => {
    const { message } = read('rfc4475/wsinv.dat');
    expect(toOf(message)).toMatchObject({ uri: 'sip:vivekg@chair-dnrc.example.com' });
    expect(tagOf(toOf(message))).toBe('1918181833n');
    expect(fromOf(message)).toMatchObject({ display: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com' });
    expect(cseqOf(message)).toEqual({ number: 9, method: 'INVITE' });
    expect(headerOf(message, 'Subject')).toBe('');
    expect(headerOf(message, 'newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(headerOf(message, 'UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(viasOf(message)).toHaveLength(3);
    expect(topViaOf(message)).toMatchObject({ transport: 'UDP', host: '192.0.2.2' });
    expect(topViaOf(message)?.parameters.get('branch')).toBe('390skdjuw');
    expect(contactsOf(message)).toMatchObject([{ display: 'Quoted string ""', uri: 'sip:jdrosen@example.com' }]);
    expect(contactsOf(message)[0]?.parameters).toEqual(
      new Map([
        ['newparam', 'newvalue'],
        ['secondparam', ''],
        ['q', '0.33'],
      ]),
    );
    expect(routesOf(message, 'Route')).toHaveLength(1);
    expect(message.body).toHaveLength(150);
  });

  test('every legal character, NUL in quotes and UTF-8 in parameters come back as they were (§3.1.1.2)', () => {
    const { message } = read('rfc4475/intmeth.dat');
    expect(message).toMatchObject({ method: "!interesting-Method0123456789_*+`.%indeed'~" });
    expect(toOf(message)?.display).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    expect(textOf(fromOf(message)?.parameters.get("fromparam''~+*_!.-%") ?? '')).toBe('работающий');
    expect(readDatagram(writeMessage(message)).message).toEqual(message);
  });

  test('two messages in one datagram are one, and what follows it (§3.1.1.10)', () => {
    const { message } = read('rfc4475/dblreq.dat');
    expect(message).toMatchObject({ method: 'REGISTER' });
    expect(message.body).toHaveLength(0);
  });

  test('a reason may be empty, or in another language (§3.1.1.12, §3.1.1.13)', () => {
    expect(response(read('rfc4475/noreason.dat').message).reason).toBe('');
    expect(textOf(response(read('rfc4475/unreason.dat').message).reason)).toBe('= 2**3 * 5**2 но сто девяносто девять - простое');
  });
});

test('the call flows of RFC 3665 are read without a problem, and say the same when written again', () => {
  for (const name of namesIn('rfc3665')) {
    const { message, problem } = read(`rfc3665/${name}`);
    expect(problem, name).toBeUndefined();
    expect(readDatagram(writeMessage(message)), name).toEqual({ message, problem });
  }
});

test('the addresses and the route of a call through two proxies (RFC 3665 §3.2) are values', () => {
  const { message } = read('rfc3665/3.2-F7.sip');
  expect(viasOf(message)).toHaveLength(3);
  expect(topViaOf(message)).toMatchObject({ transport: 'TCP', host: 'ss2.biloxi.example.com', port: 5060 });
  expect(routesOf(message, 'Record-Route')).toEqual(['<sip:ss2.biloxi.example.com;lr>', '<sip:ss1.atlanta.example.com;lr>']);
  expect([callIdOf(message), tagOf(fromOf(message)), tagOf(toOf(message))]).toEqual(['3848276298220188511@atlanta.example.com', '9fxced76sl', '']);
});

describe('GB/T 28181', () => {
  test('a platform that shortens the registration, and saw us behind a NAT, is understood', () => {
    const { message } = read('gb28181/registered-wvp.sip');
    expect(grantedExpires(response(message))).toBe(3_600);
    expect(expiresOf(message)).toBe(86_400);
    expect(seenAs(message)).toEqual({ address: '198.51.100.7', port: 6_081 });
    expect(seenAs(read('gb28181/register.sip').message)).toBeUndefined();
    expect(headerOf(message, 'x-gb-ver')).toBe('2.0');
  });

  test('media types are compared without case, and without parameters', () => {
    expect(contentTypeOf(read('gb28181/invite.sip').message)).toBe('application/sdp');
    expect(contentTypeOf(read('gb28181/subscribe.sip').message)).toBe('application/manscdp+xml');
  });

  test('names in GB2312 come back byte for byte', () => {
    const text = bytesOf('gb28181/register.sip').toString('latin1').replace('From: <', 'From: "\xd0\xa3\xc3\xc5\xbf\xda" <');
    const { message } = readDatagram(Buffer.from(text, 'latin1'));
    expect(writeMessage(message).includes(Buffer.from('D0A3C3C5BFDA', 'hex'))).toBe(true);
  });

  test('a BYE with ip:port in From, and headers of any order, is a message like any other', () => {
    const { message, problem } = read('gb28181/bye-wvp.sip');
    expect(problem).toBeUndefined();
    expect(fromOf(message)?.uri).toBe('sip:34020000002000000001@192.0.2.10:5060');
  });
});

test('what platforms and cameras sent on real networks is read without a problem, and comes back', () => {
  const captured = namesIn('captured').filter((name) => name.endsWith('.sip'));
  for (const name of captured) {
    const { message, problem } = read(`captured/${name}`);
    expect(problem, name).toBeUndefined();
    expect(
      readDatagram(writeMessage(message)).message.headers.filter(({ name: header }) => header !== 'Content-Length'),
      name,
    ).toEqual(message.headers.filter(({ name: header }) => header !== 'Content-Length'));
  }
  expect(captured).toHaveLength(6);
  expect(read('captured/camera-keepalive.sip').message.body).toHaveLength(177);
  expect(response(read('captured/gosip-unauthorized.sip').message).status).toBe(401);
});

describe('a message to write', () => {
  const ok = { kind: 'response', status: 200, reason: 'OK', headers: [], body: noBody } as const;

  test('has its length in bytes, once, and a line end of two', () => {
    const bytes = writeMessage({ ...ok, headers: [{ name: 'Content-Length', value: '7' }], body: Buffer.from('校') });
    expect(bytes.toString()).toBe('SIP/2.0 200 OK\r\nContent-Length: 3\r\n\r\n校');
  });

  test('carries words of any language as UTF-8', () => {
    const bytes = writeMessage({ ...ok, headers: [{ name: 'Server', value: '校园网关' }] });
    expect(bytes.toString()).toContain('Server: 校园网关\r\n');
  });

  test('with a line break in a value is not written', () => {
    expect(() => writeMessage({ ...ok, headers: [{ name: 'Subject', value: 'a\r\nVia: b' }] })).toThrow(ProtocolError);
  });
});

describe('hostile datagrams', () => {
  const head = (lines: readonly string[]) => Buffer.from(['OPTIONS sip:a@b SIP/2.0', ...lines, '', ''].join('\r\n'), 'latin1');

  test('are dropped before they take memory: too long, too many headers, too long a head, no SIP', () => {
    const dropped = [
      Buffer.alloc(mostBytes + 1, 65),
      head(Array(1_000).fill('Via: SIP/2.0/UDP a;branch=z9hG4bKx')),
      head([`X: ${'y'.repeat(mostHead)}`]),
      head([`Via: ${'a,'.repeat(71)}`]),
      head([`Record-Route: ${'a,'.repeat(5_000)}`]),
      Buffer.from('\0\0\0\0'),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(0),
    ];
    for (const bytes of dropped) expect(() => readDatagram(bytes)).toThrow(ProtocolError);
  });

  test.each(['4294967296', '-1', '0x10', '1e3', '99999999999'])('Content-Length: %s is refused', (length) => {
    expect([400, 413]).toContain(readDatagram(head([`Content-Length: ${length}`])).problem?.status);
  });

  test('a line of spaces costs no more than its length', () => {
    const lines = [`From: ${' '.repeat(3_500)}x`, `To: <sip:${' '.repeat(3_500)}>`];
    expect(readDatagram(head(lines)).problem?.status).toBe(400);
  });

  test('headers are found by their whole name, whatever its case', () => {
    const { message } = readDatagram(head(['i: 1', 'CALL-ID: 1', 'Call-ID2: 3']));
    expect(headersOf(message, 'call-id')).toEqual(['1', '1']);
  });
});
