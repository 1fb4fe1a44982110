/**
 * What a worker shows of itself without being asked: a few numbers in memory that both threads see. Neither waits for the other, and a
 * queue of messages, however long, hides nothing.
 */
import { readlinkSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../domain/ports.ts';
import { millis } from '../domain/time.ts';

/** How often the worker shows itself; its loop must come round for that. */
export const beatEvery = millis(100);

const slots = { turns: 0, thread: 1, heap: 2, buffers: 3 } as const;
const kibibyte = 1024;

export class Vitals {
  readonly shared: SharedArrayBuffer;
  readonly #slots: Int32Array;

  constructor(shared = new SharedArrayBuffer(Object.keys(slots).length * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#slots = new Int32Array(shared);
  }

  /** Grows while the worker's loop turns; 0 until it has begun to. */
  get turns(): number {
    return Atomics.load(this.#slots, slots.turns);
  }

  /** Its id in the system (Linux); 0 where that is not known. */
  get thread(): number {
    return Atomics.load(this.#slots, slots.thread);
  }

  get heapBytes(): number {
    return Atomics.load(this.#slots, slots.heap) * kibibyte;
  }

  /** Memory outside the heap: buffers, which V8's own limits do not see. */
  get bufferBytes(): number {
    return Atomics.load(this.#slots, slots.buffers) * kibibyte;
  }

  /** The worker's side: shows how it is, again and again, until aborted. */
  async show(clock: Clock, signal: AbortSignal): Promise<void> {
    Atomics.store(this.#slots, slots.thread, currentThread());
    while (!signal.aborted) {
      const { used_heap_size, external_memory } = getHeapStatistics();
      Atomics.store(this.#slots, slots.heap, used_heap_size / kibibyte);
      Atomics.store(this.#slots, slots.buffers, external_memory / kibibyte);
      Atomics.add(this.#slots, slots.turns, 1);
      await clock.sleep(beatEvery, signal).catch(() => undefined); // Aborted: the loop ends.
    }
  }
}

function currentThread(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0; // Not Linux.
  }
}
