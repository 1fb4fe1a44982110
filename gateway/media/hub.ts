/** All streams of the media plane: one per channel and profile, begun by its first viewer, ended some time after its last. */
import type { ChannelId } from '../domain/ids.ts';
import type { StreamProfile, StreamTelemetry } from '../domain/media.ts';
import type { MediaHub, Watch } from '../domain/media-ports.ts';
import type { MediaContext } from './ports.ts';
import { Refusals } from './refusals.ts';
import { Stream } from './stream.ts';

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

export class Hub implements MediaHub, AsyncDisposable {
  readonly #context: MediaContext;
  readonly #refusals: Refusals;
  readonly #entries = new Map<string, Entry>();

  constructor(context: MediaContext) {
    this.#context = context;
    this.#refusals = new Refusals(context.clock, context.settings.refusedPause);
  }

  hold(channel: ChannelId, profile: StreamProfile): Hold {
    const key = `${channel}/${profile}`;
    const entry = this.#entries.get(key) ?? this.#begin(key, channel, profile);
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

  async watch(channel: ChannelId, profile: StreamProfile, signal: AbortSignal): Promise<Watch> {
    const hold = this.hold(channel, profile);
    try {
      const description = await hold.stream.ready(signal);
      let joined: Disposable | undefined;
      return {
        description,
        play: (outlet) => {
          joined ??= hold.stream.join(outlet);
        },
        [Symbol.dispose]: () => {
          joined?.[Symbol.dispose]();
          hold[Symbol.dispose]();
        },
      };
    } catch (error) {
      hold[Symbol.dispose]();
      throw error;
    }
  }

  telemetry(): StreamTelemetry[] {
    return [...this.#entries.values()].map((entry) => entry.stream.telemetry(entry.holds));
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

  #begin(key: string, channel: ChannelId, profile: StreamProfile): Entry {
    const stream = new Stream(channel, profile, this.#context, this.#refusals);
    const life = new AbortController();
    const ended = stream.run(life.signal).catch((error) => {
      // A stream handles its own failures: this is a mistake of ours. The next viewer gets a new stream.
      this.#context.log.error('stream broke', { channel, profile, error });
      if (this.#entries.get(key)?.stream === stream) this.#entries.delete(key);
    });
    const entry: Entry = { stream, life, ended, holds: 0, lingering: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #linger(key: string, entry: Entry): void {
    const lingering = new AbortController();
    entry.lingering = lingering;
    this.#context.clock.sleep(this.#context.settings.linger, lingering.signal).then(
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        entry.life.abort();
      },
      () => undefined, // A new viewer came, or the plane closed: both have taken care of the stream.
    );
  }
}
