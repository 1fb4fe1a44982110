/** The two long lists inside an H.265 sequence parameter set, which nobody here needs but which stand before the timing. */
import type { BitReader } from '../bit-reader.ts';
import { ProtocolError } from '../protocol-error.ts';

/** ITU-T H.265 §7.3.4. */
export function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size += 1) {
    // Of 32x32 only one in three is sent, whatever the chroma format.
    const step = size === 3 ? 3 : 1;
    for (let matrix = 0; matrix < 6; matrix += step) {
      if (bits.bit() === 0) {
        bits.unsigned();
        continue;
      }
      if (size > 1) bits.signed();
      bits.skipUnsigned(Math.min(64, 1 << (4 + 2 * size)));
    }
  }
}

/** num_short_term_ref_pic_sets and that many sets (ITU-T H.265 §7.3.7). */
export function skipShortTermSets(bits: BitReader): void {
  const count = bits.unsigned();
  demandAtMost(64, count);
  let pictures = 0;
  for (let set = 0; set < count; set += 1) pictures = set > 0 && bits.bit() ? skipPredictedSet(bits, pictures) : skipPlainSet(bits);
}

/** Returns how many pictures the set has. */
function skipPlainSet(bits: BitReader): number {
  const pictures = bits.unsigned() + bits.unsigned();
  demandAtMost(32, pictures);
  for (let picture = 0; picture < pictures; picture += 1) {
    bits.unsigned();
    bits.skip(1);
  }
  return pictures;
}

/** Predicted from the set before, which has `reference` pictures. */
function skipPredictedSet(bits: BitReader, reference: number): number {
  bits.skip(1);
  bits.unsigned();
  let pictures = 0;
  for (let picture = 0; picture <= reference; picture += 1) if (bits.bit() || bits.bit()) pictures += 1;
  demandAtMost(32, pictures);
  return pictures;
}

function demandAtMost(most: number, count: number): void {
  if (count > most) throw new ProtocolError(`at most ${most} reference pictures`, `${count}`, 'the sequence parameter set');
}
