/**
 * Asks the camera for a keyframe where somebody would have to wait for one. Many cameras begin a session with a keyframe, others in the middle of a
 * picture group, or with nothing until the next one, which may be many seconds away.
 */
import type { Clock } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';

/** From when it was told what to send: it has still to agree to play, and a camera that begins with a keyframe has sent it by then. */
const patience = seconds(0.3);
/** An encoder needs a moment, and a request may come before the session: but whoever asks too often gets nothing but keyframes. */
const again = seconds(1);
const mostTries = 3;
const never = Number.NEGATIVE_INFINITY;

export class KeyframeWish {
  readonly #clock: Clock;
  readonly #ask: () => void;
  #askedAt = never;
  /** The session has brought pictures. */
  #begun = false;
  /** While a session has brought no keyframe. */
  #waiting: AbortController | undefined;

  constructor(clock: Clock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A session begins. */
  begin(): void {
    this.end();
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#askedAt = never;
    this.#begun = false;
    void this.#remind(waiting.signal).catch(() => undefined); // A keyframe came, or the session is over.
  }

  /** Of each span of pictures. */
  picture(keyframe: boolean): void {
    if (!this.#waiting) return;
    if (keyframe) this.end();
    else if (!this.#begun) {
      // At once; what is said again is said at its pace. A request that came before all pictures was perhaps spent on none.
      this.#begun = true;
      this.#askedAt = never;
      this.now();
    }
  }

  /** Somebody has come, and there is no group to begin with. */
  now(): void {
    const now = this.#clock.monotonic();
    if (now - this.#askedAt < again) return;
    this.#askedAt = now;
    this.#ask();
  }

  /** The session is over, or has its keyframe. */
  end(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
  }

  async #remind(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(patience, signal);
    for (let tries = 0; tries < mostTries; tries += 1) {
      this.now();
      await this.#clock.sleep(again, signal);
    }
    this.#waiting = undefined;
  }
}
