/** A file that grows by whole pieces and is hashed as it grows. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { growing, settle } from '../../runtime/growing-file.ts';

export class ClipFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** Throws where the file is there already. */
  static async open(file: string): Promise<ClipFile> {
    return new ClipFile(file, await open(growing(file), 'wx', 0o600));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** All of it, or nothing: where it throws the file ends as before. */
  async append(piece: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < piece.length; ) {
        const { bytesWritten } = await this.#handle.write(piece, at, piece.length - at, this.#bytes + at);
        at += bytesWritten;
      }
    } catch (error) {
      await this.#handle.truncate(this.#bytes).catch(() => undefined); // Its whole fragments are found when it is read.
      throw error;
    }
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  /** What was written so far survives a power cut. */
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  /** Gives it its name; returns the SHA-256 in hex. */
  async finish(): Promise<string> {
    await this.#handle.sync();
    await this.#handle.close();
    await settle(this.#file);
    return this.#hash.digest('hex');
  }

  /** There is nothing in it. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await unlink(growing(this.#file));
  }
}
