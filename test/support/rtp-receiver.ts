/** A receiver of program streams in RTP that judges every packet and frame, over each way that GB/T 28181 knows. */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { PsFrameReader, type ReceivedFrame } from '../../adapters/protocols/ps/frames.ts';
import { FramingReader } from '../../adapters/protocols/rtp/framing.ts';
import { parseRtp } from '../../adapters/protocols/rtp/packet.ts';
import type { Endpoint, RtpWay } from '../../gateway/domain/media.ts';
import { Scope } from '../../gateway/runtime/scope.ts';

export interface TakenFrame extends ReceivedFrame {
  readonly timestamp: number;
  readonly packets: number;
  /** The program stream's. */
  readonly bytes: Buffer;
  readonly at: number;
}

/** Puts frames together and complains of all that is not as it should be. */
export class FrameTaker {
  readonly frames: TakenFrame[] = [];
  readonly complaints: string[] = [];
  packets = 0;
  /** TCP: the connection is gone. */
  closed = false;
  /** When each packet came. */
  readonly times: number[] = [];
  readonly #ssrc: number;
  readonly #reader = new PsFrameReader();
  #parts: Uint8Array[] = [];
  #sequence: number | undefined;
  #timestamp: number | undefined;

  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  take(bytes: Buffer): void {
    const { payload, payloadType, marker, sequence, timestamp, ssrc } = parseRtp(bytes);
    this.packets += 1;
    this.times.push(performance.now());
    if (bytes.length > 1_400) this.complaints.push(`a packet of ${bytes.length} bytes`);
    if (payloadType !== 96 || ssrc !== this.#ssrc) this.complaints.push(`payload type ${payloadType}, SSRC ${ssrc}`);
    if (this.#sequence !== undefined && sequence !== ((this.#sequence + 1) & 0xffff)) this.complaints.push(`${sequence} after ${this.#sequence}`);
    this.#sequence = sequence;
    const begins = this.#parts.length === 0;
    if (!begins && timestamp !== this.#timestamp) this.complaints.push('two timestamps in one frame');
    if (begins && this.#timestamp !== undefined && ((timestamp - this.#timestamp) | 0) <= 0) this.complaints.push('a timestamp that does not grow');
    this.#timestamp = timestamp;
    this.#parts.push(Buffer.from(payload));
    if (!marker) return;
    const frame = Buffer.concat(this.#parts);
    const read = this.#reader.read(frame);
    this.complaints.push(...read.violations.map(({ rule, what }) => `${rule}: ${what}`));
    this.frames.push({ ...read, timestamp, packets: this.#parts.length, bytes: frame, at: performance.now() });
    this.#parts = [];
  }
}

export interface RtpReceiver extends FrameTaker, AsyncDisposable {
  readonly way: RtpWay;
  /** Addresses that packets came from. */
  readonly sources: ReadonlySet<string>;
  /** TCP: closes it from this side. */
  hangUp(): void;
  /** TCP: takes nothing more, or again. */
  pause(paused: boolean): void;
  /** tcp-passive: to where the sender listens. */
  dial(to: Endpoint): Promise<void>;
}

/** `transport`: what the sender does. */
export async function openRtpReceiver(transport: RtpWay['transport'], ssrc: number): Promise<RtpReceiver> {
  const scope = new Scope();
  const taker = new FrameTaker(ssrc);
  const sockets = new Set<Socket>();
  const sources = new Set<string>();
  const hear = (socket: Socket) => {
    const reader = new FramingReader();
    sockets.add(socket);
    socket.on('data', (chunk) => {
      sources.add(socket.remoteAddress ?? 'gone');
      for (const packet of reader.push(chunk)) taker.take(packet);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      taker.closed = true;
    });
  };
  scope.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  const remote = { address: '127.0.0.1', port: 0 };
  if (transport === 'udp') {
    const socket = createSocket('udp4');
    socket.on('message', (bytes, { address }) => {
      sources.add(address);
      taker.take(bytes);
    });
    await new Promise<void>((resolve) => socket.bind(0, remote.address, resolve));
    socket.setRecvBufferSize(1024 * 1024);
    remote.port = socket.address().port;
    let open = true;
    const close = () => {
      if (open) socket.close();
      open = false;
    };
    scope.defer(close);
    return Object.assign(taker, shared({ transport, remote }, close));
  }
  if (transport === 'tcp-active') {
    const server = createServer(hear);
    await new Promise<void>((resolve) => server.listen(0, remote.address, resolve));
    const bound = server.address();
    remote.port = typeof bound === 'object' && bound ? bound.port : 0;
    scope.defer(() => void server.close());
    return Object.assign(taker, shared({ transport, remote }));
  }
  return Object.assign(taker, shared({ transport, from: [remote.address] }));

  function shared(way: RtpWay, hangUp: () => void = () => undefined) {
    return {
      way,
      sources,
      hangUp: () => {
        hangUp();
        for (const socket of sockets) socket.destroy();
      },
      pause: (paused: boolean) => {
        for (const socket of sockets) socket[paused ? 'pause' : 'resume']();
      },
      dial: ({ address, port }: Endpoint) =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: address, port }, resolve);
          socket.once('error', reject);
          hear(socket);
        }),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  }
}
