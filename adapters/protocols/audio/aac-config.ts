/** AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): what AAC frames are, in a handful of bytes. */
import { BitReader } from '../bit-reader.ts';
import { ProtocolError } from '../protocol-error.ts';

export interface AacConfig {
  /** 2 is LC; 5 and 29 announce spectral band replication and parametric stereo on top of it. */
  readonly objectType: number;
  /** Hz, of the frames themselves: half of what comes out where there is band replication. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per frame at that rate. */
  readonly frameLength: 960 | 1024;
}

const sampleRates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
const writtenOut = 15;
const longest = 64;
/** Main, LC, SSR and LTP, by themselves or under band replication: all of them frames of 1024 or 960 samples. */
const lastPlainType = 4;
const bandReplication = 5;
const parametricStereo = 29;

/** Throws ProtocolError for what is no AAC, or one that no camera sends. */
export function parseAacConfig(config: Uint8Array): AacConfig {
  if (config.length > longest) throw new ProtocolError(`at most ${longest} bytes`, `${config.length}`, 'the AAC config');
  const bits = new BitReader(config);
  const objectType = readObjectType(bits);
  const sampleRate = readSampleRate(bits);
  const layout = bits.bits(4);
  let coded = objectType;
  if (objectType === bandReplication || objectType === parametricStereo) {
    readSampleRate(bits);
    coded = readObjectType(bits);
  }
  if (coded < 1 || coded > lastPlainType) throw new ProtocolError('AAC-LC or HE-AAC', `audio object type ${coded}`, 'the AAC config');
  if (layout < 1 || layout > 7) throw new ProtocolError('a channel layout from 1 to 7', `${layout}`, 'the AAC config');
  const frameLength = bits.bit() ? 960 : 1024;
  return { objectType, sampleRate, channels: layout === 7 ? 8 : layout, frameLength };
}

/** samplingFrequencyIndex; -1 for a rate that has to be written out. */
export function aacRateIndex(sampleRate: number): number {
  return sampleRates.indexOf(sampleRate);
}

/** AAC-LC, for cameras that leave the config out. Undefined where the rate or the channels are none of AAC's. */
export function plainAacConfig(sampleRate: number, channels: number): Uint8Array | undefined {
  const index = aacRateIndex(sampleRate);
  if (index < 0 || channels < 1 || channels > 6) return undefined;
  return Uint8Array.of((2 << 3) | (index >> 1), ((index & 1) << 7) | (channels << 3));
}

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === 31 ? 32 + bits.bits(6) : type;
}

function readSampleRate(bits: BitReader): number {
  const index = bits.bits(4);
  const rate = index === writtenOut ? bits.bits(24) : (sampleRates[index] ?? 0);
  if (rate < 1_000 || rate > 192_000) throw new ProtocolError('a sample rate from 1 to 192 kHz', `index ${index}, ${rate} Hz`, 'the AAC config');
  return rate;
}
