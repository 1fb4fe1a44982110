/** One stream: pulled while somebody holds it, cut into access units, handed to all who watch. */
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { Keyframe, StreamDescription, StreamProfile, StreamPurpose, StreamTelemetry } from '../domain/media.ts';
import type { WireOutlet } from '../domain/media-ports.ts';
import { type Instant, millis } from '../domain/time.ts';
import { backoff } from '../runtime/backoff.ts';
import { type Linked, linked } from '../runtime/linked.ts';
import type { AccessUnit } from './access-unit.ts';
import { FanOut } from './fan-out.ts';
import { Flaws } from './flaws.ts';
import { FragmentFeed, type Subscriber } from './fragments.ts';
import { isHopeless, pauseAfter } from './hopeless.ts';
import { keyframeOf } from './keyframe.ts';
import { KeyframeWish } from './keyframe-wish.ts';
import { StreamMeter } from './meter.ts';
import type { Origin } from './origin.ts';
import type { OwedBytes } from './owed-bytes.ts';
import type { MediaContext, VideoFacts } from './ports.ts';
import { RecorderRing } from './recorder-ring.ts';
import { type PictureOutlet, PictureViewer, SharedPictures } from './shared-pictures.ts';
import { Tracks } from './tracks.ts';
import { WaitingRoom } from './waiting-room.ts';

const reportEvery = 5_000;

/** What all streams of the plane share. */
export interface StreamSurroundings {
  readonly context: MediaContext;
  readonly budget: OwedBytes;
}

export class Stream {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly transcoded: boolean;
  readonly fanOut: FanOut;
  readonly #feed: FragmentFeed;
  readonly #name: { readonly channel: ChannelId; readonly profile: StreamProfile };
  readonly #context: MediaContext;
  readonly #origin: Origin;
  readonly #tracks: Tracks;
  readonly #pictures = new SharedPictures();
  readonly #meter: StreamMeter;
  readonly #flaws: Flaws;
  readonly #wish: KeyframeWish;
  readonly #startedAt: Instant;
  #ring: RecorderRing | undefined;
  readonly #waiting: WaitingRoom;
  #state: StreamTelemetry['state'] = 'connecting';
  #failure: unknown;
  #facts: VideoFacts | undefined;
  #reportedAt = 0;
  /** With the camera, while there is one. */
  #session: Linked | undefined;
  /** Said once a session. */
  #toldUnreadable = false;

