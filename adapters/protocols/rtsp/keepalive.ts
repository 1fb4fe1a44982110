/** Keeps a session alive as this camera wants it, and learns from the sessions that it lost (onvif-rtsp §3.1, §3.2 quirks 1 to 6). */
import type { RtspConnection } from './connection.ts';
import type { CameraHabits } from './habits.ts';

const longest = 25_000;
const shortest = 1_000;
/** A connection that breaks this soon after a keepalive was ended by it. */
const atOnce = 1_000;
/** How far apart two drops may be and still count as the same limit. */
const alike = 0.25;

export class Keepalive {
  readonly #connection: Pick<RtspConnection, 'tell'>;
  readonly #uri: string;
  readonly #habits: CameraHabits;
  readonly #every: number;
  #method: 'GET_PARAMETER' | 'OPTIONS';
  #asked: number;
  #sent = 0;
  #unanswered = false;

  /** `timeout` of the session in ms; `methods`: what the camera lists in Public; `now` in ms, monotonic. */
  constructor(
    connection: Pick<RtspConnection, 'tell'>,
    { uri, timeout, methods, habits }: { uri: string; timeout: number; methods: ReadonlySet<string>; habits: CameraHabits },
    now: number,
  ) {
    this.#connection = connection;
    this.#uri = uri;
    this.#habits = habits;
    this.#every = Math.max(shortest / 2, Math.min(timeout / 2, longest, habits.keepaliveEvery ?? longest));
    // Only what it lists, and never SET_PARAMETER, which makes some servers hang up (quirk 5).
    this.#method = methods.has('GET_PARAMETER') && habits.keepaliveBy === undefined ? 'GET_PARAMETER' : 'OPTIONS';
    this.#asked = now;
  }

  get due(): number {
    return this.#asked + this.#every;
  }

  send(now: number): void {
    // No answer to the last one: nobody waits for it (quirk 2), but the other method may count where this one does not (quirk 3).
    if (this.#unanswered) this.#preferOptions();
    this.#asked = now;
    this.#sent += 1;
    this.#unanswered = true;
    this.#connection.tell({ method: this.#method, uri: this.#uri }, (status) => {
      this.#unanswered = false;
      // Some cameras list GET_PARAMETER and then refuse it (quirk 3).
      if (status >= 400 && status !== 401) this.#preferOptions();
    });
  }

  /** The camera hung up at `now` while it played. */
  hungUp(now: number): void {
    const after = now - this.#asked;
    if (this.#sent > 0 && after <= atOnce) {
      this.#preferOptions();
      return;
    }
    const habits = this.#habits;
    const before = habits.hungUpAfter;
    // One that has lived from keepalive to keepalive wants no more of them.
    const content = this.#sent > 1 || after >= this.#every;
    habits.hungUpAfter = content ? undefined : after;
    if (content) return;
    if (before === undefined || Math.abs(before - after) > alike * before) return;
    habits.keepaliveEvery = Math.max(shortest, Math.min(before, after) / 2);
    habits.hungUpAfter = undefined;
  }

  #preferOptions(): void {
    this.#method = 'OPTIONS';
    this.#habits.keepaliveBy = 'OPTIONS';
  }
}
