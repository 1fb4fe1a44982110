/** The sequence parameter set of H.265 (ITU-T H.265 §7.3.2.2, §7.3.3, §E.2.1): what a muxer and a person want to know of it. */
import { BitReader } from '../bit-reader.ts';
import { ProtocolError } from '../protocol-error.ts';
import { skipScalingLists, skipShortTermSets } from './h265-sps-lists.ts';
import { h265Nal, h265NalType } from './nal.ts';
import {
  demandSaneSides,
  hintsOf,
  payloadOfSet,
  readBitDepth,
  readChromaFormat,
  readTickRate,
  type SetHints,
  skipVideoSignal,
} from './parameter-sets.ts';

export interface H265Profile {
  readonly space: number;
  readonly tier: 0 | 1;
  readonly profile: number;
  /** 32 flags, the first in the highest bit. */
  readonly compatibility: number;
  /** Progressive, interlaced, … constraints: 6 bytes. */
  readonly constraints: readonly number[];
  /** Times thirty: 93 is level 3.1. */
  readonly level: number;
}

export interface H265Sps extends H265Profile {
  readonly subLayers: number;
  readonly temporalIdNested: boolean;
  readonly width: number;
  readonly height: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** From the VUI timing, where the camera fills it in. */
  readonly framesPerSecond?: number;
  readonly reordering?: number;
}

/** Throws ProtocolError. */
export function parseH265Sps(nal: Uint8Array): H265Sps {
  if (h265NalType(nal) !== h265Nal.sps) throw new ProtocolError('a sequence parameter set', `NAL type ${h265NalType(nal)}`, 'byte 0');
  const bits = new BitReader(payloadOfSet(nal, 2));
  bits.skip(4);
  const subLayers = bits.bits(3) + 1;
  if (subLayers > 7) throw new ProtocolError('at most 7 sub-layers', `${subLayers}`, 'the sequence parameter set');
  const temporalIdNested = bits.bit() === 1;
  const profile = readProfile(bits, subLayers);
  bits.unsigned();
  const chromaFormat = readChromaFormat(bits);
  if (chromaFormat === 3) bits.skip(1);
  const codedWidth = bits.unsigned();
  const codedHeight = bits.unsigned();
  // The conformance window counts in chroma samples (§7.4.3.2.1).
  const crop = bits.bit() ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()] : [0, 0, 0, 0];
  const width = codedWidth - (crop[0]! + crop[1]!) * (chromaFormat === 1 || chromaFormat === 2 ? 2 : 1);
  const height = codedHeight - (crop[2]! + crop[3]!) * (chromaFormat === 1 ? 2 : 1);
  demandSaneSides(width, height);
  const bitDepthLuma = readBitDepth(bits);
  const bitDepthChroma = readBitDepth(bits);
  const hints = hintsOf((found) => readHints(bits, subLayers, found));
  return {
    ...profile,
    subLayers,
    temporalIdNested,
    width,
    height,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    ...hints,
  };
}

/** ISO/IEC 14496-15 §E.3, for example `hvc1.1.6.L93.B0`. */
export function hevcCodec({ space, profile, compatibility, tier, level, constraints }: H265Profile): string {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) reversed = reversed * 2 + ((compatibility >>> bit) & 1);
  const bytes = constraints.slice(0, constraints.findLastIndex((byte) => byte !== 0) + 1);
  const parts = [
    `${['', 'A', 'B', 'C'][space]}${profile}`,
    reversed.toString(16),
    `${tier === 1 ? 'H' : 'L'}${level}`,
    ...bytes.map((byte) => byte.toString(16)),
  ];
  return `hvc1.${parts.join('.').toUpperCase()}`;
}

function readProfile(bits: BitReader, subLayers: number): H265Profile {
  const space = bits.bits(2);
  const tier = bits.bit() === 1 ? 1 : 0;
  const profile = bits.bits(5);
  const compatibility = bits.bits(32);
  const constraints = Array.from({ length: 6 }, () => bits.bits(8));
  const level = bits.bits(8);
  const present = Array.from({ length: subLayers - 1 }, () => ({ profile: bits.bit(), level: bits.bit() }));
  if (subLayers > 1) bits.skip(2 * (8 - (subLayers - 1)));
  for (const layer of present) bits.skip(88 * layer.profile + 8 * layer.level);
  return { space, tier, profile, compatibility, constraints, level };
}

/** Everything between the bit depth and the timing of the VUI has to be read over. */
function readHints(bits: BitReader, subLayers: number, found: SetHints): void {
  const orderBits = bits.unsigned() + 4;
  // The last layer is all of the stream (§7.4.3.2.1).
  for (let layers = bits.bit() ? subLayers : 1; layers > 0; layers -= 1) {
    bits.unsigned();
    found.reordering = bits.unsigned();
    bits.unsigned();
  }
  bits.skipUnsigned(6);
  if (bits.bit() && bits.bit()) skipScalingLists(bits);
  bits.skip(2);
  if (bits.bit()) {
    bits.skip(8);
    bits.skipUnsigned(2);
    bits.skip(1);
  }
  skipShortTermSets(bits);
  if (bits.bit()) {
    const pictures = bits.unsigned();
    if (pictures > 32) return;
    bits.skip(pictures * (orderBits + 1));
  }
  bits.skip(2);
  if (!bits.bit()) return;
  skipVideoSignal(bits);
  bits.skip(3);
  if (bits.bit()) bits.skipUnsigned(4);
  // A tick is a picture (§E.3.1); where the camera sends fields, a field.
  if (bits.bit()) found.framesPerSecond = readTickRate(bits);
}
