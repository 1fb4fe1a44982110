/** Collects the parts of one frame: headers and small pieces in one buffer, large pieces as views of the bytes that came in. */
import { mostPesPayload, pesHeaderLength, writePesContinuation, writePesStart } from './headers.ts';

/** A piece up to this is copied next to the headers; a part of its own would cost more. */
const copiedUpTo = 512;

/** How much of the head buffer a piece of this length takes. */
export function copiedLength(length: number): number {
  return length <= copiedUpTo ? length : 0;
}

/** Room in the head buffer for `size` bytes of picture or sound, of which so many are copied. */
export function headRoom(size: number, copied: number): number {
  return pesHeaderLength.both + pesHeaderLength.none * Math.ceil(size / mostPesPayload) + copied;
}

export class PesWriter {
  readonly #head: Buffer;
  readonly #parts: Uint8Array[] = [];
  /** Of the head buffer: what lies before `#from` stands in a part already. */
  #from = 0;
  #at = 0;
  #id = 0;
  /** Of the packet that is open, and behind it. */
  #room = 0;
  #left = 0;

  constructor(room: number) {
    this.#head = Buffer.allocUnsafe(room);
  }

  /** `write` gets the head buffer and where it goes on, and returns where it ended. */
  header(write: (bytes: Buffer, at: number) => number): void {
    this.#at = write(this.#head, this.#at);
  }

  /** A picture or a sound of `size` bytes, which `carry` brings. */
  begin(id: number, size: number, pts: number, dts?: number): void {
    this.#id = id;
    this.#room = Math.min(size, mostPesPayload);
    this.#left = size - this.#room;
    this.#at = writePesStart(this.#head, this.#at, { id, payload: this.#room, pts, dts });
  }

  /** bytes[0, end), over as many packets as it takes. */
  carry(bytes: Uint8Array, end: number): void {
    for (let from = 0; from < end; ) {
      if (this.#room === 0) {
        this.#room = Math.min(this.#left, mostPesPayload);
        this.#left -= this.#room;
        this.#at = writePesContinuation(this.#head, this.#at, this.#id, this.#room);
      }
      const to = Math.min(end, from + this.#room);
      this.#room -= to - from;
      this.#add(bytes, from, to, end);
      from = to;
    }
  }

  finish(): Uint8Array[] {
    this.#flush();
    return this.#parts;
  }

  #add(bytes: Uint8Array, from: number, to: number, end: number): void {
    const whole = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
    if (copiedLength(end) > 0) {
      this.#head.set(whole, this.#at);
      this.#at += to - from;
      return;
    }
    this.#flush();
    this.#parts.push(whole);
  }

  #flush(): void {
    if (this.#at > this.#from) this.#parts.push(this.#head.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}
