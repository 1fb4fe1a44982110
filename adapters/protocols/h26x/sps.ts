/** The sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1, §E.1.1): what a muxer and a person want to know of it. */
import { ProtocolError } from '../protocol-error.ts';
import { BitReader, withoutEmulation } from './bits.ts';
import { h264Nal, h264NalType } from './nal.ts';

export interface H264Sps {
  readonly profile: number;
  /** The constraint flags byte. */
  readonly constraints: number;
  /** Times ten: 31 is level 3.1. */
  readonly level: number;
  readonly width: number;
  readonly height: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** From the VUI timing, where the camera fills it in. */
  readonly framesPerSecond?: number;
}

const profilesWithChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const maxSide = 16_384;

/** Throws ProtocolError. */
export function parseH264Sps(nal: Uint8Array): H264Sps {
  if (h264NalType(nal) !== h264Nal.sps) throw new ProtocolError('a sequence parameter set', `NAL type ${h264NalType(nal)}`, 'byte 0');
  const bits = new BitReader(withoutEmulation(nal.subarray(1, 1024)));
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  const level = bits.bits(8);
  bits.unsigned();
  const { chromaFormat, bitDepthLuma, bitDepthChroma } = readChroma(bits, profile);
  bits.unsigned();
  skipPictureOrder(bits);
  bits.unsigned();
  bits.bit();
  const widthBlocks = bits.unsigned() + 1;
  const heightUnits = bits.unsigned() + 1;
  const framesOnly = bits.bit();
  if (!framesOnly) bits.bit();
  bits.bit();
  const crop = bits.bit() ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()] : [0, 0, 0, 0];
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  const width = widthBlocks * 16 - (crop[0]! + crop[1]!) * cropX;
  const height = heightUnits * 16 * (2 - framesOnly) - (crop[2]! + crop[3]!) * cropY;
  if (!(width > 0 && height > 0 && width <= maxSide && height <= maxSide)) {
    throw new ProtocolError(`a picture of 1 to ${maxSide} pixels a side`, `${width}x${height}`, 'the sequence parameter set');
  }
  const framesPerSecond = readFrameRate(bits);
  return {
    profile,
    constraints,
    level,
    width,
    height,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
  };
}

/** RFC 6381: `avc1.` and three bytes, for example `avc1.64001f`. */
export function avcCodec(sps: Pick<H264Sps, 'profile' | 'constraints' | 'level'>): string {
  return `avc1.${[sps.profile, sps.constraints, sps.level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function readChroma(bits: BitReader, profile: number) {
  if (!profilesWithChroma.has(profile)) return { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 };
  const chromaFormat = bits.unsigned();
  if (chromaFormat > 3) throw new ProtocolError('chroma_format_idc 0 to 3', `${chromaFormat}`, 'the sequence parameter set');
  if (chromaFormat === 3) bits.bit();
  const bitDepthLuma = bits.unsigned() + 8;
  const bitDepthChroma = bits.unsigned() + 8;
  bits.bit();
  if (bits.bit()) {
    for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list += 1) if (bits.bit()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return { chromaFormat, bitDepthLuma, bitDepthChroma };
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index += 1) {
    if (next !== 0) next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned();
  if (type !== 1) return;
  bits.bit();
  bits.signed();
  bits.signed();
  const count = bits.unsigned();
  if (count > 255) throw new ProtocolError('at most 255 reference frames in a cycle', `${count}`, 'the sequence parameter set');
  for (let index = 0; index < count; index += 1) bits.signed();
}

/** The VUI may be cut short or nonsense: then there is no frame rate, and nothing else is lost. */
function readFrameRate(bits: BitReader): number | undefined {
  try {
    if (!bits.bit()) return undefined;
    if (bits.bit() && bits.bits(8) === 255) bits.bits(32);
    if (bits.bit()) bits.bit();
    if (bits.bit()) {
      bits.bits(4);
      if (bits.bit()) bits.bits(24);
    }
    if (bits.bit()) {
      bits.unsigned();
      bits.unsigned();
    }
    if (!bits.bit()) return undefined;
    const unitsInTick = bits.bits(32);
    const timeScale = bits.bits(32);
    const rate = timeScale / (2 * unitsInTick);
    return rate >= 1 && rate <= 240 ? rate : undefined;
  } catch {
    return undefined;
  }
}
