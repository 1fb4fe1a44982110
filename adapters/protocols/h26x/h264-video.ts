/** Everything that a stream handler must know of H.264 in RTP, in one object without state. */
import { avcTrack } from '../fmp4/avc.ts';
import { type VideoFacts, VideoMuxer } from '../fmp4/video-muxer.ts';
import { h264Format } from '../rtp/h264-payload.ts';
import { depacketiseNals, opensPictureGroup, type Room } from '../rtp/nal-depacketiser.ts';
import { parseH264Sps } from './h264-sps.ts';
import { h264Nal, h264NalType, isH264Slice } from './nal.ts';
import { reorderingIn, setsOfType } from './parameter-sets.ts';

export const h264Video = {
  /** Does the RTP packet at bytes[start, end) begin an SPS or an IDR picture? Looks at a few bytes only. */
  opensPictureGroup(bytes: Buffer, start: number, end: number): boolean {
    return opensPictureGroup(h264Format, bytes, start, end);
  },

  /** NAL units in runs of whole interleaved RTP packets. */
  units(wire: readonly Buffer[], room?: Room): Uint8Array[] {
    return depacketiseNals(h264Format, wire, room);
  },

  hasPicture(units: readonly Uint8Array[]): boolean {
    return units.some(isH264Slice);
  },

  /** SPS first, then PPS, each once; undefined unless there is one of each. */
  parameterSets(units: readonly Uint8Array[]): Uint8Array[] | undefined {
    const sps = setsOfType(units, (unit) => h264NalType(unit) === h264Nal.sps && unit.length > 3);
    const pps = setsOfType(units, (unit) => h264NalType(unit) === h264Nal.pps && unit.length > 1);
    return sps.length > 0 && pps.length > 0 ? [...sps, ...pps] : undefined;
  },

  /** How many pictures that are shown later may be sent before a picture; 0 where the sets do not say it, or cannot be read. */
  reordering(parameterSets: readonly Uint8Array[]): number {
    return reorderingIn(
      parameterSets.find((set) => h264NalType(set) === h264Nal.sps),
      parseH264Sps,
    );
  },

  /** Throws ProtocolError for parameter sets that cannot be read. */
  facts(parameterSets: readonly Uint8Array[]): VideoFacts {
    return avcTrack(parameterSets).facts;
  },

  fmp4(parameterSets: readonly Uint8Array[], clockRate: number): VideoMuxer {
    return new VideoMuxer(avcTrack(parameterSets), clockRate);
  },
};
