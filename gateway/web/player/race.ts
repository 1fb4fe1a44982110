/** Which mode may try when: both at the start, the winner alone for a day, the better one again every ten minutes. WebRTC is the better one. */
import type { ModeName } from './mode.ts';
import { codecName } from './player-state.ts';
import type { Session } from './session.ts';
import type { Winners } from './winners.ts';

/** How long the better mode has after the other one has shown a picture, and when it tries again later. */
const length = 2_000;
const lateLength = 8_000;
const againEvery = 10 * 60_000;

const streamOf = ({ wish }: Session) => `${wish.channel} ${wish.profile}`;
const codecOf = ({ facts }: Session) => (facts ? codecName(facts.codecs) : '');

export class Race {
  readonly #winners: Winners;
  #endsAt = 0;
  /** Before this the better mode is not tried. */
  #againAt = 0;

  constructor(winners: Winners) {
    this.#winners = winners;
  }

  /** `failed`: the better mode has just gone still. */
  starters(stream: string, failed: boolean): readonly ModeName[] {
    const winner = this.#winners.recall(stream);
    const now = performance.now();
    if (winner?.mode === 'mse') this.#againAt = Math.max(this.#againAt, now + againEvery - (Date.now() - winner.at));
    if (failed || now < this.#againAt) return ['mse'];
    return winner?.mode === 'webrtc' ? ['webrtc'] : ['webrtc', 'mse'];
  }

  /** A camera that was set to another codec has no winner. WebRTC knows its codec only after it has won. */
  learn(session: Session): void {
    const stream = streamOf(session);
    const known = this.#winners.recall(stream);
    if (known?.codec === '') this.#winners.remember(stream, codecOf(session), known.mode);
    else if (known && known.codec !== codecOf(session)) this.#winners.forget(stream);
  }

  shown(session: Session): void {
    if (session.mode === 'webrtc') this.won(session);
    else this.#endsAt = performance.now() + length;
  }

  get over(): boolean {
    return performance.now() > this.#endsAt;
  }

  won(session: Session): void {
    this.#winners.remember(streamOf(session), codecOf(session), session.mode);
    if (session.mode === 'mse') this.absent();
  }

  /** The better mode is not to be had now. */
  absent(): void {
    this.#againAt = performance.now() + againEvery;
  }

  /** Whether the better mode is due for another try, which then begins. */
  tryAgain(): boolean {
    const now = performance.now();
    if (now < this.#againAt) return false;
    this.#againAt = now + againEvery;
    this.#endsAt = now + lateLength;
    return true;
  }
}
