/** One stream as fMP4, muxed while somebody takes it: as a rule one, for all browsers. */
import type { GatewayError } from '../domain/errors.ts';
import type { Fmp4Message, StreamDescription } from '../domain/media.ts';
import type { Logger } from '../domain/ports.ts';
import { type Fragment, fragmentGroup } from '../runtime/fragment-group.ts';
import type { PictureGroup } from '../runtime/picture-group.ts';
import type { AccessUnit } from './access-unit.ts';
import { AudioFragments } from './audio-fragments.ts';
import type { CodecTools } from './ports.ts';
import { VideoFragments, type VideoInit } from './video-fragments.ts';

/** The bytes are there until it returns. */
export type Subscriber = (message: Fmp4Message) => void;

interface Subscription {
  readonly audio: boolean;
  /** false: waits for a keyframe. */
  running: boolean;
}

export class FragmentFeed {
  readonly #codecs: CodecTools;
  readonly #log: Logger;
  readonly #subscribers = new Map<Subscriber, Subscription>();
  readonly #video: VideoFragments;
  #audio: AudioFragments | undefined;
  #description: StreamDescription | undefined;
  readonly #group: PictureGroup<Fragment>;

  constructor(codecs: CodecTools, log: Logger, most: number) {
    this.#codecs = codecs;
    this.#log = log;
    this.#group = fragmentGroup(most);
    this.#video = new VideoFragments((message) => (message.kind === 'init' ? this.#begin() : this.#send(message)));
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** `cached`: the picture group so far; none where that is old. `audio`: the sound as well, where there is any. */
  subscribe(subscriber: Subscriber, cached: readonly AccessUnit[], audio = false): Disposable {
    if (this.#subscribers.size === 0) {
      this.#reset();
      if (audio) this.#openAudio();
      for (const unit of cached) this.#accept(unit);
    } else if (audio && !this.#audio) this.#openAudio();
    const { init } = this.#video;
    const subscription = { audio, running: false };
    this.#subscribers.set(subscriber, subscription);
    const fragments = cached.length > 0 ? this.#group.items : [];
    if (fragments.length > 0 && init) {
      this.#introduce(subscriber, subscription, init);
      for (const fragment of fragments) if (audio || fragment.track === 'video') subscriber(fragment);
    }
    return {
      [Symbol.dispose]: () => {
        this.#subscribers.delete(subscriber);
        if (this.#subscribers.size === 0) this.#reset();
      },
    };
  }

  /** A new session, or better parameter sets for the running one. */
  describe(description: StreamDescription): void {
    const { video, audio } = description;
    this.#description = description;
    this.#video.describe(video, this.#codecs.video(video.codec));
    if (!audio) this.#audio = undefined;
    else if ([...this.#subscribers.values()].some((subscription) => subscription.audio) && !this.#audio) this.#openAudio();
  }

  accept(unit: AccessUnit): void {
    if (this.#subscribers.size > 0) this.#accept(unit);
  }

  /** The session with the camera is over; the next one starts with a keyframe. */
  pause(): void {
    this.#video.pause();
    this.#audio = undefined;
    this.#group.clear();
    for (const subscription of this.#subscribers.values()) subscription.running = false;
  }

  end(error: GatewayError): void {
    for (const subscriber of [...this.#subscribers.keys()]) {
      this.#subscribers.delete(subscriber);
      subscriber({ kind: 'ended', code: error.code, reason: error.message });
    }
    this.#reset();
  }

  #reset(): void {
    this.pause();
    this.#video.reset();
  }

  #openAudio(): void {
    const track = this.#description?.audio;
    if (!track) return;
    try {
      this.#audio = new AudioFragments(track, this.#codecs.audio(track));
    } catch (error) {
      this.#log.warn('audio cannot be muxed', { codec: track.codec, error });
    }
  }

  #accept(unit: AccessUnit): void {
    if (unit.track === 'video') {
      this.#video.accept(unit);
      return;
    }
    const { anchor } = this.#video;
    const fragment = anchor && this.#audio?.fragment(unit, anchor);
    if (fragment) this.#send(fragment);
  }

  /** New parameter sets are a new init segment for everyone, with the keyframe that brings it. */
  #begin(): void {
    for (const subscription of this.#subscribers.values()) subscription.running = false;
  }

  #introduce(subscriber: Subscriber, subscription: Subscription, init: VideoInit): void {
    subscription.running = true;
    subscriber(init);
    if (subscription.audio && this.#audio) subscriber(this.#audio.init);
  }

  #send(fragment: Fragment): void {
    this.#group.push(fragment);
    for (const [subscriber, subscription] of this.#subscribers) {
      if (fragment.track === 'audio' && !subscription.audio) continue;
      if (!subscription.running && !fragment.keyframe) continue;
      if (!subscription.running) this.#introduce(subscriber, subscription, this.#video.init!);
      subscriber(fragment);
    }
  }
}
