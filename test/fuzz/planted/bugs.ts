/** Parsers with one bug each, loaded with counters as product code is: whoever cannot find these finds nothing. */
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';

function afterMagic(input: Uint8Array, version: number): Uint8Array {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.toString('latin1', 0, 4) !== 'CAMX') throw new ProtocolError('the magic', 'other bytes', 'byte 0');
  if (bytes.length < 8 || bytes.readUInt16BE(4) !== version) throw new ProtocolError(`version ${version}`, 'another', 'byte 4');
  return bytes.subarray(6);
}

/** Reads past the end where the length claims more than there is. */
export function crashes(input: Uint8Array): number {
  const [kind = 0, length = 0, ...rest] = afterMagic(input, 0x0102);
  if (kind !== 7) return 0;
  const list: readonly number[][] = [rest];
  return list[length > 200 ? 1 : 0]!.length;
}

/** An element of length zero never moves on. */
export function hangs(input: Uint8Array): number {
  const body = afterMagic(input, 0x0203);
  let elements = 0;
  for (let at = 0; at < body.length; at += body[at]!) {
    elements += 1;
    if (elements > 0 && body[at]! > 250) return elements;
  }
  return elements;
}

/** Believes a length field. */
export function hoards(input: Uint8Array): number {
  const body = afterMagic(input, 0x0304);
  return body[0] === 9 ? new Array(body[1]! * 131_072).fill(0).length : 0;
}

/** Compares everything with everything, forty times, as soon as there is much. */
export function dawdles(input: Uint8Array): number {
  let same = 0;
  const body = afterMagic(input, 0x0405);
  if (body.length < 1_000) return 0;
  for (let time = 0; time < 40; time += 1) {
    for (const one of body.subarray(0, 1_000)) for (const other of body.subarray(0, 1_000)) if (one === other) same += 1;
  }
  return same;
}

/** No bug at all. */
export function behaves(input: Uint8Array): number {
  return afterMagic(input, 0x0506).length;
}
