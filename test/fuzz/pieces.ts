/** An input that is a list (packets, payloads, chunks): each piece behind its length, two bytes. Any bytes are such a list. */

const most = 0xffff;

/** A last piece that is cut short is as long as there are bytes. */
export function split(input: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at + 2 <= input.length; ) {
    const end = Math.min(input.length, at + 2 + ((input[at]! << 8) | input[at + 1]!));
    pieces.push(input.subarray(at + 2, end));
    at = end;
  }
  return pieces;
}

/** Longer pieces than 65535 bytes are cut. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + 2 + Math.min(most, piece.length), 0));
  let at = 0;
  for (const piece of pieces) {
    const length = Math.min(most, piece.length);
    joined[at] = length >> 8;
    joined[at + 1] = length & 0xff;
    joined.set(piece.subarray(0, length), at + 2);
    at += 2 + length;
  }
  return joined;
}
