/** Memory that a fuzzing thread and its watcher share: the input that runs now, how many ran, and which thread it is. It survives the thread. */
import { readlinkSync } from 'node:fs';

const head = 12;
const room = 256 * 1024;

export class Slate {
  readonly shared: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: unknown = new SharedArrayBuffer(head + room)) {
    if (!(shared instanceof SharedArrayBuffer)) throw new Error('A slate needs shared memory.');
    this.shared = shared;
    this.#numbers = new Int32Array(shared, 0, 3);
    this.#bytes = new Uint8Array(shared, head);
  }

  /** Called by the fuzzing thread: the kernel's number for it, where there is one. */
  sign(): void {
    try {
      this.#numbers[2] = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    } catch {
      this.#numbers[2] = 0;
    }
  }

  /** 0: unknown. */
  get thread(): number {
    return this.#numbers[2]!;
  }

  write(input: Uint8Array): void {
    this.#bytes.set(input);
    this.#numbers[1] = input.length;
    Atomics.add(this.#numbers, 0, 1);
  }

  /** Grows with every input, those of a repetition included. */
  get written(): number {
    return Atomics.load(this.#numbers, 0);
  }

  read(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#numbers[1]));
  }
}
