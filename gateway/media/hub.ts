/** All streams of the media plane: one per channel and profile, begun by its first viewer, ended some time after its last. */
import { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type {
  Keyframe,
  MediaFigures,
  RecordingPlan,
  RtpOrder,
  SinkSpec,
  StreamDescription,
  StreamProfile,
  StreamPurpose,
  StreamTelemetry,
  WantedKeyframe,
} from '../domain/media.ts';
import type { MediaHub } from '../domain/media-ports.ts';
import { seconds } from '../domain/time.ts';
import { HeldStreams, type Hold } from './held-streams.ts';
import { cameraOrigin } from './origin.ts';
import { OwedBytes } from './owed-bytes.ts';
import { Patrol } from './patrol.ts';
import type { MediaContext } from './ports.ts';
import { Refusals } from './refusals.ts';
import { Renditions } from './renditions.ts';
import { OpenSending } from './rtp-sending.ts';
import { Stream, type StreamSurroundings } from './stream.ts';
import { Viewing } from './viewing.ts';

const sweepEvery = seconds(1);
const keyframeLook = seconds(0.1);

export class Hub implements MediaHub, AsyncDisposable {
  readonly #context: MediaContext;
  readonly #surroundings: StreamSurroundings;
  readonly #refusals: Refusals;
  readonly #streams: HeldStreams;
  readonly #renditions: Renditions;
  readonly #life = new AbortController();
  readonly #viewings = new Set<Viewing>();
  readonly #sendings = new Set<OpenSending>();
  #alarmed: ReadonlySet<ChannelId> = new Set();
  /** Streams that are pulled all the time, by key. */
  readonly #recorded = new Map<string, Hold>();

  constructor(context: MediaContext) {
    this.#context = context;
    const { clock, log, settings } = context;
    this.#refusals = new Refusals(clock, settings.refusedPause);
    this.#surroundings = { context, budget: new OwedBytes(settings.allViewersBytes) };
    this.#streams = new HeldStreams({ clock, log, linger: settings.linger });
    this.#renditions = new Renditions({ ...this.#surroundings, hold: (channel, profile) => this.hold(channel, profile) });
    void this.#sweep();
    void new Patrol(context.uplink, clock).run((pressed) => {
      for (const viewing of this.#viewings) viewing.settle(pressed);
    }, this.#life.signal);
  }

  hold(channel: ChannelId, profile: StreamProfile): Hold {
    const { context } = this.#surroundings;
    const begin = () => new Stream(cameraOrigin(channel, profile, context, this.#refusals), this.#surroundings);
    return this.#streams.hold(keyOf(channel, profile), begin);
  }

  /** The stream for this sink, once it plays: the camera's own, or H.264 made out of that. Throws TRANSCODER_… as well. */
  async open(sink: SinkSpec, signal: AbortSignal): Promise<Hold> {
    const { channel, profile } = sink;
    const hold = this.hold(channel, profile);
    // What a ring holds can be had all the more when its camera is gone.
    if (sink.kind === 'clip' || sink.kind === 'recording') return hold;
    const { video } = await readyOr(hold, signal);
    const h264 = sink.kind === 'fmp4' ? sink.h264 : undefined;
    if (!h264 || video.codec === 'h264') return hold;
    using _source = hold; // the rendition has a hold of its own by then
    const rendition = this.#renditions.hold({ channel, profile, urgent: () => h264.urgent || this.#alarmed.has(channel) });
    await readyOr(rendition, signal);
    return rendition;
  }

  async watch(
    wanted: { readonly channel: ChannelId; readonly profile: StreamProfile; readonly purpose: StreamPurpose },
    signal: AbortSignal,
  ): Promise<Viewing> {
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

  /** One receiver of RTP; its way out and its stream are opened side by side. */
  async send(order: RtpOrder, signal: AbortSignal): Promise<OpenSending> {
    const [viewing, exit] = await Promise.allSettled([this.watch(order, signal), this.#context.parts.openExit(order)]);
    if (viewing.status === 'fulfilled' && exit.status === 'fulfilled' && !this.#life.signal.aborted) {
      const sending: OpenSending = new OpenSending(order, {
        ...{ viewing: viewing.value, exit: exit.value, context: this.#context },
        over: () => this.#sendings.delete(sending),
      });
      this.#sendings.add(sending);
      return sending;
    }
    if (viewing.status === 'fulfilled') viewing.value[Symbol.dispose]();
    if (exit.status === 'fulfilled') await exit.value[Symbol.asyncDispose]();
    if (viewing.status === 'rejected') throw viewing.reason;
    if (exit.status === 'rejected') throw exit.reason;
    throw new GatewayError('MEDIA_UNAVAILABLE', 'The media plane is closed.');
  }

  /** Replaces the set of channels that look at an open alarm. */
  alarmed(channels: readonly ChannelId[]): void {
    this.#alarmed = new Set(channels);
  }

  /** The cameras of these channels refuse their password. */
  refused(channels: readonly ChannelId[]): void {
    for (const channel of channels) this.#streams.refused(channel);
  }

  /** The newest keyframe of a stream at that moment; the stream is pulled for it if need be. */
  async keyframe({ channel, profile, ago }: WantedKeyframe, signal: AbortSignal): Promise<Keyframe> {
    const { clock, settings } = this.#context;
    using hold = this.hold(channel, profile);
    const kept = hold.stream.keyframe(ago === undefined ? undefined : clock.monotonic() - ago);
    if (kept) return kept;
    await hold.stream.ready(signal);
    const giveUp = clock.monotonic() + settings.patience;
    // Described and playing, but in the middle of a picture group: the next keyframe comes by itself.
    for (;;) {
      const keyframe = hold.stream.keyframe();
      if (keyframe) return keyframe;
      hold.stream.wantKeyframe();
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
    return this.#streams.telemetry();
  }

  figures(): MediaFigures {
    const { owed, closed } = this.#surroundings.budget;
    return { owedBytes: owed, viewersClosed: closed, rtpReceivers: this.#sendings.size, transcoding: this.#renditions.state() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    await Promise.all([...this.#sendings].map((sending) => sending[Symbol.asyncDispose]()));
    await this.#renditions[Symbol.asyncDispose]();
    await this.#streams[Symbol.asyncDispose]();
  }

  /** Looks after viewers of streams that stand still: no picture, no look. */
  async #sweep(): Promise<void> {
    const { clock } = this.#context;
    while (!this.#life.signal.aborted) {
      await clock.sleep(sweepEvery, this.#life.signal).catch(() => undefined); // Aborted: the loop ends.
      this.#streams.sweep();
      this.#renditions.sweep();
    }
  }
}

/** Gives the hold back where its stream does not play. */
async function readyOr(hold: Hold, signal: AbortSignal): Promise<StreamDescription> {
  try {
    return await hold.stream.ready(signal);
  } catch (error) {
    hold[Symbol.dispose]();
    throw error;
  }
}

function keyOf(channel: ChannelId, profile: StreamProfile): string {
  return `${channel}/${profile}`;
}
