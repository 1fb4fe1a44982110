/** One stream as fMP4: pictures are put together and muxed once, whoever watches; every subscriber gets its own copy of the bytes. */
import type { Fmp4Message } from '../domain/media.ts';
import type { StreamDescription } from '../domain/media-ports.ts';
import type { Logger } from '../domain/ports.ts';
import type { AccessUnit } from './access-unit.ts';
import type { Fmp4Muxer, VideoTools } from './ports.ts';
import { DecodeTimes } from './timestamps.ts';

type Fragment = Extract<Fmp4Message, { kind: 'fragment' }>;
export type Subscriber = (message: Fmp4Message) => void;

export class FragmentFeed {
  readonly #video: VideoTools;
  readonly #log: Logger;
  readonly #most: number;
  /** false: waits for a keyframe. */
  readonly #subscribers = new Map<Subscriber, boolean>();
  #description: StreamDescription | undefined;
  #sets: readonly Uint8Array[] = [];
  #muxer: Fmp4Muxer | undefined;
  #times: DecodeTimes | undefined;
  #pieces: Buffer[] = [];
  #first: AccessUnit | undefined;
  #key = false;
  /** The camera sets the marker before the picture is complete: then only the next timestamp ends one. */
  #markersLie = false;
  #emitted = -1;
  #cache: Fragment[] = [];
  #cachedBytes = 0;

  constructor(video: VideoTools, log: Logger, most: number) {
    this.#video = video;
    this.#log = log;
    this.#most = most;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** `cached`: the picture group so far; needed where nobody watched before. */
  subscribe(subscriber: Subscriber, cached: readonly AccessUnit[]): Disposable {
    if (this.#subscribers.size === 0) {
      this.#reset();
      for (const unit of cached) this.#accept(unit);
    }
    const primed = this.#cache.length > 0 && this.#muxer !== undefined;
    this.#subscribers.set(subscriber, primed);
    if (primed) {
      subscriber(initOf(this.#muxer!));
      for (const fragment of this.#cache) subscriber(copyOf(fragment));
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
    this.#description = description;
    if (this.#subscribers.size === 0) this.#sets = description.parameterSets;
  }

  accept(unit: AccessUnit): void {
    if (this.#subscribers.size > 0) this.#accept(unit);
  }

  /** The session with the camera is over; the next one starts with a keyframe. */
  pause(): void {
    this.#pieces = [];
    this.#first = undefined;
    this.#key = false;
    this.#cache = [];
    this.#cachedBytes = 0;
    for (const subscriber of this.#subscribers.keys()) this.#subscribers.set(subscriber, false);
  }

  end(reason: string): void {
    for (const subscriber of [...this.#subscribers.keys()]) {
      this.#subscribers.delete(subscriber);
      subscriber({ kind: 'ended', reason });
    }
    this.#reset();
  }

  #reset(): void {
    this.pause();
    this.#sets = this.#description?.parameterSets ?? [];
    this.#muxer = undefined;
    this.#times = undefined;
    this.#emitted = -1;
  }

  #accept(unit: AccessUnit): void {
    if (this.#first && unit.ticks !== this.#first.ticks) this.#close();
    if (unit.ticks === this.#emitted) {
      // More of a picture that its marker had ended: too late for this one, a lesson for the next.
      this.#markersLie ||= unit.ends;
      return;
    }
    this.#first ??= unit;
    this.#pieces.push(unit.wire);
    this.#key ||= unit.keyframe;
    if (unit.ends && !this.#markersLie) this.#close(true);
  }

  /** Muxes the picture that is there. `byMarker`: keep it open if it holds no picture data yet (a marker on parameter sets or SEI, quirk 19). */
  #close(byMarker = false): void {
    const first = this.#first!;
    const units = this.#video.units(this.#pieces);
    const hasPicture = this.#video.hasPicture(units);
    if (byMarker && !hasPicture) return;
    const keyframe = this.#key;
    this.#pieces = [];
    this.#first = undefined;
    this.#key = false;
    if (!hasPicture) return;
    this.#emitted = first.ticks;
    this.#learn(this.#video.parameterSets(units));
    const muxer = this.#muxerFor(keyframe);
    if (!muxer) return;
    this.#times ??= new DecodeTimes(this.#description!.clockRate, muxer.facts.framesPerSecond);
    const bytes = muxer.fragment({ units, keyframe, ...this.#times.next(first.ticks) });
    this.#send({ kind: 'fragment', keyframe, capturedAt: first.capturedAt, bytes });
  }

  #learn(sets: readonly Uint8Array[] | undefined): void {
    if (!sets || same(sets, this.#sets)) return;
    this.#sets = sets;
    this.#muxer = undefined;
  }

  #muxerFor(keyframe: boolean): Fmp4Muxer | undefined {
    if (this.#muxer || !keyframe || !this.#description || this.#sets.length === 0) return this.#muxer;
    try {
      this.#muxer = this.#video.fmp4(this.#sets, this.#description.clockRate);
    } catch (error) {
      this.#log.warn('parameter sets unreadable', { error });
      return undefined;
    }
    // New parameter sets are a new init segment for everyone.
    for (const subscriber of this.#subscribers.keys()) this.#subscribers.set(subscriber, false);
    return this.#muxer;
  }

  #send(fragment: Fragment): void {
    if (fragment.keyframe) {
      this.#cache = [];
      this.#cachedBytes = 0;
    }
    if (fragment.keyframe || this.#cache.length > 0) {
      this.#cache.push(fragment);
      this.#cachedBytes += fragment.bytes.length;
      if (this.#cachedBytes > this.#most) {
        this.#cache = [];
        this.#cachedBytes = 0;
      }
    }
    for (const [subscriber, running] of this.#subscribers) {
      if (!running && !fragment.keyframe) continue;
      if (!running) {
        subscriber(initOf(this.#muxer!));
        this.#subscribers.set(subscriber, true);
      }
      subscriber(copyOf(fragment));
    }
  }
}

/** Copies: the bytes are transferred to another thread, which takes them away from us. */
function copyOf(fragment: Fragment): Fragment {
  return { ...fragment, bytes: new Uint8Array(fragment.bytes) };
}

function initOf(muxer: Fmp4Muxer): Fmp4Message {
  const { codecs, width, height } = muxer.facts;
  return { kind: 'init', codecs, width, height, bytes: new Uint8Array(muxer.init) };
}

export function same(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((set, index) => Buffer.compare(set, other[index]!) === 0);
}
