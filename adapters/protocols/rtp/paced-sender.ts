/**
 * Datagrams that leave in portions: a large keyframe, or the group that a viewer begins with, sent at once would fit neither into the buffers of a
 * switch nor into the receive buffer of any player (208 kB on Linux, less than a hundred packets).
 */
import type { Timers } from '../timers.ts';

/** Datagrams that are sent at once, and the pause after them, ms. What waits is gone within half a second or so, however much it is. */
const portion = { least: 16, share: 1 / 32, pause: 5 } as const;

/** How packets lie one behind the other in a buffer: behind a head of so many bytes, which is not sent, and so long. */
interface Layout {
  readonly head: number;
  /** Bytes behind the head at `at`. */
  length(bytes: Buffer, at: number): number;
}

export interface PacedSenderOptions<Target> extends Layout {
  readonly timers: Pick<Timers, 'sleep'>;
  /** The receiver's life: nothing is sent after it. */
  readonly signal: AbortSignal;
  send(bytes: Buffer, start: number, end: number, target: Target): void;
}

export class PacedSender<Target> {
  readonly #options: PacedSenderOptions<Target>;
  readonly #queue: { readonly bytes: Buffer; readonly target: Target; at: number }[] = [];
  #packets = 0;
  #waiting = 0;
  #pumping = false;

  constructor(options: PacedSenderOptions<Target>) {
    this.#options = options;
  }

  /** Bytes that have not been sent. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes a run of `packets` whole packets; they go with the next `flush`. */
  push(bytes: Buffer, packets: number, target: Target): void {
    this.#queue.push({ bytes, target, at: 0 });
    this.#packets += packets;
    this.#waiting += bytes.length;
  }

  flush(): void {
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    const { timers, signal } = this.#options;
    this.#pumping = true;
    for (;;) {
      this.#send(Math.max(portion.least, this.#packets * portion.share));
      if (this.#queue.length === 0 || signal.aborted) break;
      await timers.sleep(portion.pause, signal).catch(() => undefined); // Aborted: the receiver is gone.
      if (signal.aborted) break;
    }
    this.#pumping = false;
  }

  #send(most: number): void {
    const { head, length, send } = this.#options;
    for (let sent = 0; sent < most && this.#queue[0]; sent += 1) {
      const [next] = this.#queue;
      const start = next.at + head;
      const end = start + length(next.bytes, next.at);
      send(next.bytes, start, end, next.target);
      this.#packets -= 1;
      this.#waiting -= end - next.at;
      next.at = end;
      if (next.at + head >= next.bytes.length) this.#queue.shift();
    }
  }
}
