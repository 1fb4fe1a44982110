/** One header block of RTSP, and what we write of it. */
import { bodyLength, headersOf, parseHead, type RtspMessage, writeRequest, writeResponse } from '../../../adapters/protocols/rtsp/message.ts';
import { type FuzzTarget, must } from '../target.ts';
import { rtspStreamTarget } from './rtsp-stream.ts';

const mostBody = 1_000;

function written(message: RtspMessage): Buffer {
  const headers = Object.fromEntries(message.headers);
  if (message.kind === 'request') return writeRequest({ method: message.method, uri: message.uri, headers });
  return writeResponse({ status: message.status, reason: message.reason, headers });
}

export const rtspMessageTarget: FuzzTarget = {
  name: 'rtsp-message',
  seeds: rtspStreamTarget.seeds,
  longest: 16 * 1024,
  run(input) {
    const message = parseHead(input);
    for (const name of ['CSeq', 'Session', 'Transport', 'WWW-Authenticate']) headersOf(message, name);
    const again = parseHead(written(message));
    const same = again.kind === message.kind && JSON.stringify([...again.headers].sort()) === JSON.stringify([...message.headers].sort());
    must(same, 'what is written says what was read', () => [[...message.headers], [...again.headers]]);
    const length = bodyLength(message, mostBody);
    must(length >= 0 && length <= mostBody, 'a body is no longer than its cap', () => length);
  },
};
