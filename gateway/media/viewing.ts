/** One viewer of a channel: patrol viewing of a main stream goes on with the sub-stream while the budget towards the police side is short. */
import type { StreamDescription, StreamProfile, StreamPurpose } from '../domain/media.ts';
import type { Watch, WireOutlet } from '../domain/media-ports.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import type { Hold } from './held-streams.ts';
import type { PictureOutlet } from './shared-pictures.ts';
import { Splice } from './splice.ts';
import type { Stream } from './stream.ts';

export interface ViewingParts {
  readonly wanted: StreamProfile;
  readonly clock: Clock;
  readonly log: Logger;
  hold(profile: StreamProfile): Hold;
  purpose(): StreamPurpose;
  over(viewing: Viewing): void;
}

export const budgetNotice = 'The link to the police side is full: this picture is shown from its sub-stream, alarms go first.';
const restoredNotice = 'The main stream is shown again.';
/** Where the viewer sits: whatever it takes, it can be led to another stream. */
interface Seat {
  join(stream: Stream): Disposable;
  /** What comes from now on belongs to another stream. */
  change(): void;
  notice(text: string): void;
  close(reason: string): void;
}

/** A viewer of whole pictures that goes on when they come from another stream. */
export interface MovableOutlet extends PictureOutlet {
  change(): void;
}

/** The sub-stream must come by then, or the viewer is let go. */
const changesWithin = seconds(5);

export class Viewing implements Watch {
  readonly #parts: ViewingParts;
  readonly #life = new AbortController();
  #hold: Hold;
  #profile: StreamProfile;
  #description: StreamDescription | undefined;
  #joined: Disposable | undefined;
  #seat: Seat | undefined;
  #changing = false;

  constructor(parts: ViewingParts) {
    this.#parts = parts;
    this.#profile = parts.wanted;
    this.#hold = parts.hold(parts.wanted);
  }

  async open(signal: AbortSignal): Promise<this> {
    this.#description = await this.#hold.stream.ready(signal);
    return this;
  }

  get description(): StreamDescription {
    return this.#description!;
  }

  get steppedDown(): boolean {
    return this.#profile !== this.#parts.wanted;
  }

  play(outlet: WireOutlet): void {
    const splice = new Splice(outlet, this.#parts.clock);
    this.#sit({
      join: (stream) => stream.join(splice, this.#parts.purpose),
      change: () => splice.change(),
      notice: (text) => splice.notice(text),
      close: (reason) => splice.close(reason),
    });
  }

  /** The same for a viewer of whole pictures. */
  show(outlet: MovableOutlet): void {
    this.#sit({
      join: (stream) => stream.show(outlet, this.#parts.purpose),
      change: () => outlet.change(),
      notice: () => undefined, // Nobody is there to read it.
      close: (reason) => outlet.close(reason),
    });
  }

  /** Called at every change of the budget and now and then: does nothing where all is as it should be. */
  settle(pressed: boolean): void {
    const { wanted, purpose } = this.#parts;
    if (wanted !== 'main' || this.#changing || !this.#seat || this.#life.signal.aborted) return;
    const profile = pressed && purpose() === 'patrol' ? 'sub' : 'main';
    if (profile !== this.#profile) void this.#change(profile);
  }

  [Symbol.dispose](): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    this.#joined?.[Symbol.dispose]();
    this.#hold[Symbol.dispose]();
    this.#parts.over(this);
  }

  #sit(seat: Seat): void {
    if (this.#seat) return;
    this.#seat = seat;
    this.#joined = seat.join(this.#hold.stream);
  }

  async #change(profile: StreamProfile): Promise<void> {
    const { clock, log } = this.#parts;
    const seat = this.#seat!;
    this.#changing = true;
    const next = this.#parts.hold(profile);
    try {
      const description = await next.stream.ready(clock.deadline(changesWithin, this.#life.signal));
      this.#life.signal.throwIfAborted();
      const codec = this.description.video.codec;
      // What the viewer was told when it began must still hold: the sub-stream then speaks for itself, in band.
      if (description.video.codec !== codec || !next.stream.describesItself)
        throw new Error(`its sub-stream is no ${codec} that a running viewer can follow`);
      this.#joined?.[Symbol.dispose]();
      this.#hold[Symbol.dispose]();
      this.#hold = next;
      this.#profile = profile;
      seat.change();
      seat.notice(profile === 'sub' ? budgetNotice : restoredNotice);
      this.#joined = seat.join(next.stream);
      log.info('viewer moved', { channel: next.stream.channel, profile, why: profile === 'sub' ? 'uplink budget' : 'uplink budget has room' });
    } catch (error) {
      next[Symbol.dispose]();
      if (this.#life.signal.aborted) return;
      log.info('viewer cannot move', { channel: this.#hold.stream.channel, profile, error });
      // Back to the main stream it may go later; a main stream that is too much now must end.
      if (profile === 'sub') seat.close(budgetNotice);
    } finally {
      this.#changing = false;
    }
  }
}
