/** What stands in for the parts that http does not own: health and media that a test moves by hand, and an ear for sockets. */
import type { MessagePort } from 'node:worker_threads';
import type { WebSocket } from 'ws';
import { mediaHeaderBytes } from '../../gateway/domain/api.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { DeviceHealth } from '../../gateway/domain/health.ts';
import type { Fmp4Message, MediaFigures, SinkSpec, StreamTelemetry } from '../../gateway/domain/media.ts';
import { instant } from '../../gateway/domain/time.ts';

export class FakeHealth {
  #devices: readonly DeviceHealth[] = [];
  readonly #wakes = new Set<() => void>();

  device(id: string) {
    return this.#devices.find(({ subject }) => subject === id);
  }

  devices() {
    return this.#devices;
  }

  become(...devices: readonly DeviceHealth[]): void {
    this.#devices = devices;
    for (const wake of [...this.#wakes]) wake();
  }

  async *changes(signal: AbortSignal): AsyncGenerator<void, void, void> {
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#wakes.delete(wake);
          resolve();
        };
        this.#wakes.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
      if (!signal.aborted) yield;
    }
  }
}

/** A media plane whose pictures the test sends by hand. */
export class FakeMedia {
  readonly ports: MessagePort[] = [];
  readonly asked: Omit<SinkSpec, 'port'>[] = [];
  closed = 0;
  #refusals = 0;
  #opened: (() => void)[] = [];

  /** The next `times` sinks are refused, as while a media worker is being replaced. */
  refuse(times: number): void {
    this.#refusals = times;
  }

  async prepare({ port, ...asked }: SinkSpec) {
    if (this.#refusals > 0) {
      this.#refusals -= 1;
      throw new GatewayError('MEDIA_UNAVAILABLE', 'The media plane is being restarted (crashed).');
    }
    this.ports.push(port);
    this.asked.push(asked);
    for (const opened of this.#opened.splice(0)) opened();
    return {
      start: () => undefined,
      [Symbol.asyncDispose]: async () => {
        this.closed += 1;
        port.close();
      },
    };
  }

  /** What the media plane says of its streams, and of itself. */
  streams: readonly StreamTelemetry[] = [];
  whole: MediaFigures = { owedBytes: 0, viewersClosed: 0, rtpReceivers: 0, transcoding: { slots: 0, used: 0, refused: 0 } };

  async telemetry() {
    return this.streams;
  }

  async figures() {
    return this.whole;
  }

  async sink(): Promise<MessagePort> {
    if (this.ports.length === 0) await new Promise<void>((resolve) => this.#opened.push(resolve));
    return this.ports.at(-1)!;
  }

  async send(message: Fmp4Message): Promise<void> {
    (await this.sink()).postMessage(message);
  }
}

export const init: Fmp4Message = { kind: 'init', track: 'video', codecs: 'avc1.42e01f', width: 640, height: 360, bytes: new Uint8Array([1, 2, 3]) };
export const fragment = (keyframe: boolean, at: number, bytes = new Uint8Array([9])): Fmp4Message => ({
  kind: 'fragment',
  track: 'video',
  keyframe,
  capturedAt: instant(at),
  bytes,
});

/** A binary message of the media socket, or the beginning of one. */
export function readPicture(wire: Uint8Array) {
  const view = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength);
  return { kind: view.readUInt8(0), track: view.readUInt8(1), id: view.readUInt32BE(2), at: view.readDoubleBE(6), first: view[mediaHeaderBytes] };
}

/** What a socket says, in order; `closed` resolves with code and reason. */
export function listen(socket: WebSocket) {
  // biome-ignore lint/suspicious/noExplicitAny: messages of every kind
  const messages: any[] = [];
  const binary: Buffer[] = [];
  const wakes = new Set<() => void>();
  const wake = () => {
    for (const one of [...wakes]) one();
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: String(reason) });
      wake();
    });
  });
  const refused = new Promise<number>((resolve) => {
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('open', () => resolve(101));
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) binary.push(data);
    else messages.push(JSON.parse(String(data)));
    wake();
  });
  /** Resolves once the condition holds; checked at each message. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => wakes.add(resolve));
  };
  return { messages, binary, closed, refused, until };
}
