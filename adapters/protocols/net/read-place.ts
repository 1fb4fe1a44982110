/**
 * Where sockets read into: one place for all of a thread, used again by every read, so that it stays in the processor's cache. Without it Node
 * takes 64 KiB for each read, however little comes: at one packet per read that is a fifth of the CPU of a relayed stream.
 */
import type { OnReadOpts } from 'node:net';

/** As much as libuv reads at once. */
const place = Buffer.allocUnsafeSlow(64 * 1024);

export class ReadPlace {
  /** The `onread` of net.connect. TLS sockets have none. */
  readonly onread: OnReadOpts;
  /** Hears each read. The bytes are those of the next read as soon as it returns. */
  hear: (bytes: Buffer) => void = () => undefined;

  constructor() {
    this.onread = {
      buffer: place,
      callback: (length) => {
        this.hear(place.subarray(0, length));
        return true;
      },
    };
  }
}
