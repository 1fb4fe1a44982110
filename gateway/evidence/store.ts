/**
 * The folder of evidence: what lies in it, how long it stays, and what has to go when its room is used up. The oldest goes first; of an alarm that
 * nobody has taken on only where nothing else is left, for one that is at least as severe, and never what is still being written.
 */
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Severity } from '../domain/alarm.ts';
import type { EvidenceFact, EvidenceName, RemovalCause } from '../domain/evidence.ts';
import type { EventId, EvidenceId } from '../domain/ids.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { between, type Instant, type Millis, seconds } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import { growing } from '../runtime/growing-file.ts';

export interface StoreLimits {
  /** Bytes of all evidence together. */
  readonly most: number;
  /** Bytes of the disk that are left to others: to the journal before all. */
  readonly leaveFree: number;
  readonly keepFor: Millis;
}

export interface StoreParts {
  readonly folder: string;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Nobody has taken it on yet. */
  readonly isOpen: (alarm: EventId) => boolean;
  readonly tell: (fact: EvidenceFact) => Promise<void>;
  /** Free bytes of the disk. */
  readonly free: () => Promise<number>;
}

/** For what a file is kept. */
export interface Purpose {
  readonly name: EvidenceName;
  readonly severity: Severity;
  readonly at: Instant;
}

interface Stored {
  readonly purposes: Purpose[];
  /** What it has, or may take while it grows. */
  bytes: number;
  growing: boolean;
  /** It lies there under the name that it has while it grows. */
  unnamed: boolean;
}

/** What the disk said of itself is believed for so long. */
const knownFor = seconds(1);

export class EvidenceStore {
  readonly #parts: StoreParts;
  readonly #files = new Map<string, Stored>();
  readonly #fileOf = new Map<EvidenceId, string>();
  #bytes = 0;
  /** What was free a moment ago, without what was given since. */
  #disk: { readonly at: Millis; free: number } | undefined;
  /** One after the other: two must not be given the same room. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get files(): number {
    return this.#files.size;
  }

  names(): Iterable<string> {
    return this.#files.keys();
  }

  path(file: string): string {
    return join(this.#parts.folder, file);
  }

  /** Where a piece of evidence lies. */
  find(evidence: EvidenceId): { readonly path: string; readonly growing: boolean } | undefined {
    const file = this.#fileOf.get(evidence);
    const stored = file === undefined ? undefined : this.#files.get(file);
    if (!stored || file === undefined) return undefined;
    return { path: stored.unnamed ? growing(this.path(file)) : this.path(file), growing: stored.growing };
  }

  /** A file that is to grow, or one that serves another alarm as well. It has no room yet. */
  add(file: string, purpose: Purpose): void {
    if (this.#fileOf.get(purpose.name.evidence) === file) return;
    const stored = this.#files.get(file) ?? { purposes: [], bytes: 0, growing: true, unnamed: true };
    stored.purposes.push(purpose);
    this.#files.set(file, stored);
    this.#fileOf.set(purpose.name.evidence, file);
  }

  /** May the file take so many bytes in all? Then they are its own until it is settled. Makes room where it can. */
  room(file: string, bytes: number): Promise<boolean> {
    const answer = this.#turn.then(() => this.#room(file, bytes));
    this.#turn = answer.catch(() => undefined); // Told to whoever asked.
    return answer;
  }

  /** It has its name, and can be fetched by it. Until it is settled it is not removed. */
  named(file: string): void {
    const stored = this.#files.get(file);
    if (stored) stored.unnamed = false;
  }

  /** The file is finished, with so many bytes; none: it is not there. */
  settle(file: string, bytes: number): void {
    const stored = this.#files.get(file);
    if (!stored) return;
    this.#bytes += bytes - stored.bytes;
    stored.bytes = bytes;
    stored.growing = false;
    stored.unnamed = false;
    if (bytes === 0) this.#forget(file, stored);
  }

  /** As it was found at the start. */
  async found(file: string, purpose: Purpose): Promise<void> {
    this.add(file, purpose);
    const size = await stat(this.path(file)).then(
      (found) => found.size,
      () => 0, // Somebody took it away: it is told when it is asked for.
    );
    this.settle(file, size);
  }

  /** What was kept long enough goes. */
  sweep(): Promise<void> {
    const { clock, limits } = this.#parts;
    const done = this.#turn.then(async () => {
      for (const [file, stored] of this.#byAge()) {
        if (stored.growing || between(newest(stored), clock.now()) < limits.keepFor || this.#isOpen(stored)) continue;
        await this.#remove(file, stored, 'age');
      }
    });
    this.#turn = done.catch(() => undefined); // Told to whoever asked.
    return done;
  }

