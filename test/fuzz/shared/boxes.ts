/** Boxes of MP4, for targets that write them. */
import { must } from '../target.ts';

const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf']);

/** The types of the boxes at bytes[start, end), depth first; each must end where its parent says. */
export function boxTypes(source: Uint8Array, start = 0, end = source.length): string[] {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const types: string[] = [];
  for (let at = start; at < end; ) {
    const size = at + 8 <= end ? bytes.readUInt32BE(at) : 0;
    must(size >= 8 && at + size <= end, 'a box lies in its parent', () => [start, at, size, end]);
    const type = bytes.toString('latin1', at + 4, at + 8);
    types.push(type);
    if (containers.has(type)) types.push(...boxTypes(source, at + 8, at + size));
    at += size;
  }
  return types;
}
