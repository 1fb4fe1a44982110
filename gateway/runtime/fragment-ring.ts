/**
 * Carries MP4 fragments from the media worker to the main thread through shared memory: one writer, one reader, in order. What moves from thread
 * to thread as a message of its own is allocated and collected on both sides, and wakes the other one, for each picture of each stream.
 *
 * Other things are said beside it, through a port. So that both can be taken in the order in which they were given, a fragment knows how many of
 * those came before it.
 */
import { instant } from '../domain/time.ts';
import type { Fragment } from './fragment-group.ts';

/** Holds a quarter of a second of most streams; as a rule it is empty. */
const usualBytes = 128 * 1024;
/** So many may wait, a second of pictures and sound. A power of two. */
const mostWaiting = 128;
/** Counters, then the places of those that wait, then the fragments. */
const counters = { written: 0, read: 1, places: 2 } as const;
const front = 4 * (counters.places + mostWaiting);
/** Before each fragment: its length, track, keyframe, time, and what came before it beside the ring. */
const head = 24;
const tracks = ['video', 'audio'] as const;

export class FragmentRing {
  readonly shared: SharedArrayBuffer;
  readonly #bytes: Buffer;
  readonly #counters: Int32Array;
  /** This side's own: how many it has written, or read. */
  #count = 0;
  /** The writer's: where the last one ends. */
  #end = 0;

  /** The other side's memory, or new with room for so many bytes. */
  constructor(shared: SharedArrayBuffer | number = usualBytes) {
    this.shared = typeof shared === 'number' ? new SharedArrayBuffer(front + shared) : shared;
    this.#counters = new Int32Array(this.shared, 0, front / 4);
    this.#bytes = Buffer.from(this.shared, front);
  }

  /** Copies the fragment in. `before`: how much was said beside the ring. False: there is no room, it has to go that way too. */
  put({ track, keyframe, capturedAt, bytes }: Fragment, before: number): boolean {
    const length = head + bytes.length;
    const at = this.#placeFor(length);
    if (at === undefined) return false;
    this.#bytes.writeUInt32LE(bytes.length, at);
    this.#bytes[at + 4] = tracks.indexOf(track);
    this.#bytes[at + 5] = keyframe ? 1 : 0;
    this.#bytes.writeDoubleLE(capturedAt, at + 8);
    this.#bytes.writeUInt32LE(before, at + 16);
    this.#bytes.set(bytes, at + head);
    this.#end = at + length;
    this.#counters[placeOf(this.#count)] = at;
    this.#count = (this.#count + 1) | 0;
    Atomics.store(this.#counters, counters.written, this.#count);
    return true;
  }

  /** The next fragment, unless something comes first that was said beside the ring: `heard` of that so far. Its bytes last until it is freed. */
  next(heard: number): Fragment | undefined {
    if (Atomics.load(this.#counters, counters.written) === this.#count) return undefined;
    const at = this.#counters[placeOf(this.#count)]!;
    if (this.#bytes.readUInt32LE(at + 16) > heard) return undefined;
    const start = at + head;
    const bytes = this.#bytes.subarray(start, start + this.#bytes.readUInt32LE(at));
    const track = tracks[this.#bytes[at + 4]!]!;
    return { kind: 'fragment', track, keyframe: this.#bytes[at + 5] === 1, capturedAt: instant(this.#bytes.readDoubleLE(at + 8)), bytes };
  }

  /** The reader is done with that one. */
  free(): void {
    this.#count = (this.#count + 1) | 0;
    Atomics.store(this.#counters, counters.read, this.#count);
  }

  #placeFor(length: number): number | undefined {
    const room = this.#bytes.length;
    const read = Atomics.load(this.#counters, counters.read);
    const waiting = (this.#count - read) | 0;
    // Empty: the front is in the processor's cache.
    if (waiting === 0) return length <= room ? 0 : undefined;
    if (waiting >= mostWaiting) return undefined;
    const oldest = this.#counters[placeOf(read)]!;
    if (this.#end <= oldest) return oldest - this.#end >= length ? this.#end : undefined;
    if (room - this.#end >= length) return this.#end;
    return oldest >= length ? 0 : undefined;
  }
}

/** Puts into a ring, and counts what is said beside it. */
export class RingWriter {
  readonly #ring: FragmentRing;
  #said = 0;

  constructor(ring: FragmentRing) {
    this.#ring = ring;
  }

  /** False: there is no room, it has to be said beside the ring. */
  put(fragment: Fragment): boolean {
    return this.#ring.put(fragment, this.#said);
  }

  /** To be called with each thing that is said beside it. */
  beside(): void {
    this.#said += 1;
  }
}

/** What comes through a ring and what is said beside it, in the order in which both were given. */
export class RingReader {
  readonly #ring: FragmentRing;
  readonly #take: (fragment: Fragment) => void;
  #heard = 0;

  constructor(ring: FragmentRing, take: (fragment: Fragment) => void) {
    this.#ring = ring;
    this.#take = take;
  }

  /** Takes what lies there. */
  look(): void {
    for (let fragment = this.#ring.next(this.#heard); fragment; fragment = this.#ring.next(this.#heard)) {
      this.#take(fragment);
      this.#ring.free();
    }
  }

  /** To be called with each thing that was said beside it, before that is taken. */
  beside(): void {
    this.look();
    this.#heard += 1;
  }
}

const placeOf = (count: number) => counters.places + (count & (mostWaiting - 1));
