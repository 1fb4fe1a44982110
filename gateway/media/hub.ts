/** All streams of the media plane: one per channel and profile, begun by its first viewer, ended some time after its last. */
import { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { Keyframe, RecordingPlan, StreamProfile, StreamPurpose, StreamTelemetry } from '../domain/media.ts';
import type { MediaHub, Watch } from '../domain/media-ports.ts';
import { seconds } from '../domain/time.ts';
import { OwedBytes } from './owed-bytes.ts';
import { Patrol } from './patrol.ts';
import type { MediaContext } from './ports.ts';
import { Refusals } from './refusals.ts';
import { Stream, type StreamSurroundings } from './stream.ts';
import { Viewing } from './viewing.ts';

interface Entry {
  readonly stream: Stream;
  readonly life: AbortController;
  readonly ended: Promise<void>;
  holds: number;
  lingering: AbortController | undefined;
}

const sweepEvery = seconds(1);
const keyframeLook = seconds(0.1);

/** A claim on a running stream. */
export interface Hold extends Disposable {
  readonly stream: Stream;
}

export class Hub implements MediaHub, AsyncDisposable {
  readonly #context: MediaContext;
  readonly #surroundings: StreamSurroundings;
  readonly #life = new AbortController();
  readonly #viewings = new Set<Viewing>();
  #alarmed: ReadonlySet<ChannelId> = new Set();
  /** Streams that are pulled all the time, by key. */
  readonly #recorded = new Map<string, Hold>();
  readonly #entries = new Map<string, Entry>();

  constructor(context: MediaContext) {
    this.#context = context;
    const { clock, settings } = context;
    const refusals = new Refusals(clock, settings.refusedPause);
    this.#surroundings = { context, refusals, budget: new OwedBytes(settings.allViewersBytes) };
    void this.#sweep();
    void new Patrol(context.uplink, clock).run((pressed) => {
      for (const viewing of this.#viewings) viewing.settle(pressed);
    }, this.#life.signal);
  }

  hold(channel: ChannelId, profile: StreamProfile): Hold {
    const key = keyOf(channel, profile);
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

  async watch(
    wanted: { readonly channel: ChannelId; readonly profile: StreamProfile; readonly purpose: StreamPurpose },
    signal: AbortSignal,
  ): Promise<Watch> {
    const { channel, profile } = wanted;
    const { clock, log, uplink } = this.#context;
    const purpose = () => (wanted.purpose === 'patrol' && this.#alarmed.has(channel) ? 'alarm' : wanted.purpose);
    if (uplink.pressed && profile === 'main' && purpose() === 'patrol') {
      throw new GatewayError('UPLINK_BUDGET', `The link to the police side is full: ask for the sub-stream of ${channel}.`, { context: { channel } });
    }
    const hold = (of: StreamProfile) => this.hold(channel, of);
    const viewing = new Viewing({ wanted: profile, clock, log, hold, purpose, over: (gone) => this.#viewings.delete(gone) });
    this.#viewings.add(viewing);
    try {
      return await viewing.open(signal);
    } catch (error) {
      viewing[Symbol.dispose]();
      throw error;
    }
  }

  /** Replaces the set of channels that look at an open alarm. */
  alarmed(channels: readonly ChannelId[]): void {
    this.#alarmed = new Set(channels);
  }

  /** The newest keyframe of a stream, which is pulled for it if need be. */
  async keyframe(channel: ChannelId, profile: StreamProfile, signal: AbortSignal): Promise<Keyframe> {
    using hold = this.hold(channel, profile);
    await hold.stream.ready(signal);
    const { clock, settings } = this.#context;
    const giveUp = clock.monotonic() + settings.patience;
    // Described and playing, but in the middle of a picture group: the next keyframe comes by itself.
    for (;;) {
      const keyframe = hold.stream.keyframe();
      if (keyframe) return keyframe;
      if (clock.monotonic() > giveUp) {
        throw new GatewayError('MEDIA_UNAVAILABLE', `The stream of ${channel} sent no keyframe within ${settings.patience} ms.`, {
          context: { channel, profile },
        });
      }
      await clock.sleep(keyframeLook, signal);
    }
  }

  /** Replaces the set of streams that are pulled all the time. */
  record(plans: readonly RecordingPlan[]): void {
    const wanted = new Set(plans.map(({ channel, profile }) => keyOf(channel, profile)));
    for (const [key, hold] of this.#recorded) {
      if (wanted.has(key)) continue;
      this.#recorded.delete(key);
      hold.stream.record(0);
      hold[Symbol.dispose]();
    }
    for (const { channel, profile } of plans) {
      const key = keyOf(channel, profile);
      const hold = this.#recorded.get(key) ?? this.hold(channel, profile);
      hold.stream.record(this.#context.settings.ringsBytes / wanted.size);
      this.#recorded.set(key, hold);
    }
  }

  telemetry(): StreamTelemetry[] {
    return [...this.#entries.values()].map((entry) => entry.stream.telemetry(entry.holds));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) {
      entry.lingering?.abort();
      entry.life.abort();
    }
    await Promise.all(entries.map((entry) => entry.ended));
  }

  /** Looks after viewers of streams that stand still: no picture, no look. */
  async #sweep(): Promise<void> {
    const { clock } = this.#context;
    while (!this.#life.signal.aborted) {
      await clock.sleep(sweepEvery, this.#life.signal).catch(() => undefined); // Aborted: the loop ends.
      for (const { stream } of this.#entries.values()) stream.fanOut.sweep();
    }
  }

  #begin(key: string, channel: ChannelId, profile: StreamProfile): Entry {
    const stream = new Stream(channel, profile, this.#surroundings);
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

function keyOf(channel: ChannelId, profile: StreamProfile): string {
  return `${channel}/${profile}`;
}
