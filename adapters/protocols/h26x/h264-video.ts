/** Everything that a stream handler must know of H.264 in RTP, in one object without state. */
import { type Fmp4Facts, H264Muxer, h264Facts } from '../fmp4/muxer.ts';
import { H264Depacketiser } from '../rtp/h264-payload.ts';
import { rtpPayload } from '../rtp/packet.ts';
import { h264Nal, h264NalType, isH264Slice, startsWithStartCode } from './nal.ts';

const frameHead = 4;
const stapA = 24;
const fuA = 28;

function opens(type: number): boolean {
  return type === h264Nal.idr || type === h264Nal.sps;
}

export const h264Video = {
  /** Does the RTP packet at bytes[start, end) begin an SPS or an IDR picture? Looks at a few bytes only. */
  opensPictureGroup(bytes: Buffer, start: number, end: number): boolean {
    const payload = rtpPayload(bytes, start, end);
    if (!payload || payload.start >= payload.end) return false;
    const type = bytes[payload.start]! & 0x1f;
    if (type === fuA) return payload.start + 1 < payload.end && (bytes[payload.start + 1]! & 0x80) !== 0 && opens(bytes[payload.start + 1]! & 0x1f);
    if (type === stapA) {
      for (let at = payload.start + 1; at + 2 < payload.end; at += 2 + bytes.readUInt16BE(at)) if (opens(bytes[at + 2]! & 0x1f)) return true;
      return false;
    }
    // Annex-B inside the payload (quirk 18): the first unit tells; cameras put the SPS first.
    if (type === 0 && startsWithStartCode(bytes.subarray(payload.start, payload.end))) {
      return opens(bytes[payload.start + (bytes[payload.start + 2] === 1 ? 3 : 4)]! & 0x1f);
    }
    return opens(type);
  },

  /** NAL units in runs of whole interleaved RTP packets. */
  units(wire: readonly Buffer[]): Uint8Array[] {
    const depacketiser = new H264Depacketiser();
    const units: Uint8Array[] = [];
    let expected = -1;
    for (const bytes of wire) {
      for (let at = 0; at + frameHead <= bytes.length; ) {
        const end = at + frameHead + bytes.readUInt16BE(at + 2);
        const payload = end <= bytes.length ? rtpPayload(bytes, at + frameHead, end) : undefined;
        if (payload) {
          const sequence = bytes.readUInt16BE(at + frameHead + 2);
          if (expected >= 0 && sequence !== expected) depacketiser.lost();
          expected = (sequence + 1) & 0xffff;
          for (const unit of depacketiser.push(bytes.subarray(payload.start, payload.end))) units.push(unit);
        }
        at = end;
      }
    }
    return units;
  },

  hasPicture(units: readonly Uint8Array[]): boolean {
    return units.some(isH264Slice);
  },

  /** SPS first, then PPS; undefined unless there is one of each. Copies: the units' bytes may be large buffers. */
  parameterSets(units: readonly Uint8Array[]): Uint8Array[] | undefined {
    const sps = units.filter((unit) => h264NalType(unit) === h264Nal.sps && unit.length > 3);
    const pps = units.filter((unit) => h264NalType(unit) === h264Nal.pps && unit.length > 1);
    return sps.length > 0 && pps.length > 0 ? [...sps, ...pps].map((unit) => new Uint8Array(unit)) : undefined;
  },

  facts(parameterSets: readonly Uint8Array[]): Fmp4Facts {
    return h264Facts(parameterSets);
  },

  fmp4(parameterSets: readonly Uint8Array[], clockRate: number): H264Muxer {
    return new H264Muxer(parameterSets, clockRate);
  },
};
