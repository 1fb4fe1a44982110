/** Plays the receiver of an alarm centre: takes SIA DC-09 over TCP and UDP, keeps a ledger, and misbehaves on demand. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { acknowledgement, refusal, timeRefusal } from '../../adapters/protocols/dc09/answer.ts';
import type { Dc09Key } from '../../adapters/protocols/dc09/cipher.ts';
import { contentOf, readFrame } from '../../adapters/protocols/dc09/frame.ts';
import { Dc09Framer } from '../../adapters/protocols/dc09/framer.ts';
import type { Dc09Message } from '../../adapters/protocols/dc09/message.ts';
import { believable } from '../../adapters/protocols/dc09/timestamp.ts';
import { ProtocolError } from '../../adapters/protocols/protocol-error.ts';
import type { Endpoint } from '../../gateway/domain/media.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { instant, type Millis, millis } from '../../gateway/domain/time.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { listenerFor } from '../platform/listener.ts';

/** In the ways in which real receivers fail. */
export const misbehaviours = {
  well: 'answers as it should',
  silent: 'takes messages and never answers',
  refuse: 'refuses every message with DUH, as if it did not know the account',
  damaged: 'answers with a wrong CRC',
  'hangs-up': 'closes the connection instead of an answer',
  'closes-after': 'closes the connection after each answer',
  'wrong-clock': 'its clock is an hour ahead: messages with another time get NAK',
  forged: 'answers encrypted messages in the clear',
} as const;
export type ReceiverMisbehaviour = keyof typeof misbehaviours;

export interface ReceiverRow {
  readonly by: 'tcp' | 'udp';
  readonly at: number;
  readonly message: Dc09Message;
  readonly answer: 'ACK' | 'NAK' | 'DUH' | 'none';
}

export interface ReceiverSimulator extends AsyncDisposable {
  /** Of both TCP and UDP. */
  readonly port: number;
  ledger(): readonly ReceiverRow[];
  /** Acknowledged messages that are no polls, each once: by sequence and what they say. */
  events(): readonly Dc09Message[];
  misbehave(how: ReceiverMisbehaviour): void;
  /** Ends every connection and listens no more. */
  down(): Promise<void>;
  /** At the same port, and well behaved. */
  comeBack(): Promise<void>;
}

export interface ReceiverOptions {
  readonly listen: Endpoint;
  readonly key?: Dc09Key;
  readonly clock: Clock;
  /** Until it answers; it keeps what it has heard before. Default: none. */
  readonly pace?: Millis;
  readonly arrived?: (row: ReceiverRow) => void;
}

const hour = millis(3_600_000);

export async function runReceiverSimulator({ listen, key, clock, pace = millis(0), arrived }: ReceiverOptions): Promise<ReceiverSimulator> {
  await using opening = new Scope();
  const rows: ReceiverRow[] = [];
  let behaviour: ReceiverMisbehaviour = 'well';

  const taken = (line: Uint8Array, by: ReceiverRow['by']): Uint8Array | undefined => {
    try {
      const frame = readFrame(line);
      const { crc: _crc, rest: _rest, ...header } = frame;
      const message: Dc09Message = { ...header, ...contentOf(frame, key) };
      const now = instant(clock.now() + (behaviour === 'wrong-clock' ? hour : millis(0)));
      const answer = answerTo(behaviour, message, now);
      const row = { by, at: clock.now(), message, answer };
      rows.push(row);
      arrived?.(row);
      if (answer === 'none') return undefined;
      if (answer === 'NAK') return timeRefusal(now);
      if (answer === 'DUH') return refusal(frame);
      const bytes = acknowledgement(behaviour === 'forged' ? { ...frame, encrypted: false } : frame, now, key);
      if (behaviour === 'damaged') bytes[1] = bytes[1] === 0x30 ? 0x31 : 0x30;
      return bytes;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined; // a receiver keeps silent about what it cannot read
      throw error;
    }
  };

  const answer = (send: () => void) => {
    if (pace === 0) send();
    else void clock.sleep(pace).then(send);
  };

  const server = createServer((socket) => {
    const framer = new Dc09Framer();
    // Whoever is killed breaks its connection.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const line of framer.push(chunk)) {
          const bytes = taken(line, 'tcp');
          if (bytes) answer(() => socket.write(bytes));
          if (behaviour === 'hangs-up' || behaviour === 'closes-after') socket.end();
        }
      } catch {
        socket.destroy();
      }
    });
  });
  const tcp = listenerFor(server, listen);
  await tcp.open();
  opening.defer(() => tcp.close());

  const openUdp = async () => {
    const socket = createSocket(listen.address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (datagram, { address, port }) => {
      const bytes = taken(datagram.subarray(1, -1), 'udp');
      if (bytes) answer(() => socket.send(bytes, port, address, () => undefined));
    });
    await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(tcp.port, listen.address, () => resolve()));
    return socket;
  };
  let udp: Awaited<ReturnType<typeof openUdp>> | undefined = await openUdp();
  const closeUdp = () =>
    new Promise<void>((resolve) => {
      if (!udp) return resolve();
      udp.close(() => resolve());
      udp = undefined;
    });
  opening.defer(closeUdp);
  const scope = opening.release();

  return {
    get port() {
      return tcp.port;
    },
    ledger: () => rows,
    events: () => {
      const kept = rows.filter(({ answer, message }) => answer === 'ACK' && message.token !== 'NULL').map(({ message }) => message);
      return [...new Map(kept.map((message) => [JSON.stringify([message.sequence, message.token, message.data]), message])).values()];
    },
    misbehave: (how) => {
      behaviour = how;
    },
    down: async () => {
      await Promise.all([tcp.close(), closeUdp()]);
    },
    comeBack: async () => {
      behaviour = 'well';
      await tcp.open();
      udp ??= await openUdp();
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function answerTo(behaviour: ReceiverMisbehaviour, { encrypted, timestamp }: Dc09Message, now: number): ReceiverRow['answer'] {
  if (behaviour === 'silent' || behaviour === 'hangs-up') return 'none';
  if (behaviour === 'refuse') return 'DUH';
  return encrypted && timestamp !== undefined && !believable(timestamp, now) ? 'NAK' : 'ACK';
}
