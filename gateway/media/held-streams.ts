/** Streams that run while somebody holds them: each begun by its first holder, ended some time after its last. */
import type { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { StreamTelemetry } from '../domain/media.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';
import type { Stream } from './stream.ts';

interface Entry {
  readonly stream: Stream;
  readonly life: AbortController;
  readonly ended: Promise<void>;
  holds: number;
  lingering: AbortController | undefined;
}

/** A claim on a running stream. */
export interface Hold extends Disposable {
  readonly stream: Stream;
}

export interface HeldStreamsParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a stream that nobody holds goes on. */
  readonly linger: Millis;
}

export class HeldStreams implements AsyncDisposable {
  readonly #parts: HeldStreamsParts;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: HeldStreamsParts) {
    this.#parts = parts;
  }

  get keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  hold(key: string, begin: () => Stream): Hold {
    const entry = this.#entries.get(key) ?? this.#begin(key, begin());
    entry.holds += 1;
    entry.lingering?.abort();
    entry.lingering = undefined;
    let held = true;
    return {
      stream: entry.stream,
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        entry.holds -= 1;
        if (entry.holds === 0) this.#linger(key, entry);
      },
    };
  }

  /** Ends a stream whoever holds it, and tells them why; resolves once it has ended. */
  async end(key: string, reason: GatewayError): Promise<void> {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    entry?.lingering?.abort();
    entry?.life.abort(reason);
    await entry?.ended;
  }

  /** The camera of this channel refuses its password. */
  refused(channel: ChannelId): void {
    for (const { stream } of this.#entries.values()) if (stream.channel === channel) stream.refused();
  }

  telemetry(): StreamTelemetry[] {
    return [...this.#entries.values()].map((entry) => entry.stream.telemetry(entry.holds));
  }

  /** Looks after viewers of streams that stand still: no picture, no look. */
  sweep(): void {
    for (const { stream } of this.#entries.values()) stream.fanOut.sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) {
      entry.lingering?.abort();
      entry.life.abort();
    }
    await Promise.all(entries.map((entry) => entry.ended));
  }

  #begin(key: string, stream: Stream): Entry {
    const life = new AbortController();
    const ended = stream.run(life.signal).catch((error) => {
      // A stream handles its own failures: this is a mistake of ours. The next viewer gets a new stream.
      this.#parts.log.error('stream broke', { stream: key, error });
      if (this.#entries.get(key)?.stream === stream) this.#entries.delete(key);
    });
    const entry: Entry = { stream, life, ended, holds: 0, lingering: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #linger(key: string, entry: Entry): void {
    const { clock, linger } = this.#parts;
    const lingering = new AbortController();
    entry.lingering = lingering;
    clock.sleep(linger, lingering.signal).then(
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        entry.life.abort();
      },
      () => undefined, // A new viewer came, or the plane closed: both have taken care of the stream.
    );
  }
}
