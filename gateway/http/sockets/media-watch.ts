/** One picture that a page watches: live, or left out until the next keyframe while the page cannot follow. */
import { type MediaText, mediaHeaderBytes } from '../../domain/api.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { StreamPurpose } from '../../domain/media.ts';
import type { Clock } from '../../domain/ports.ts';
import { type Millis, seconds } from '../../domain/time.ts';
import type { UplinkAccount } from '../ports.ts';
import { wordsOf } from '../problem-words.ts';
import type { MediaPage } from './media-page.ts';
import type { StreamFragment, StreamInit, StreamWatcher, WantedStream } from './shared-stream.ts';

/** `share`: of the bytes that the page may owe; `patience`: how long it may take nothing. Beyond either, pictures are left out. */
const ranks = {
  usual: { share: 0.5, patience: seconds(2) },
  urgent: { share: 1, patience: seconds(4) },
} as const;
/** A page or a picture that stays behind for this long is given up: the page asks again. */
const givenUpAfter = seconds(10);

export interface MediaWatchParts {
  readonly page: MediaPage;
  readonly clock: Clock;
  readonly budget: Pick<UplinkAccount, 'pressed' | 'take'>;
  /** Begins to watch; the returned function ends it. */
  join(wanted: WantedStream, watcher: StreamWatcher): () => void;
  /** It is over, by itself. */
  over(): void;
}

export interface MediaWish {
  readonly id: number;
  readonly wanted: WantedStream;
  readonly purpose: StreamPurpose;
  readonly urgent: boolean;
}

export class MediaWatch implements StreamWatcher {
  readonly #parts: MediaWatchParts;
  readonly #id: number;
  readonly #purpose: StreamPurpose;
  readonly #rank: { readonly share: number; readonly patience: Millis };
  #wanted: WantedStream;
  #leave: () => void = () => undefined;
  #behindSince: Millis | undefined;
  #begun = false;
  #joining = false;

  constructor(parts: MediaWatchParts, { id, wanted, purpose, urgent }: MediaWish) {
    this.#parts = parts;
    this.#id = id;
    this.#purpose = purpose;
    this.#rank = urgent ? ranks.urgent : ranks.usual;
    this.#wanted = wanted;
  }

  begin(): void {
    this.#begun = false;
    this.#joining = true;
    this.#leave = this.#parts.join(this.#wanted, this);
    this.#joining = false;
  }

  leave(): void {
    this.#leave();
  }

  message(message: StreamInit | StreamFragment): void {
    if (message.kind === 'init') this.#introduce(message);
    else if (this.#follows(message)) this.#send(message.keyframe ? 2 : 1, message, message.capturedAt);
  }

  ended(code: ErrorCode, detail: string): void {
    this.#say({ kind: 'ended', id: this.#id, code, reason: wordsOf(code), detail });
    this.#parts.over();
  }

  /** To be called every second: is this still the stream that it should be watching, and can the page follow? */
  look(): void {
    const { budget } = this.#parts;
    if (budget.pressed && this.#purpose === 'patrol' && this.#wanted.profile === 'main') this.#stepDown('UPLINK_BUDGET');
    this.judge();
  }

  /** Finds out whether the page can follow. Also to be called while no picture comes: it must not stay behind unseen. */
  judge(): void {
    const { page, clock } = this.#parts;
    const now = clock.monotonic();
    const { stalled } = page;
    if (page.owesMoreThan(this.#rank.share) || stalled > this.#rank.patience) this.#behindSince ??= now;
    // It reads again, only no keyframe has come: that is not its fault.
    if (this.#behindSince === undefined || now - this.#behindSince < givenUpAfter || this.#caughtUp()) return;
    if (stalled >= givenUpAfter) page.cut();
    else this.#giveUp(now);
  }

  #giveUp(now: Millis): void {
    if (this.#wanted.profile === 'sub') {
      this.#leave();
      this.ended('MEDIA_TOO_SLOW', `The page could not follow ${this.#wanted.channel} for ${givenUpAfter} ms.`);
      return;
    }
    // From now on anew: it is judged again with the first picture that the sub-stream begins with, which comes at once.
    this.#behindSince = now;
    this.#stepDown('MEDIA_TOO_SLOW');
  }

  /** The sub-stream instead, and why. */
  #stepDown(why: 'MEDIA_TOO_SLOW' | 'UPLINK_BUDGET'): void {
    this.#leave();
    this.#wanted = { ...this.#wanted, profile: 'sub' };
    this.#say({ kind: 'stepped-down', id: this.#id, profile: 'sub', reason: wordsOf(why) });
    this.begin();
  }

  /** Whole groups only: a picture that was left out takes all that follow it with it, up to the next keyframe. */
  #follows(fragment: StreamFragment): boolean {
    this.judge();
    if (this.#behindSince !== undefined || !this.#begun) {
      if (!fragment.keyframe || (this.#behindSince !== undefined && !this.#caughtUp())) return false;
      this.#behindSince = undefined;
      this.#begun = true;
    }
    // What the link towards the police side cannot carry is left out, up to the next keyframe.
    this.#begun = this.#parts.budget.take(fragment.bytes.byteLength, this.#purpose);
    return this.#begun;
  }

  #caughtUp(): boolean {
    return !this.#parts.page.owesMoreThan(this.#rank.share / 4);
  }

  #introduce(init: StreamInit): void {
    const { track, codecs } = init;
    if (track === 'video') {
      this.#begun = false; // decoding starts anew at the next keyframe
      const { width, height, transcoded } = init;
      this.#say({ kind: 'init', id: this.#id, track, codecs, width, height, ...(transcoded ? { transcoded } : {}) });
    } else this.#say({ kind: 'init', id: this.#id, track, codecs });
    this.#send(0, init, this.#parts.clock.now());
  }

  #say(text: MediaText): void {
    this.#parts.page.say(text);
  }

  #send(kind: 0 | 1 | 2, { track, bytes }: StreamInit | StreamFragment, capturedAt: number): void {
    const { page } = this.#parts;
    if (this.#joining) page.grant(mediaHeaderBytes + bytes.byteLength);
    page.send({ kind, track, id: this.#id, capturedAt }, bytes);
  }
}