  async #room(file: string, bytes: number): Promise<boolean> {
    const { limits } = this.#parts;
    const stored = this.#files.get(file);
    if (!stored) return false;
    const more = bytes - stored.bytes;
    if (more <= 0) return true;
    const severity = Math.min(...stored.purposes.map((purpose) => purpose.severity));
    for (;;) {
      if (this.#bytes + more <= limits.most && (await this.#free()) - more >= limits.leaveFree) {
        this.#bytes += more;
        if (this.#disk) this.#disk.free -= more;
        stored.bytes = bytes;
        return true;
      }
      const victim = this.#victim(severity);
      if (!victim) return false;
      await this.#remove(victim.file, victim.stored, victim.cause);
    }
  }

  /** Not asked for every piece: of hundreds at once, the first still would wait for all of the clips. */
  async #free(): Promise<number> {
    const now = this.#parts.clock.monotonic();
    if (!this.#disk || now - this.#disk.at >= knownFor) this.#disk = { at: now, free: await this.#parts.free() };
    return this.#disk.free;
  }

  #victim(severity: number): { readonly file: string; readonly stored: Stored; readonly cause: RemovalCause } | undefined {
    const finished = this.#byAge().filter(([, stored]) => !stored.growing);
    const closed = finished.find(([, stored]) => !this.#isOpen(stored));
    if (closed) return { file: closed[0], stored: closed[1], cause: 'room' };
    // 1 is the most severe.
    const lesser = finished.find(([, { purposes }]) => purposes.every((purpose) => purpose.severity >= severity));
    return lesser && { file: lesser[0], stored: lesser[1], cause: 'open-alarm' };
  }

  #isOpen({ purposes }: Stored): boolean {
    return purposes.some(({ name }) => this.#parts.isOpen(name.alarm));
  }

  #byAge(): (readonly [string, Stored])[] {
    return [...this.#files].sort(([, one], [, other]) => newest(one) - newest(other));
  }

  /** Told first: nothing goes without a word. */
  async #remove(file: string, stored: Stored, cause: RemovalCause): Promise<void> {
    const { tell, log } = this.#parts;
    for (const { name } of stored.purposes) await tell({ ...name, kind: 'evidence.removed', cause, reason: reasons[cause] });
    this.#disk = undefined;
    await unlink(this.path(file)).catch((error: unknown) => log.warn('evidence not removed', { file, error }));
    log.info('evidence removed', { file, cause, bytes: stored.bytes });
    this.#bytes -= stored.bytes;
    this.#forget(file, stored);
  }

  #forget(file: string, { purposes }: Stored): void {
    this.#files.delete(file);
    for (const { name } of purposes) this.#fileOf.delete(name.evidence);
  }
}

const newest = ({ purposes }: Stored): Instant => purposes.reduce((latest, { at }) => (at > latest ? at : latest), purposes[0]!.at);

const reasons: Readonly<Record<RemovalCause, Words>> = {
  age: { zh: '已超过保存期限（evidence.days）。', en: 'It was kept for as long as it had to be (evidence.days).' },
  room: { zh: '存储空间已满，为较新的证据让出空间。', en: 'The room for evidence was used up, and newer evidence came.' },
  'open-alarm': {
    zh: '存储空间已满且没有其他可删除的证据：尚未受理的报警的证据被删除。',
    en: 'The room for evidence was used up and nothing else was left to remove: this alarm had not been taken on yet.',
  },
};
