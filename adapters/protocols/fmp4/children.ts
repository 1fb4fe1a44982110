/** Looks into boxes (ISO/IEC 14496-12 §4.2). */

/** The first box on this path inside a box; undefined: there is none, or it is not whole. */
export function inside(box: Buffer, [type, ...further]: readonly string[]): Buffer | undefined {
  for (let at = 8; box.length - at >= 8; ) {
    const length = box.readUInt32BE(at);
    if (length < 8 || at + length > box.length) return undefined;
    if (box.toString('latin1', at + 4, at + 8) === type) {
      const found = box.subarray(at, at + length);
      return further.length === 0 ? found : inside(found, further);
    }
    at += length;
  }
  return undefined;
}

/** Of a box that we made. Throws where it is not there. */
export function childOf(box: Buffer, type: string): Buffer {
  const found = inside(box, [type]);
  if (!found) throw new Error(`There is no ${type} in this box.`);
  return found;
}
