/** SIP over a stream: messages by Content-Length, and the pings in between. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { SipFramer } from '../../../adapters/protocols/sip/framer.ts';
import { type ReadSip, readDatagram } from '../../../adapters/protocols/sip/read.ts';

const folder = new URL('../../fixtures/sip/rfc3665/', import.meta.url);
const flows = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));

function listener() {
  const heard: (ReadSip | 'ping')[] = [];
  return { heard, framer: new SipFramer({ message: (read) => heard.push(read), ping: () => heard.push('ping') }) };
}

test('the flows of RFC 3665 in one stream come out one by one, however they are cut', () => {
  const stream = Buffer.concat(flows);
  const expected = flows.map((bytes) => readDatagram(bytes));
  for (const size of [stream.length, 1_000, 61, 1]) {
    const { heard, framer } = listener();
    for (let at = 0; at < stream.length; at += size) framer.push(Buffer.from(stream.subarray(at, at + size)));
    expect(heard).toEqual(expected);
    expect(framer.waiting).toBe(false);
  }
});

test('CRLF CRLF is a ping, however it arrives; a single CRLF is nothing', () => {
  const { heard, framer } = listener();
  for (const chunk of ['\r\n\r\n', '\r', '\n\r', '\n', '\r\n']) framer.push(Buffer.from(chunk));
  framer.push(flows[0]!);
  framer.push(Buffer.from('\r\n\r\n'));
  expect(heard.map((one) => (one === 'ping' ? one : 'message'))).toEqual(['ping', 'ping', 'message', 'ping']);
});

test('a message that is read keeps its bytes, whatever is read after it', () => {
  const { heard, framer } = listener();
  const invite = flows.find((bytes) => bytes.includes('v=0'))!;
  framer.push(Buffer.from(invite.subarray(0, 100)));
  framer.push(Buffer.concat([invite.subarray(100), invite.subarray(0, 50)]));
  framer.push(Buffer.concat([invite.subarray(50), Buffer.alloc(20, 10)]));
  expect(heard).toEqual([readDatagram(invite), readDatagram(invite)]);
});

test('a length that cannot be is refused, and nothing after it is believed', () => {
  const head =
    'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n';
  for (const [length, status] of [
    ['4294967296', 413],
    ['65535', 413],
    ['-1', 400],
    ['7, 8', 400],
  ] as const) {
    const { heard, framer } = listener();
    expect(() => framer.push(Buffer.from(`${head}Content-Length: ${length}\r\n\r\n`))).toThrow(ProtocolError);
    expect(heard).toMatchObject([{ problem: { status } }]);
  }
  const { framer } = listener();
  expect(() => framer.push(Buffer.alloc(20_000, 65))).toThrow(ProtocolError);
  expect(() => listener().framer.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow(ProtocolError);
});

test('a message of 65,535 bytes is taken in whatever pieces it comes, with what follows it, and one byte more is refused', () => {
  const head = (length: number) =>
    `MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: ${length}\r\n\r\n`;
  const most = 65_535 - head(65_000).length;
  const whole = Buffer.concat([Buffer.from(head(most)), Buffer.alloc(most, 98)]);
  expect(whole).toHaveLength(65_535);
  const stream = Buffer.concat([whole, flows[0]!, whole]);
  for (const size of [stream.length, 65_536, 65_534, 9_000, 1_460]) {
    const { heard, framer } = listener();
    for (let at = 0; at < stream.length; at += size) framer.push(Buffer.from(stream.subarray(at, at + size)));
    const read = heard.map((one) => (one === 'ping' ? one : [one.problem, Buffer.compare(one.message.body, whole.subarray(-most))]));
    expect(read).toEqual([
      [undefined, 0],
      [undefined, expect.not.toBeOneOf([0])],
      [undefined, 0],
    ]);
    expect(framer.waiting).toBe(false);
  }
  const { heard, framer } = listener();
  expect(() => framer.push(Buffer.from(head(most + 1)))).toThrow(ProtocolError);
  expect(heard).toMatchObject([{ problem: { status: 413, sentence: 'Message Too Large' } }]);
});

test('a body is in memory of its own, over UDP and TCP: whoever keeps it keeps nothing else', () => {
  const bytes = Buffer.concat([flows.find((one) => one.includes('v=0'))!, Buffer.alloc(30_000, 10)]);
  const { message } = readDatagram(bytes);
  expect(message.body.length).toBeGreaterThan(100);
  expect(message.body.buffer.byteLength).toBe(message.body.length);
  const { heard, framer } = listener();
  framer.push(bytes);
  const [read] = heard;
  expect(read !== 'ping' && read?.message.body.buffer.byteLength).toBe(message.body.length);
});
