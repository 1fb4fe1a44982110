/**
 * One recording: from the ring into a file, then picture by picture as they come, until its time is over. The file can be played while it grows,
 * and whatever ends it, it ends with a whole fragment. Waits for the disk, never makes anybody else wait for it.
 */
import type { Clock, Logger } from '../../domain/ports.ts';
import type { RecordingCut, RecordingEnd, RecordingMessage, RecordingOrder, RecordingSpec } from '../../domain/recording.ts';
import { type Instant, instant, millis, seconds } from '../../domain/time.ts';
import type { Turns } from '../../runtime/turns.ts';
import type { AccessUnit } from '../access-unit.ts';
import type { Hold } from '../held-streams.ts';
import type { MediaParts } from '../ports.ts';
import { longestStep } from '../recorder-ring.ts';
import type { OpenSink } from '../sinks.ts';
import { ClipFile } from './clip-file.ts';
import { Film } from './film.ts';
import type { ClipMemory } from './memory.ts';

export interface RecordingSurroundings {
  readonly parts: Pick<MediaParts, 'codecs' | 'clips'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** At the disk: of the threads that wait for disks, some are always left to others. */
  readonly turns: Turns;
  readonly memory: ClipMemory;
  readonly closed: () => void;
}

/** Between writes of a recording that has caught up. */
const flushEvery = seconds(0.5);
const syncEvery = seconds(10);
/** Written at once: what is muxed in one go keeps all streams waiting for a few ms at most. */
const pieceBytes = 256 * 1024;

interface Waiting {
  readonly unit: AccessUnit;
  /** Of its arrival, monotonic. */
  readonly at: number;
}

/** Takes over `hold`: it is given back when the recording is over. Begins at once: what the ring drops meanwhile is lost. */
export function openRecording(spec: RecordingSpec, hold: Hold, surroundings: RecordingSurroundings): OpenSink {
  const recording = new Recording(spec, hold, surroundings);
  const over = recording.run();
  const end = () => {
    recording.stop('stopped');
    return over;
  };
  return { start: () => undefined, end: () => void end(), [Symbol.asyncDispose]: end };
}

class Recording {
  readonly #spec: RecordingSpec;
  readonly #hold: Hold;
  readonly #surroundings: RecordingSurroundings;
  readonly #film: Film;
  readonly #life = new AbortController();
  readonly #wallAtZero: number;
  #queue: Waiting[] = [];
  #cut: RecordingCut | undefined;
  #detail: string | undefined;
  /** Nothing more goes into the file. */
  #broken = false;
  #endsAt: number;
  #room: number;
  #answer: (() => void) | undefined;
  #unheard = false;

