/** The bytes of a SIP connection over TCP, in whatever chunks they arrive. */
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { SipFramer } from '../../../adapters/protocols/sip/framer.ts';
import { mustNotMindChunks } from '../shared/chunks.ts';
import type { FuzzTarget } from '../target.ts';
import { sipMessageTarget } from './sip-message.ts';

/** What the framer makes of it, and the error that ended it. */
function transcript(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const framer = new SipFramer({
    message: ({ message, problem }) => {
      const start = message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`;
      lines.push(JSON.stringify([start, problem, message.headers]), Buffer.from(message.body).toString('latin1'));
    },
    ping: () => lines.push('ping'),
  });
  try {
    for (const chunk of chunks) framer.push(chunk);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    lines.push(error.message);
  }
  return lines;
}

export const sipStreamTarget: FuzzTarget = {
  name: 'sip-stream',
  seeds: () => [Buffer.from('\r\n\r\n\r\n'), ...pairs(sipMessageTarget.seeds())],
  // Of messages of 15 bytes it holds a thousand, each of which is read twice: more would weigh their number, not the framer.
  longest: 17 * 1024,
  allows: () => false,
  words: ['Content-Length: ', 'l: 0\r\n', '\r\n\r\n', '\n\n', 'OPTIONS sip:a@b SIP/2.0\r\n', 'SIP/2.0 200 OK\r\n'],
  run(input) {
    mustNotMindChunks(input, transcript);
  },
};

/** Every seed with the one before it in front. */
function pairs(seeds: readonly Uint8Array[]): Uint8Array[] {
  return seeds.map((seed, at) => Buffer.concat([seeds.at(at - 1)!, seed]));
}