  constructor(origin: Origin, { context, budget }: StreamSurroundings) {
    const { clock, settings, parts } = context;
    const { channel, profile } = origin;
    this.channel = channel;
    this.profile = profile;
    this.transcoded = origin.transcoded;
    this.#name = { channel, profile };
    this.#origin = origin;
    this.#context = context;
    this.#startedAt = clock.now();
    this.#waiting = new WaitingRoom(clock);
    this.fanOut = new FanOut(clock, settings, budget, context.uplink);
    this.#feed = new FragmentFeed(parts.codecs, context.log.child({ channel, profile }), settings.cacheBytes);
    this.#meter = new StreamMeter(clock);
    this.#flaws = new Flaws(clock, settings.keyframeWithin);
    this.#wish = new KeyframeWish(clock, () => origin.askKeyframe());
    this.#tracks = new Tracks(clock, parts.codecs, {
      begun: () => this.#wish.begin(),
      described: (description, fresh) => this.#describe(description, fresh),
      unit: (unit) => this.#deliver(unit),
      slip: (slip) => this.#flaws.note(slip),
    });
  }

  /** Pulls until aborted, again and again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    let said = '';
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const frames = this.#meter.frames;
      this.#state = 'connecting';
      let hopeless = false;
      try {
        using session = linked(signal);
        this.#session = session;
        await this.#origin.pull(this.#tracks, session.signal);
        session.signal.throwIfAborted();
        throw new GatewayError('CAMERA_UNREACHABLE', `The stream of ${this.channel} ended.`, { context: this.#name });
      } catch (error) {
        if (signal.aborted) break;
        hopeless = this.#fail(error);
      }
      if (signal.aborted) break;
      if (this.#meter.frames > frames) {
        attempt = 0;
        said = '';
      }
      const wait = backoff(this.#origin.pauses(this.#failure), attempt);
      const reason = sentenceOf(this.#failure);
      if (reason !== said) log.info('stream interrupted', { ...this.#name, state: this.#state, reason });
      said = reason;
      await clock.sleep(hopeless ? pauseAfter(this.#failure) : wait, signal).catch(() => undefined); // Aborted: the loop ends.
    }
    this.#wish.end();
    const end: unknown = signal.reason;
    const closed = isGatewayError(end)
      ? end
      : new GatewayError('MEDIA_UNAVAILABLE', `The stream of ${this.channel} was closed.`, { context: this.#name });
    this.fanOut.closeAll('stream closed');
    this.#feed.end(closed);
    this.#waiting.settle(closed);
  }

  /** Resolves once the stream plays and is described; rejects with the reason if the next try fails or nothing comes in time. */
  async ready(signal: AbortSignal): Promise<StreamDescription> {
    const { patience } = this.#context.settings;
    if (this.#state === 'failed') throw this.#failure;
    if (!this.#described()) {
      const words = `The stream of ${this.channel} sent no picture within ${patience} ms.`;
      await this.#waiting.wait(patience, () => new GatewayError('MEDIA_UNAVAILABLE', words, { context: this.#name }), signal);
    }
    return this.#tracks.description!;
  }

  /** A viewer from now on: the wall clock, by which it puts the tracks together, the cached group, then everything that comes. */
  join(outlet: WireOutlet, purpose: () => StreamPurpose): Disposable {
    outlet.described(this.#tracks.description!, false);
    this.#tracks.report((track, clock, packets, octets) => outlet.report(track, clock, packets, octets));
    this.wantKeyframe();
    return this.fanOut.join(outlet, purpose);
  }

  /** The same as fragments of MP4. */
  mux(subscriber: Subscriber, audio: boolean): Disposable {
    this.wantKeyframe();
    return this.#feed.subscribe(subscriber, this.fanOut.joinable, audio);
  }

  /** Somebody waits for a picture: where it plays and there is no group to begin with, the camera is asked for one. */
  wantKeyframe(): void {
    if (this.#state === 'playing' && this.fanOut.joinable.length === 0) this.#wish.now();
  }

  /** The same for one that takes whole pictures. */
  show(outlet: PictureOutlet, purpose: () => StreamPurpose): Disposable {
    const use = this.#pictures.use(this.fanOut.cached);
    const joined = this.join(new PictureViewer(outlet, this.#pictures, this.fanOut.joinable), purpose);
    return {
      [Symbol.dispose]: () => {
        joined[Symbol.dispose]();
        use[Symbol.dispose]();
      },
    };
  }

  /** Somebody else learned that the camera takes these credentials no more: nothing is asked with them again, not even to stay. */
  refused(): void {
    const words = `The camera of ${this.channel} refuses its credentials.`;
    this.#session?.abort(new GatewayError('CAMERA_CREDENTIALS', words, { context: this.#name }));
  }

  /** From now on the last seconds are kept, in at most so many bytes; 0: no more. */
  record(most: number): void {
    const { clock, settings } = this.#context;
    if (most === 0) this.#ring = undefined;
    else if (this.#ring) this.#ring.most = most;
    else this.#ring = new RecorderRing(clock, settings.ringLength, most);
  }

  get ring(): RecorderRing | undefined {
    return this.#ring;
  }

  /** Its keyframes bring their parameter sets: whoever joins needs to be told nothing before. */
  get describesItself(): boolean {
    return this.#tracks.inBand;
  }

  get description(): StreamDescription | undefined {
    return this.#tracks.description;
  }

  /** The newest one that is cached, or that was recorded before the camera went. `until`: the newest of that moment, monotonic. */
  keyframe(until?: number): Keyframe | undefined {
    const { description, video: tools } = this.#tracks;
    const recorded = until !== undefined || this.fanOut.cached.length === 0 ? this.#ring?.newest(until) : undefined;
    return description && this.#facts && keyframeOf(recorded ?? this.fanOut.cached, description.video, { tools, facts: this.#facts });
  }

  telemetry(holds: number): StreamTelemetry {
    const { lastFrameAt } = this.#meter;
    const { audio, audioReason } = this.#tracks.description ?? {};
    const flaws = this.#flaws.standing();
    const failure = this.#state === 'waiting' || this.#state === 'failed' ? this.#failure : undefined;
    return {
      channel: this.channel,
      profile: this.profile,
      state: this.#state,
      ...(failure === undefined ? {} : { reason: sentenceOf(failure) }),
      ...(isGatewayError(failure) ? { code: failure.code } : {}),
      ...(flaws.length > 0 ? { flaws } : {}),
      ...(this.#facts ? { codec: this.#facts.codecs, width: this.#facts.width, height: this.#facts.height } : {}),
      ...this.#meter.rates(),
      frames: this.#meter.frames,
      keyframes: this.#meter.keyframes,
      lostPackets: this.#tracks.lostPackets,
      jitter: millis(this.#tracks.jitterMillis),
      ...(this.#meter.keyframeInterval === undefined ? {} : { keyframeInterval: millis(this.#meter.keyframeInterval) }),
      ...(audio === undefined ? {} : { audio: audio.codec }),
      ...(audioReason === undefined ? {} : { audioReason }),
      ...(lastFrameAt === undefined ? {} : { lastFrameAt }),
      viewers: this.#ring ? holds - 1 : holds,
      skippedFrames: this.fanOut.skipped,
      ...(this.#ring ? { ring: this.#ring.state() } : {}),
      startedAt: this.#startedAt,
      ...(holds === 0 ? { linger: millis(this.#context.settings.linger) } : {}),
    };
  }

  #described(): boolean {
    return this.#state === 'playing' && (this.#tracks.description?.video.parameterSets.length ?? 0) > 0;
  }

  #deliver(unit: AccessUnit): void {
    const now = this.#context.clock.monotonic();
    this.#meter.count(unit, now);
    if (unit.track === 'video') {
      this.#flaws.video(unit.keyframe, now);
      this.#wish.picture(unit.keyframe);
    }
    if (this.#state !== 'playing' && unit.track === 'video') {
      // Pictures, not promises: several cameras answer PLAY and send nothing.
      this.#state = 'playing';
      this.#failure = undefined;
    }
    if (!this.#waiting.empty && this.#described()) this.#waiting.settle(undefined);
    const kept = this.fanOut.keep(unit, this.#ring !== undefined);
    this.#pictures.accept(kept);
    this.fanOut.deliver(kept, now);
    this.#ring?.push(kept);
    this.#feed.accept(kept);
    this.#report(now);
  }

  #describe(description: StreamDescription, fresh: boolean): void {
    this.#pictures.describe(this.#tracks.video);
    this.fanOut.described(description, fresh);
    this.#feed.describe(description);
    const { codec, parameterSets } = description.video;
    if (parameterSets.length === 0) return;
    try {
      this.#facts = this.#context.parts.codecs.video(codec).facts(parameterSets);
      this.#flaws.parameterSets(true);
    } catch (error) {
      this.#flaws.parameterSets(false);
      // They may be others with every picture.
      if (!this.#toldUnreadable) this.#context.log.warn('parameter sets unreadable', { ...this.#name, error });
      this.#toldUnreadable = true;
    }
  }

  /** Viewers learn the wall clock whether or not the camera tells it: from its sender reports, else from the times of arrival. */
  #report(now: number): void {
    if (now - this.#reportedAt < reportEvery || this.fanOut.viewers === 0) return;
    this.#reportedAt = now;
    this.#tracks.report((track, clock, packets, octets) => this.fanOut.report(track, clock, packets, octets));
  }

  /** True when only a person can help. */
  #fail(error: unknown): boolean {
    this.#failure = error;
    const hopeless = isHopeless(error);
    this.#state = hopeless ? 'failed' : 'waiting';
    this.#flaws.interrupt();
    this.#wish.end();
    this.#toldUnreadable = false;
    this.fanOut.forget();
    this.#pictures.pause();
    this.#ring?.interrupt();
    this.#feed.pause();
    if (hopeless) {
      this.fanOut.closeAll('camera refused');
      this.#feed.end(error);
    }
    this.#waiting.settle(error);
    return hopeless;
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