  constructor(spec: RecordingSpec, hold: Hold, surroundings: RecordingSurroundings) {
    const { clock } = surroundings;
    this.#spec = spec;
    this.#hold = hold;
    this.#surroundings = surroundings;
    this.#room = spec.room;
    this.#wallAtZero = clock.now() - clock.monotonic();
    this.#endsAt = clock.monotonic() + spec.lasting;
    this.#film = new Film({
      parts: surroundings.parts,
      sound: () => this.#queue.some(({ unit }) => unit.track === 'audio'),
      described: () => hold.stream.description,
      wall: (at) => this.#wall(at),
    });
    spec.port.on('message', (order: RecordingOrder) => this.#take(order));
    spec.port.once('close', () => {
      this.stop('stopped');
      this.#unheard = true;
      this.#answer?.();
    });
  }

  /** What is there is still written. */
  stop(cut: RecordingCut): void {
    if (this.#life.signal.aborted) return;
    this.#cut = cut;
    this.#life.abort();
  }

  #break(cut: RecordingCut, detail?: string): void {
    this.#cut = cut;
    this.#detail = detail;
    this.#broken = true;
    this.#life.abort();
  }

  async run(): Promise<void> {
    const { log, closed } = this.#surroundings;
    const { port, file } = this.#spec;
    let end: RecordingEnd;
    try {
      end = await this.#record();
    } catch (error) {
      log.warn('clip not written', { file, error });
      end = { cut: 'disk', detail: sentenceOf(error), bytes: 0, gaps: [] };
    }
    this.#hold[Symbol.dispose]();
    port.postMessage({ kind: 'ended', ...end } satisfies RecordingMessage);
    port.close();
    closed();
  }

  async #record(): Promise<RecordingEnd> {
    const { clock, memory } = this.#surroundings;
    const join = () => this.#hold.stream.ring?.follow(this.#spec.reach, (unit, at) => this.#await(unit, at));
    let follow = join();
    try {
      const file = await ClipFile.open(this.#spec.file);
      let syncedAt = clock.monotonic();
      for (let over = false; !over; ) {
        over = this.#life.signal.aborted || clock.monotonic() >= this.#endsAt;
        if (over) follow?.[Symbol.dispose]();
        // Right after a start, an alarm may be earlier than the ring.
        else follow ??= join();
        const before = file.bytes;
        await this.#drain(file);
        if (over) break;
        if (before === 0 ? file.bytes > 0 : clock.monotonic() - syncedAt >= syncEvery) {
          await this.#atDisk(() => file.sync());
          syncedAt = clock.monotonic();
        }
        const wait = millis(Math.max(0, Math.min(flushEvery, this.#endsAt - clock.monotonic())));
        await clock.sleep(wait, this.#life.signal).catch(() => undefined); // Over: asked above.
      }
      return await this.#finish(file);
    } finally {
      follow?.[Symbol.dispose]();
      for (const { unit } of this.#queue.splice(0)) memory.held -= unit.wire.length;
    }
  }

  async #finish(file: ClipFile): Promise<RecordingEnd> {
    const { clock } = this.#surroundings;
    const cut = this.#cut;
    const { first, last, gaps } = this.#film;
    const told = { gaps, ...(cut === undefined ? {} : { cut }), ...(this.#detail === undefined ? {} : { detail: this.#detail }) };
    const { bytes } = file;
    if (bytes === 0 || first === undefined || last === undefined) {
      await this.#atDisk(() => file.discard());
      return { bytes: 0, ...told };
    }
    // A camera that went away and did not come back.
    const ended = Math.min(clock.monotonic(), this.#endsAt);
    if (ended - last > longestStep) gaps.push({ from: this.#wall(last), to: this.#wall(ended) });
    const sha256 = await this.#atDisk(() => file.finish());
    return { bytes, sha256, from: this.#wall(first), to: this.#wall(last), ...told };
  }

  #await(unit: AccessUnit, at: number): void {
    const { memory } = this.#surroundings;
    if ((unit.track === 'audio' && !this.#spec.sound) || this.#life.signal.aborted) return;
    this.#queue.push({ unit, at });
    memory.held += unit.wire.length;
    if (memory.full) this.stop('slow-disk');
  }

  /** Writes what waits, piece by piece. */
  async #drain(file: ClipFile): Promise<void> {
    const before = file.bytes;
    while (this.#queue.length > 0 && !this.#broken) {
      // Asked before it is its turn: others need not wait for the answer.
      await this.#fits(file.bytes + pieceBytes);
      using _turn = await this.#surroundings.turns.take();
      const written = this.#film.last;
      const piece = this.#mux();
      if (piece.length === 0) continue;
      try {
        if (await this.#fits(file.bytes + piece.length)) {
          await file.append(piece);
          continue;
        }
        this.#break('no-room');
      } catch (error) {
        this.#break('disk', sentenceOf(error));
      }
      this.#film.last = written;
    }
    const { first, last } = this.#film;
    if (file.bytes === before || first === undefined || last === undefined) return;
    const grown: RecordingMessage = { kind: 'grown', bytes: file.bytes, from: this.#wall(first), to: this.#wall(last) };
    this.#spec.port.postMessage(grown);
  }

  async #atDisk<Value>(work: () => Promise<Value>): Promise<Value> {
    using _turn = await this.#surroundings.turns.take();
    return await work();
  }

  /** As much of what waits as goes into one piece. */
  #mux(): Buffer {
    let taken = 0;
    for (const { unit, at } of this.#queue) {
      if (this.#film.size >= pieceBytes || this.#film.over) break;
      taken += 1;
      this.#surroundings.memory.held -= unit.wire.length;
      this.#film.accept(unit, at);
    }
    this.#queue.splice(0, taken);
    if (this.#film.over) this.#break('format');
    return this.#film.take();
  }

  #take(order: RecordingOrder): void {
    if (order.kind === 'lasting') {
      this.#endsAt = Math.max(this.#endsAt, this.#surroundings.clock.monotonic() + order.lasting);
      return;
    }
    this.#room = order.room ?? this.#room;
    this.#answer?.();
  }

  /** Asks for more room where need be. */
  async #fits(bytes: number): Promise<boolean> {
    if (bytes <= this.#room) return true;
    if (this.#unheard) return false;
    const answered = new Promise<void>((resolve) => {
      this.#answer = resolve;
    });
    this.#spec.port.postMessage({ kind: 'wants', room: bytes } satisfies RecordingMessage);
    await answered;
    return bytes <= this.#room;
  }

  #wall(at: number): Instant {
    return instant(Math.round(this.#wallAtZero + at));
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
