/** The bytes of an RTSP connection, either direction: messages and interleaved frames, in whatever chunks they arrive. */
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import type { RtspMessage } from '../../../adapters/protocols/rtsp/message.ts';
import { type RtspLimits, RtspReader, RtspScanner, usualLimits } from '../../../adapters/protocols/rtsp/scanner.ts';
import { mustNotMindChunks } from '../shared/chunks.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const tight: RtspLimits = { head: 200, body: 400 };
const messages = [
  'OPTIONS rtsp://10.0.0.9:554/live RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)\r\n\r\n',
  'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="IP Camera(12345)", nonce="d4a5", stale="FALSE"\r\nWWW-Authenticate: Basic realm="/"\r\n\r\n',
  'RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Type: application/sdp\r\nContent-Base: rtsp://10.0.0.9/live/\r\nContent-Length: 19\r\n\r\nv=0\r\nm=video 0 x 0\r\n',
  'RTSP/1.0 200 OK\nCSeq: 4\nSession: 1185d20035702ca;timeout=60\nTransport: RTP/AVP/TCP;unicast;\n interleaved=0-1;ssrc= 4e\n\n$\0\0\x04abcd$\x01\0\x00',
];

/** What the scanner makes of it, and the error that ended it. */
function transcript(chunks: readonly Buffer[], limits: RtspLimits): string[] {
  const lines: string[] = [];
  const frames: { readonly line: number; readonly bytes: Buffer }[] = [];
  const scanner = new RtspScanner(
    {
      message: (message) => lines.push(told(message)),
      frame: (bytes, start, end) => {
        must(end - start === 4 + bytes.readUInt16BE(start + 2), 'a frame is as long as it says', () => [start, end]);
        frames.push({ line: lines.length, bytes: bytes.subarray(start, end) });
        lines.push(bytes.toString('latin1', start, end));
      },
    },
    limits,
  );
  try {
    for (const chunk of chunks) scanner.push(chunk);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    lines.push(error.message);
  }
  for (const { line, bytes } of frames) must(lines[line] === bytes.toString('latin1'), 'the bytes of a frame are never written to again');
  return lines;
}

function told(message: RtspMessage): string {
  const start = message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`;
  const headers = [...message.headers].map(([name, values]) => `${name}: ${values.join(' | ')}`);
  return [start, ...headers, Buffer.from(message.body).toString('latin1')].join('\n');
}

export const rtspStreamTarget: FuzzTarget = {
  name: 'rtsp-stream',
  seeds: () => [...messages.map((text) => Buffer.from(text, 'latin1')), fixture('media/ffmpeg-rtp.interleaved').subarray(0, 1_500)],
  longest: 32 * 1024,
  words: ['RTSP/1.0 200 OK\r\n', 'OPTIONS * RTSP/1.0\r\n', 'Content-Length: ', 'CSeq: ', '\r\n', '\r\n\r\n', '\n\n', '$\0\0\x04'],
  run(input) {
    const limits = input.length % 2 === 0 ? usualLimits : tight;
    mustNotMindChunks(input, (chunks) => transcript(chunks, limits));
    new RtspReader(limits).push(input);
  },
};
