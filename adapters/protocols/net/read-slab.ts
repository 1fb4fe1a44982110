/**
 * Memory that a socket reads into, one read right behind the other. Without it Node takes 64 KiB for every read, however little comes: at one
 * packet per read that is a fifth of the CPU of a relayed stream, and packets of one picture lie apart.
 */
import type { OnReadOpts } from 'node:net';

/** As small as may be: what a group of pictures keeps of its last slab is not used by anybody. Reads of 10 KB are cut in one of twelve pictures. */
const slabBytes = 128 * 1024;
/** Less room than this is left unused: a read would have to be cut in two. */
const leastRoom = 16 * 1024;

export class ReadSlab {
  /** The `onread` of net.connect. TLS sockets have none. */
  readonly onread: OnReadOpts;
  /** Hears each read. Its bytes are never written to again. */
  hear: (bytes: Buffer) => void = () => undefined;
  // Never the pool: spans of it may be kept for long (GOP cache).
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #at = 0;

  constructor() {
    this.onread = {
      buffer: () => {
        if (slabBytes - this.#at < leastRoom) {
          this.#slab = Buffer.allocUnsafeSlow(slabBytes);
          this.#at = 0;
        }
        return this.#slab.subarray(this.#at);
      },
      callback: (length) => {
        const from = this.#at;
        this.#at += length;
        this.hear(this.#slab.subarray(from, this.#at));
        return true;
      },
    };
  }
}
