/** H.265 in MP4: what goes into hvcC, and which NAL units belong in a sample (ISO/IEC 14496-15 §8). */
import { hevcCodec, parseH265Sps } from '../h26x/h265-sps.ts';
import { h265Layer, h265Nal, h265NalType } from '../h26x/nal.ts';
import { demandSaneSize, setsOfType } from '../h26x/parameter-sets.ts';
import { ProtocolError } from '../protocol-error.ts';
import { box, u8, u16, u32 } from './boxes.ts';
import type { VideoTrackFormat } from './video-muxer.ts';

/** Throws ProtocolError where there is no readable SPS, or no VPS or PPS. */
export function hevcTrack(parameterSets: readonly Uint8Array[]): VideoTrackFormat {
  const arrays = [h265Nal.vps, h265Nal.sps, h265Nal.pps].map((type) => ({
    type,
    units: setsOfType(parameterSets, (set) => h265NalType(set) === type && h265Layer(set) === 0),
  }));
  const counts = arrays.map(({ units }) => units.length);
  const first = arrays[1]!.units[0];
  if (!first || counts.includes(0)) throw new ProtocolError('a VPS, an SPS and a PPS', counts.join(', '), 'the parameter sets');
  for (const { units } of arrays) demandSaneSize(units);
  const sps = parseH265Sps(first);
  const { width, height, framesPerSecond } = sps;
  return {
    facts: { codecs: hevcCodec(sps), width, height, ...(framesPerSecond === undefined ? {} : { framesPerSecond }) },
    brand: 'hvc1',
    // §8.3.3.1. What we do not know (spatial segmentation, parallelism, average frame rate) is 0: unspecified.
    configuration: box(
      'hvcC',
      u8(1, (sps.space << 6) | (sps.tier << 5) | sps.profile),
      u32(sps.compatibility),
      u8(...sps.constraints, sps.level, 0xf0, 0, 0xfc, 0xfc | sps.chromaFormat, 0xf8 | (sps.bitDepthLuma - 8), 0xf8 | (sps.bitDepthChroma - 8)),
      u16(0),
      u8((sps.subLayers << 3) | (sps.temporalIdNested ? 4 : 0) | 3, arrays.length),
      // array_completeness: with hvc1 no set may come in a sample.
      ...arrays.flatMap(({ type, units }) => [u8(0x80 | type), u16(units.length), ...units.flatMap((unit) => [u16(unit.length), unit])]),
    ),
    belongsInSample,
  };
}

function belongsInSample(unit: Uint8Array): boolean {
  if (h265Layer(unit) !== 0) return false;
  const type = h265NalType(unit);
  return type <= h265Nal.lastSlice || type === h265Nal.prefixSei || type === h265Nal.suffixSei;
}
