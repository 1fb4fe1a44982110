/** `/media/v1/channels/{id}/live`: pictures for one browser, in the wire form of domain/api.ts. The slow-reader state lives here. */
import type { WebSocket } from 'ws';
import { type MediaText, mediaHeaderBytes } from '../../domain/api.ts';
import { GatewayError } from '../../domain/errors.ts';
import { type ChannelId, channelId } from '../../domain/ids.ts';
import type { Fmp4Message, StreamProfile } from '../../domain/media.ts';
import { type Millis, seconds } from '../../domain/time.ts';
import type { HttpParts } from '../ports.ts';
import { closeCodes, type SocketArrival, type SocketRoute } from './door.ts';
import type { SharedStreams } from './shared-stream.ts';

/** A viewer that takes nothing for this long skips to the next keyframe. */
const stalledAfter = seconds(2);
/** A viewer that stays behind for this long is let go: its page connects again. */
const givenUpAfter = seconds(10);

type MediaParts = Pick<HttpParts, 'inventory' | 'clock'>;

export function mediaRoute(parts: MediaParts, streams: SharedStreams, backlogLimit: number): SocketRoute {
  const channelOf = (params: Readonly<Record<string, string>>): ChannelId => {
    const id = channelId(params.id ?? '');
    if (!parts.inventory.current().channels.some((channel) => channel.id === id)) throw new GatewayError('NOT_FOUND', `There is no channel ${id}.`);
    return id;
  };
  return {
    name: 'WS /media/v1/channels/:id/live',
    kind: 'media',
    pattern: /^\/media\/v1\/channels\/(?<id>[^/]{1,64})\/live$/,
    check(params, query) {
      channelOf(params);
      profileOf(query);
    },
    async serve({ socket, params, query, signal }: SocketArrival) {
      const viewer = new Viewer(socket, parts.clock.monotonic, parts.clock.now, backlogLimit);
      const leave = streams.watch(channelOf(params), profileOf(query), viewer);
      const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      // Also while no picture comes: a viewer that is behind must not stay so unseen.
      const watch = async () => {
        while (!signal.aborted) {
          await parts.clock.sleep(seconds(1), signal).catch(() => undefined); // aborted: the loop ends
          viewer.judge();
        }
      };
      if (signal.aborted) leave();
      else await Promise.race([over, watch()]).finally(leave);
    },
  };
}

function profileOf(query: URLSearchParams): StreamProfile {
  const text = query.get('profile') ?? 'sub';
  if (text === 'main' || text === 'sub') return text;
  throw new GatewayError('REQUEST_INVALID', 'The profile must be main or sub.', {
    context: { problems: [{ path: 'profile', expected: 'one of main, sub', got: JSON.stringify(text.slice(0, 20)) }] },
  });
}

/** What a viewer needs of its socket. */
export type ViewerSocket = Pick<WebSocket, 'OPEN' | 'readyState' | 'bufferedAmount' | 'terminate'> & {
  send(wire: Buffer | string): void;
  close(code: number, reason: string): void;
};

export class Viewer {
  readonly #socket: ViewerSocket;
  readonly #monotonic: () => Millis;
  readonly #now: () => number;
  readonly #limit: number;
  #sent = 0;
  #taken = 0;
  #movedAt: Millis;
  #behindSince: Millis | undefined;
  #begun = false;

  constructor(socket: ViewerSocket, monotonic: () => Millis, now: () => number, limit: number) {
    this.#socket = socket;
    this.#monotonic = monotonic;
    this.#now = now;
    this.#limit = limit;
    this.#movedAt = monotonic();
  }

  message(message: Fmp4Message): void {
    if (message.kind !== 'ended' && message.track === 'audio') return;
    switch (message.kind) {
      case 'init':
        this.#begun = false; // decoding starts anew at the next keyframe
        this.#say({ kind: 'init', codecs: message.codecs, width: message.width, height: message.height });
        this.#send(0, this.#now(), message.bytes);
        return;
      case 'fragment':
        this.judge();
        if (this.#behindSince !== undefined || (!this.#begun && !message.keyframe)) {
          if (!message.keyframe || !this.#caughtUp()) return;
          this.#behindSince = undefined;
        }
        this.#begun = true;
        this.#send(message.keyframe ? 2 : 1, message.capturedAt, message.bytes);
        return;
      case 'ended':
        this.#say({ kind: 'ended', reason: message.reason });
        this.#socket.close(1000, reasonText(message.reason));
        return;
    }
  }

  /** Finds out whether the peer still reads; lets it go where it has not for long. */
  judge(): void {
    const now = this.#monotonic();
    const waiting = this.#socket.bufferedAmount;
    const taken = this.#sent - waiting;
    if (waiting === 0 || taken > this.#taken) this.#movedAt = now;
    this.#taken = taken;
    if (waiting > this.#limit || now - this.#movedAt > stalledAfter) this.#behindSince ??= now;
    // No keyframe has come, but it reads again: that is not its fault.
    if (this.#behindSince === undefined || now - this.#behindSince < givenUpAfter || this.#caughtUp()) return;
    this.#socket.close(closeCodes.tooSlow, 'Too slow for this stream.');
    this.#socket.terminate();
  }

  #caughtUp(): boolean {
    return this.#socket.bufferedAmount < this.#limit / 4;
  }

  #say(text: MediaText): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(text));
  }

  #send(kind: 0 | 1 | 2, capturedAt: number, bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const wire = Buffer.allocUnsafe(mediaHeaderBytes + bytes.byteLength);
    wire.writeUInt8(kind, 0);
    wire.writeDoubleBE(capturedAt, 1);
    wire.set(bytes, mediaHeaderBytes);
    this.#sent += wire.byteLength;
    this.#socket.send(wire);
  }
}

/** RFC 6455 §5.5.1: a close reason has at most 123 bytes. */
function reasonText(reason: string): string {
  const bytes = Buffer.from(reason).subarray(0, 123);
  return new TextDecoder().decode(bytes).replace(/\uFFFD+$/u, '');
}
