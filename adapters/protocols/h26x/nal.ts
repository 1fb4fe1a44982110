/** NAL units of H.264 (ITU-T H.264 §7.3.1, Annex B). */

export const h264Nal = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9, endOfSequence: 10, filler: 12 } as const;

export function h264NalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** Is there a start code (00 00 01 or 00 00 00 01) at the very beginning? */
export function startsWithStartCode(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && (bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1));
}

/** The units of an Annex-B byte stream, without start codes and trailing zeros; bytes before the first start code are not a unit. */
export function splitAnnexB(stream: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  const take = (end: number) => {
    let to = end;
    while (to > start && stream[to - 1] === 0) to -= 1;
    if (start >= 0 && to > start) nals.push(stream.subarray(start, to));
  };
  for (let at = 0; at + 2 < stream.length; ) {
    const third = stream[at + 2]!;
    if (third > 1) at += 3;
    else if (third === 1 && stream[at] === 0 && stream[at + 1] === 0) {
      take(at);
      start = at + 3;
      at += 3;
    } else at += 1;
  }
  take(stream.length);
  return nals;
}

/** A picture: slice data of any kind (types 1 to 5). */
export function isH264Slice(nal: Uint8Array): boolean {
  const type = h264NalType(nal);
  return type >= 1 && type <= 5;
}
