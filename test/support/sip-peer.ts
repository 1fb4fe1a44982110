/** A far side of SIP that is bytes and a socket: it answers nothing of itself, and does whatever a test wants of it. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { cseqOf } from '../../adapters/protocols/sip/fields.ts';
import { SipFramer } from '../../adapters/protocols/sip/framer.ts';
import { headerOf, headersOf, type SipMessage } from '../../adapters/protocols/sip/message.ts';
import { readDatagram } from '../../adapters/protocols/sip/read.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';

export interface RawPeer extends AsyncDisposable {
  readonly address: '127.0.0.1';
  readonly port: number;
  /** Everything that came, in order: `MESSAGE`, `200 MESSAGE`. */
  readonly heard: readonly string[];
  /** The next message of that kind; those before it count as seen. */
  next(kind: string): Promise<SipMessage>;
  /** Lines, with CRLF and the empty line, or bytes as they are. */
  send(message: readonly string[] | Uint8Array): void;
}

export const kindOf = (message: SipMessage) => (message.kind === 'request' ? message.method : `${message.status} ${cseqOf(message)?.method}`);

/** What any server would copy, and what is added. */
export function answerLines(request: SipMessage, status: string, ...added: readonly string[]): string[] {
  const copied = ['From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerOf(request, name)}`);
  const to = headerOf(request, 'To') ?? '';
  const tagged = to.includes('tag=') || status.startsWith('100') ? to : `${to};tag=peer`;
  return [`SIP/2.0 ${status}`, ...headersOf(request, 'Via').map((via) => `Via: ${via}`), ...copied, `To: ${tagged}`, ...added, 'Content-Length: 0'];
}

const bytesOf = (message: readonly string[] | Uint8Array) =>
  message instanceof Uint8Array ? message : Buffer.from([...message, '', ''].join('\r\n'));

function inbox() {
  const messages: SipMessage[] = [];
  const heard: string[] = [];
  let seen = 0;
  return {
    heard,
    take: (message: SipMessage) => {
      messages.push(message);
      heard.push(kindOf(message));
    },
    next: async (kind: string) => {
      const limit = systemClock.monotonic() + seconds(10);
      for (;;) {
        const at = heard.indexOf(kind, seen);
        if (at >= 0) {
          seen = at + 1;
          return messages[at]!;
        }
        if (systemClock.monotonic() > limit) throw new Error(`No ${kind} came, but: ${heard.slice(seen).join(', ') || 'nothing'}.`);
        await systemClock.sleep(millis(5));
      }
    },
  };
}

/** Sends to `port` of 127.0.0.1. */
export async function rawUdpPeer(port: number): Promise<RawPeer> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { heard, next, take } = inbox();
  socket.on('message', (bytes) => take(readDatagram(bytes).message));
  return {
    address: '127.0.0.1',
    port: socket.address().port,
    heard,
    next,
    send: (message) => socket.send(bytesOf(message), port, '127.0.0.1'),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(resolve)),
  };
}

/** A connection to `port` of 127.0.0.1. Its pings and their answers are heard as `ping` and `pong`. */
export async function rawTcpPeer(port: number, from = '127.0.0.1'): Promise<RawPeer & { readonly closed: Promise<void> }> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const { heard, next, take } = inbox();
  const framer = new SipFramer({ message: ({ message }) => take(message), ping: () => heard.push('ping') });
  socket.on('data', (bytes) => (bytes.equals(Buffer.from('\r\n')) ? heard.push('pong') : framer.push(bytes)));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    address: '127.0.0.1',
    port: socket.localPort ?? 0,
    heard,
    next,
    send: (message) => socket.write(bytesOf(message)),
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
}
