/** What was wrong with the inputs in `test/fixtures/fuzz/found`; that they are read within all limits is tested by the fuzzer itself. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answerChallenge, parseChallenges } from '../../adapters/protocols/digest.ts';
import { ProtocolError } from '../../adapters/protocols/protocol-error.ts';
import { parseRtcp, writeSenderReport } from '../../adapters/protocols/rtp/rtcp.ts';
import { parseTarget } from '../../adapters/protocols/rtsp/address.ts';
import { RtspFailure } from '../../adapters/protocols/rtsp/failure.ts';
import { headerOf, headersOf, parseHead, writeRequest } from '../../adapters/protocols/rtsp/message.ts';
import { RtspReader } from '../../adapters/protocols/rtsp/scanner.ts';
import { readXml } from '../../adapters/protocols/xml.ts';

const found = (name: string) => readFileSync(new URL(`../fixtures/fuzz/found/${name}.bin`, import.meta.url));
const md5 = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

test('a realm in Chinese is hashed and echoed byte for byte', () => {
  const bytes = found('rtsp-message.realm-not-ascii');
  const start = bytes.indexOf('realm="') + 7;
  const realm = bytes.subarray(start, bytes.indexOf('"', start));
  const challenges = parseChallenges(headersOf(parseHead(bytes), 'www-authenticate'));
  const answer = answerChallenge(challenges, { username: 'admin', password: 'secret', method: 'DESCRIBE', uri: '/', count: 1 });
  const expected = md5(md5('admin:', realm, ':secret'), ':4e54:', md5('DESCRIBE:/'));
  expect(answer).toContain(`response="${expected}"`);
  const request = writeRequest({ method: 'DESCRIBE', uri: '/', headers: { Authorization: answer } });
  expect(request.includes(Buffer.concat([Buffer.from('realm="'), realm, Buffer.from('"')]))).toBe(true);
});

test('bytes that are no UTF-8 cost nothing but their meaning', () => {
  expect(headerOf(parseHead(Buffer.from('RTSP/1.0 200 OK\r\nServer: \xb0\xa1\xff\r\nCSeq: 1', 'latin1')), 'cseq')).toBe('1');
});

test('a header without a name is none, and a folded line of nothing adds nothing', () => {
  expect(parseHead(found('rtsp-message.name-of-white-space')).headers.size).toBe(0);
  expect(headerOf(parseHead(found('rtsp-message.fold-of-nothing')), 'c')).toBe('');
});

test('a password with an @ is cut off whole, and the host is the one behind it', () => {
  expect(parseTarget(found('rtsp-address.password-with-at').toString())).toEqual({
    host: '10.0.0.9',
    port: 554,
    secure: false,
    uri: 'rtsp://10.0.0.9:554/live',
  });
  expect(() => parseTarget(found('rtsp-address.no-host').toString())).toThrow(RtspFailure);
});

test('messages that came together are read one by one, without holding the rest of the read for each', () => {
  const bytes = found('rtsp-stream.many-short-messages');
  const messages = new RtspReader().push(bytes);
  expect(messages).toHaveLength(2_000);
  expect(messages.every((message) => message.kind === 'request' && message.body.buffer === bytes.buffer)).toBe(true);
});

test('sender reports go on after February 2036, when NTP counts anew', () => {
  const wallClock = Date.UTC(2040, 0, 1);
  const [report] = parseRtcp(writeSenderReport({ ssrc: 1, wallClock, rtpTimestamp: 0, packets: 0, octets: 0 }));
  expect(report).toMatchObject({ kind: 'sr', wallClock });
  expect(parseRtcp(found('rtcp.ntp-rolls-over'))).toMatchObject([{ wallClock: expect.closeTo(Date.UTC(2036, 1, 7, 6, 28, 16), -1) }]);
});

test('an XML instruction without a name hides no elements from their count', () => {
  // Its first byte chooses a charset in the fuzz target.
  expect(() => readXml(found('soap.instruction-without-name').subarray(1))).toThrow(ProtocolError);
});
