/** H.264 in MP4: what goes into avcC, and which NAL units belong in a sample (ISO/IEC 14496-15 §5). */
import { avcCodec, parseH264Sps } from '../h26x/h264-sps.ts';
import { h264Nal, h264NalType } from '../h26x/nal.ts';
import { demandSaneSize, setsOfType } from '../h26x/parameter-sets.ts';
import { ProtocolError } from '../protocol-error.ts';
import { box, u8, u16 } from './boxes.ts';
import type { VideoTrackFormat } from './video-muxer.ts';

const profilesWithChroma = new Set([100, 110, 122, 144]);

/** Throws ProtocolError where there is no readable SPS, or no PPS. */
export function avcTrack(parameterSets: readonly Uint8Array[]): VideoTrackFormat {
  const ofType = (type: number) => setsOfType(parameterSets, (set) => h264NalType(set) === type);
  const [spsUnits, ppsUnits] = [ofType(h264Nal.sps), ofType(h264Nal.pps)];
  const [first] = spsUnits;
  if (!first || ppsUnits.length === 0) throw new ProtocolError('an SPS and a PPS', `${spsUnits.length} and ${ppsUnits.length}`, 'the parameter sets');
  demandSaneSize([...spsUnits, ...ppsUnits]);
  const sps = parseH264Sps(first);
  const { width, height, framesPerSecond } = sps;
  const listed = (units: readonly Uint8Array[]) => units.flatMap((unit) => [u16(unit.length), unit]);
  const chroma = profilesWithChroma.has(sps.profile)
    ? [u8(0xfc | sps.chromaFormat, 0xf8 | (sps.bitDepthLuma - 8), 0xf8 | (sps.bitDepthChroma - 8), 0)]
    : [];
  return {
    facts: { codecs: avcCodec(sps), width, height, ...(framesPerSecond === undefined ? {} : { framesPerSecond }) },
    brand: 'avc1',
    configuration: box(
      'avcC',
      u8(1, sps.profile, sps.constraints, sps.level, 0xff, 0xe0 | spsUnits.length),
      ...listed(spsUnits),
      u8(ppsUnits.length),
      ...listed(ppsUnits),
      ...chroma,
    ),
    belongsInSample,
  };
}

function belongsInSample(unit: Uint8Array): boolean {
  const type = h264NalType(unit);
  return (type >= h264Nal.slice && type <= h264Nal.sei) || (type >= 13 && type <= 23);
}
