/** Makes an input smaller while it still shows what it showed: ever shorter ranges are left out. */

/** `still`: does this smaller input show the same? It is asked at most `tries` times. */
export function minimise(input: Uint8Array, still: (input: Uint8Array) => boolean, tries = 2_000): Uint8Array {
  let smallest = input;
  let left = tries;
  for (let length = input.length; length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < smallest.length; ) {
      if (left === 0) return smallest;
      left -= 1;
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]);
      if (still(shorter)) smallest = shorter;
      else at += length;
    }
  }
  return smallest;
}
