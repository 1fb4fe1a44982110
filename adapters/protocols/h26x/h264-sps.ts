/** The sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1, §E.1.1): what a muxer and a person want to know of it. */
import { BitReader } from '../bit-reader.ts';
import { ProtocolError } from '../protocol-error.ts';
import { h264Nal, h264NalType } from './nal.ts';
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
  /** From the VUI, where the camera fills it in. */
  readonly framesPerSecond?: number;
  readonly reordering?: number;
}

const profilesWithChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Throws ProtocolError. */
export function parseH264Sps(nal: Uint8Array): H264Sps {
  if (h264NalType(nal) !== h264Nal.sps) throw new ProtocolError('a sequence parameter set', `NAL type ${h264NalType(nal)}`, 'byte 0');
  const bits = new BitReader(payloadOfSet(nal, 1));
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
  demandSaneSides(width, height);
  const hints = hintsOf((found) => bits.bit() && readUsability(bits, found));
  return {
    profile,
    constraints,
    level,
    width,
    height,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    ...hints,
  };
}

/** RFC 6381: `avc1.` and three bytes, for example `avc1.64001f`. */
export function avcCodec(sps: Pick<H264Sps, 'profile' | 'constraints' | 'level'>): string {
  return `avc1.${[sps.profile, sps.constraints, sps.level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function readChroma(bits: BitReader, profile: number) {
  if (!profilesWithChroma.has(profile)) return { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 };
  const chromaFormat = readChromaFormat(bits);
  if (chromaFormat === 3) bits.bit();
  const bitDepthLuma = readBitDepth(bits);
  const bitDepthChroma = readBitDepth(bits);
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

/** The VUI (§E.1.1). */
function readUsability(bits: BitReader, found: SetHints): void {
  skipVideoSignal(bits);
  if (bits.bit()) {
    // A tick is a field, two of them a frame (§E.2.1).
    found.framesPerSecond = (readTickRate(bits) ?? 0) / 2;
    bits.skip(1);
  }
  const [nal, vcl] = [skipBuffering(bits), skipBuffering(bits)];
  if (nal || vcl) bits.skip(1);
  bits.skip(1);
  if (!bits.bit()) return;
  bits.skip(1);
  bits.skipUnsigned(4);
  found.reordering = bits.unsigned();
}

/** Parameters of the hypothetical decoder, if there are any (§E.1.2). */
function skipBuffering(bits: BitReader): boolean {
  if (!bits.bit()) return false;
  const count = bits.unsigned() + 1;
  if (count > 32) throw new ProtocolError('at most 32 buffers', `${count}`, 'the sequence parameter set');
  bits.skip(8);
  for (let buffer = 0; buffer < count; buffer += 1) {
    bits.skipUnsigned(2);
    bits.skip(1);
  }
  bits.skip(20);
  return true;
}
