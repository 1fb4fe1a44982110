/** A line that can be cut as an excavator cuts it: nothing passes any more, and neither end is told. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class Severable extends Duplex {
  readonly #socket: Socket;
  #severed = false;

  constructor(socket: Socket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (!this.#severed && !this.push(chunk)) socket.pause();
    });
    socket.on('end', () => {
      if (!this.#severed) this.push(null);
    });
    socket.on('error', (error) => {
      if (!this.#severed) this.destroy(error);
    });
    socket.on('close', () => {
      if (!this.#severed) this.destroy();
    });
  }

  /** From now on silence: no FIN, no reset, nothing read. The socket stays open until `hangUp`. */
  sever(): void {
    this.#severed = true;
    this.#socket.pause();
  }

  /** Ends the socket underneath, whatever was done to the line. */
  hangUp(): void {
    this.#socket.destroy();
  }

  override _read(): void {
    if (!this.#severed) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#severed) done();
    else this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#severed) done();
    else this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#severed) this.#socket.destroy();
    done(error);
  }
}
