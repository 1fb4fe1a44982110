/**
 * Carries MP4 fragments from the media worker to the main thread through shared memory: one writer, one reader, in order. What moves from thread
 * to thread as a message of its own is allocated and collected on both sides, for each picture of each stream.
 */
import { instant } from '../domain/time.ts';
import type { Fragment } from './fragment-group.ts';

/** Holds a quarter of a second of most streams; as a rule it is empty. */
const usualBytes = 128 * 1024;
/** Before the records: how far the reader is. */
const front = 8;
/** Before each fragment: its length, track, keyframe and time. */
const head = 24;
const tracks = ['video', 'audio'] as const;

export class FragmentRing {
  readonly shared: SharedArrayBuffer;
  readonly #bytes: Buffer;
  readonly #tail: Int32Array;
  /** The writer's: where the next record goes. */
  #next = 0;

  /** The other side's memory, or new. */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(front + usualBytes)) {
    this.shared = shared;
    this.#tail = new Int32Array(shared, 0, 1);
    this.#bytes = Buffer.from(shared, front);
  }

  /** Copies the fragment in; returns where it lies, undefined where there is no room: then it has to go another way. */
  put({ track, keyframe, capturedAt, bytes }: Fragment): number | undefined {
    const length = head + bytes.length;
    const at = this.#place(length);
    if (at === undefined) return undefined;
    this.#bytes.writeUInt32LE(bytes.length, at);
    this.#bytes[at + 4] = tracks.indexOf(track);
    this.#bytes[at + 5] = keyframe ? 1 : 0;
    this.#bytes.writeDoubleLE(capturedAt, at + 8);
    this.#bytes.set(bytes, at + head);
    this.#next = at + length;
    return at;
  }

  /** The fragment that lies there; its bytes last until it is freed. */
  read(at: number): Fragment {
    const start = at + head;
    const bytes = this.#bytes.subarray(start, start + this.#bytes.readUInt32LE(at));
    const track = tracks[this.#bytes[at + 4]!]!;
    return { kind: 'fragment', track, keyframe: this.#bytes[at + 5] === 1, capturedAt: instant(this.#bytes.readDoubleLE(at + 8)), bytes };
  }

  /** The reader is done with this one, and with all before it. */
  free(at: number): void {
    Atomics.store(this.#tail, 0, at + head + this.#bytes.readUInt32LE(at));
  }

  #place(length: number): number | undefined {
    const room = this.#bytes.length;
    let tail = Atomics.load(this.#tail, 0);
    if (tail === this.#next) {
      // Empty: nobody reads, and the front is in the processor's cache.
      Atomics.store(this.#tail, 0, 0);
      tail = 0;
      this.#next = 0;
    }
    if (this.#next >= tail) {
      if (room - this.#next >= length) return this.#next;
      return tail > length ? 0 : undefined;
    }
    return tail - this.#next > length ? this.#next : undefined;
  }
}
