/** Who is signed in. Tokens have 256 random bits; only their SHA-256 is kept, in memory and in `sessions.json`, so that a restart signs nobody out. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type Seat, seats } from '../../domain/event.ts';
import type { UserId } from '../../domain/ids.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import { between, instant, minutes } from '../../domain/time.ts';
import { StateFile } from '../../runtime/state-file.ts';
import type { HttpLimits } from '../ports.ts';

const stored = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  user: z.string().max(64),
  seat: z.enum(seats),
  createdAt: z.number(),
  seenAt: z.number(),
});
type Stored = z.output<typeof stored>;

export interface Session {
  /** SHA-256 of the token: names the session, opens nothing. */
  readonly id: string;
  readonly user: UserId;
  readonly seat: Seat;
}

export type SessionLimits = Pick<HttpLimits, 'sessionLength' | 'sessionIdle' | 'wallLength'>;

export interface SessionSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: SessionLimits;
}

const sessionsFile = 'sessions.json';
const mostSessions = 1_000;
const mostPerUser = 50;
/** How old the stored "last seen" may be: a write per request would wear the flash for nothing. */
const seenEvery = minutes(1);

export class Sessions implements AsyncDisposable {
  readonly #byHash = new Map<string, Stored>();
  readonly #file: StateFile<readonly Stored[]>;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #log: Logger;

  private constructor(file: StateFile<readonly Stored[]>, { clock, limits, log }: SessionSurroundings) {
    this.#file = file;
    this.#clock = clock;
    this.#limits = limits;
    this.#log = log;
  }

  static async open(folder: string, around: SessionSurroundings): Promise<Sessions> {
    const file = new StateFile<readonly Stored[]>(join(folder, sessionsFile), z.array(stored).max(mostSessions));
    const sessions = new Sessions(file, around);
    for (const one of (await file.read()) ?? []) if (sessions.#alive(one)) sessions.#byHash.set(one.hash, one);
    return sessions;
  }

  /** A new session; resolves with its token once it would survive a restart. */
  async create(user: UserId, seat: Seat): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const now = this.#clock.now();
    this.#sweep(user);
    this.#byHash.set(hashOf(token), { hash: hashOf(token), user, seat, createdAt: now, seenAt: now });
    await this.#save();
    return token;
  }

  /** The live session of a token; counts as use. */
  find(token: string): Session | undefined {
    const one = this.#byHash.get(hashOf(token));
    if (!one) return undefined;
    if (!this.#alive(one)) {
      this.#byHash.delete(one.hash);
      void this.#save();
      return undefined;
    }
    const now = this.#clock.now();
    const stale = between(instant(one.seenAt), now) >= seenEvery;
    one.seenAt = now;
    if (stale) void this.#save();
    return sessionOf(one);
  }

  /** Whether it still stands; does not count as use. */
  stands(id: string): boolean {
    const one = this.#byHash.get(id);
    return one !== undefined && this.#alive(one);
  }

  /** From now on nobody needs to touch it: it lasts as long as a wall's, counted from its sign-in. */
  becomeWall(id: string): void {
    const one = this.#byHash.get(id);
    if (!one || one.seat === 'wall') return;
    one.seat = 'wall';
    void this.#save();
  }

  async revoke(id: string): Promise<void> {
    if (this.#byHash.delete(id)) await this.#save();
  }

  /** Ends every session of a user, but the one named. */
  async revokeUser(user: UserId, except?: string): Promise<void> {
    for (const one of [...this.#byHash.values()]) if (one.user === user && one.hash !== except) this.#byHash.delete(one.hash);
    await this.#save();
  }

  get size(): number {
    return this.#byHash.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#save();
    await this.#file[Symbol.asyncDispose]();
  }

  #alive({ seat, createdAt, seenAt }: Stored): boolean {
    const now = this.#clock.now();
    const length = seat === 'wall' ? this.#limits.wallLength : this.#limits.sessionLength;
    // Nobody touches a wall: it has no idle time. A clock set back must not lengthen a session either.
    if (now - createdAt >= length || now < createdAt - minutes(5)) return false;
    return seat === 'wall' || now - seenAt < this.#limits.sessionIdle;
  }

  #sweep(user: UserId): void {
    for (const one of [...this.#byHash.values()]) if (!this.#alive(one)) this.#byHash.delete(one.hash);
    const own = [...this.#byHash.values()].filter((one) => one.user === user);
    const surplus = [
      ...own.slice(0, Math.max(0, own.length + 1 - mostPerUser)),
      ...[...this.#byHash.values()].slice(0, Math.max(0, this.#byHash.size + 1 - mostSessions)),
    ];
    for (const one of surplus) this.#byHash.delete(one.hash);
  }

  /** A full disk must not keep people out: the session then lives in memory only. */
  async #save(): Promise<void> {
    try {
      await this.#file.save(() => [...this.#byHash.values()]);
    } catch (error) {
      this.#log.warn('sessions not stored', { error });
    }
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function sessionOf({ hash, user, seat }: Stored): Session {
  return { id: hash, user: user as UserId, seat };
}
