/** One try of one mode, on a video element of its own: when its first and its last picture were on the screen. */

import type { StreamProfile } from '../../domain/media.ts';
import type { Words } from '../../domain/words.ts';
import type { Wish } from './media-link.ts';
import type { Connection, Mode, ModeName, Over, Silence, StreamFacts } from './mode.ts';

export interface SessionEvents {
  firstPicture(session: Session): void;
  /** Of the picture that is on the screen, epoch ms by the gateway's clock. */
  picture(session: Session, capturedAt: number): void;
  facts(session: Session): void;
  changed(): void;
  over(session: Session, why: Over): void;
}

export class Session {
  readonly mode: ModeName;
  readonly wish: Wish;
  readonly video: HTMLVideoElement;
  readonly startedAt = performance.now();
  facts: StreamFacts | undefined;
  silence: Silence | undefined;
  steppedDown: { readonly profile: StreamProfile; readonly reason: Words } | undefined;
  /** When the newest picture came onto the screen; undefined before the first. */
  pictureAt: number | undefined;
  capturedAt: number | undefined;
  /** How long ago the picture was taken when it came onto the screen. */
  millisBehind: number | undefined;
  ended = false;
  readonly #connection: Connection;
  readonly #events: SessionEvents;
  #request: number;

  constructor(mode: Mode, wish: Wish, stage: HTMLElement, events: SessionEvents) {
    this.mode = mode.name;
    this.wish = wish;
    this.#events = events;
    const video = document.createElement('video');
    this.video = video;
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.disablePictureInPicture = true;
    stage.append(video);
    this.#request = video.requestVideoFrameCallback(this.#seen);
    this.#connection = mode.connect(video, wish, {
      facts: (facts) => {
        this.facts = facts;
        events.facts(this);
      },
      steppedDown: (profile, reason) => {
        this.steppedDown = { profile, reason };
        events.changed();
      },
      silent: (why) => {
        this.silence = why;
        events.changed();
      },
      over: (why) => {
        this.ended = true;
        // A mode may know at once that it is not to be had: before the constructor has returned.
        queueMicrotask(() => events.over(this, why));
      },
    });
  }

  /** It is what is wished for: not still the one without sound. */
  meets(wish: Wish): boolean {
    return JSON.stringify(this.wish) === JSON.stringify(wish);
  }

  get flowing(): boolean {
    return !this.ended && this.#connection.flowing;
  }

  /** Takes nothing more; its last picture stays where it is. */
  retire(): void {
    this.ended = true;
    this.video.cancelVideoFrameCallback(this.#request);
    this.#connection.close();
  }

  /** Retires it and takes its picture away. */
  remove(): void {
    this.retire();
    this.video.remove();
    this.video.srcObject = null;
    this.video.removeAttribute('src');
    this.video.load(); // frees the decoder now, not whenever the element is collected
  }

  #seen = (_now: number, frame: VideoFrameCallbackMetadata) => {
    const first = this.pictureAt === undefined;
    this.pictureAt = performance.now();
    this.capturedAt = this.#connection.capturedAt(frame) ?? this.capturedAt;
    if (first) this.#events.firstPicture(this);
    if (this.capturedAt !== undefined) this.#events.picture(this, this.capturedAt);
    if (!this.ended) this.#request = this.video.requestVideoFrameCallback(this.#seen);
  };
}
