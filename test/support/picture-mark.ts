/** The mark that every picture of the camera farm carries in an SEI (test/bench/native/wire.hpp): when it was sent, and its number. */

const name = Buffer.from('campus-benchmark');

export interface PictureMark {
  /** Milliseconds of the system's monotonic clock. */
  readonly sentAt: number;
  readonly picture: number;
}

/** The first mark in these bytes. */
export function markIn(bytes: Buffer): PictureMark | undefined {
  const at = bytes.indexOf(name);
  if (at < 0) return undefined;
  const digits = bytes.toString('latin1', at + name.length, at + name.length + 32);
  if (!/^[0-9a-f]{32}$/.test(digits)) return undefined;
  return { sentAt: Number(BigInt(`0x${digits.slice(0, 16)}`)) / 1e6, picture: Number.parseInt(digits.slice(16), 16) };
}

/** The clock that the marks are told by. */
export const systemMillis = (): number => Number(process.hrtime.bigint()) / 1e6;
