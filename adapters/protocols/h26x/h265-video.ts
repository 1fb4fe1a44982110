/** Everything that a stream handler must know of H.265 in RTP, in one object without state. */
import { hevcTrack } from '../fmp4/hevc.ts';
import { type VideoFacts, VideoMuxer } from '../fmp4/video-muxer.ts';
import { h265Format } from '../rtp/h265-payload.ts';
import { depacketiseNals, opensPictureGroup, type Room } from '../rtp/nal-depacketiser.ts';
import { parseH265Sps } from './h265-sps.ts';
import { h265Layer, h265Nal, h265NalType, isH265Slice } from './nal.ts';
import { reorderingIn, setsOfType } from './parameter-sets.ts';

export const h265Video = {
  /** Does the RTP packet at bytes[start, end) begin a VPS, an SPS or an intra random access picture? Looks at a few bytes only. */
  opensPictureGroup(bytes: Buffer, start: number, end: number): boolean {
    return opensPictureGroup(h265Format, bytes, start, end);
  },

  /** NAL units in runs of whole interleaved RTP packets. */
  units(wire: readonly Buffer[], room?: Room): Uint8Array[] {
    return depacketiseNals(h265Format, wire, room);
  },

  hasPicture(units: readonly Uint8Array[]): boolean {
    return units.some(isH265Slice);
  },

  /** VPS first, then SPS, then PPS, each once; undefined unless there is one of each. */
  parameterSets(units: readonly Uint8Array[]): Uint8Array[] | undefined {
    const ofType = (type: number) => setsOfType(units, (unit) => h265NalType(unit) === type && h265Layer(unit) === 0 && unit.length > 2);
    const [vps, sps, pps] = [ofType(h265Nal.vps), ofType(h265Nal.sps), ofType(h265Nal.pps)];
    return vps.length > 0 && sps.length > 0 && pps.length > 0 ? [...vps, ...sps, ...pps] : undefined;
  },

  /** How many pictures that are shown later may be sent before a picture; 0 where the sets do not say it, or cannot be read. */
  reordering(parameterSets: readonly Uint8Array[]): number {
    return reorderingIn(
      parameterSets.find((set) => h265NalType(set) === h265Nal.sps),
      parseH265Sps,
    );
  },

  /** Throws ProtocolError for parameter sets that cannot be read. */
  facts(parameterSets: readonly Uint8Array[]): VideoFacts {
    return hevcTrack(parameterSets).facts;
  },

  fmp4(parameterSets: readonly Uint8Array[], clockRate: number): VideoMuxer {
    return new VideoMuxer(hevcTrack(parameterSets), clockRate);
  },
};
