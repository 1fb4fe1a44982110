/**
 * Cuts the bytes of a TCP connection into what stands between LF and CR. Holds one frame at most: a sender that does not end its line is told so by
 * ProtocolError, and its connection is of no use after that. Also hears the heartbeat of older panels, which has brackets and no CR.
 */
import { ProtocolError } from '../protocol-error.ts';
import { mostBody } from './frame.ts';

const lf = 0x0a;
const cr = 0x0d;
const bracket = 0x5d;
const mostLine = mostBody + 8;

export class Dc09Framer {
  readonly #line = Buffer.alloc(mostLine);
  #held = 0;

  /** True while a frame has begun and not ended. */
  get waiting(): boolean {
    return this.#held > 0;
  }

  /** The frames that this chunk ends; each a copy. Throws ProtocolError for a line that is too long. */
  push(chunk: Uint8Array): readonly Buffer[] {
    const lines: Buffer[] = [];
    for (const byte of chunk) {
      // A new beginning drops what had no end: its sender will say it again.
      if (byte === lf) this.#held = 0;
      else if (byte === cr) this.#end(lines);
      else {
        if (this.#held === mostLine) throw new ProtocolError(`a line of at most ${mostLine} bytes`, 'a longer one', 'frame');
        this.#line[this.#held] = byte;
        this.#held += 1;
        if (byte === bracket && this.#line[0] === 0x53 && this.#line[1] === 0x52) this.#end(lines);
      }
    }
    return lines;
  }

  #end(lines: Buffer[]): void {
    if (this.#held > 0) lines.push(Buffer.from(this.#line.subarray(0, this.#held)));
    this.#held = 0;
  }
}

/** `SR0001L0001    006969XX    [ID00000000]`: a sign of life of panels older than DC-09. It is answered with one byte. */
export function readOldHeartbeat(line: Uint8Array): { readonly account: string } | undefined {
  const text = Buffer.from(line.buffer, line.byteOffset, Math.min(line.byteLength, 80)).toString('latin1');
  const [, account] = /^SR\d{4}L\d{4}\s+([0-9A-Za-z]{1,16})\s+\[ID[0-9A-Za-z]{0,16}\]$/.exec(text) ?? [];
  return account === undefined ? undefined : { account };
}

export const oldHeartbeatAnswer: Uint8Array = Uint8Array.of(0x06);
