/** Finds the video in a camera's SDP (RFC 6184 §8.2). */
import { h264Nal, h264NalType, splitAnnexB, startsWithStartCode } from '../h26x/nal.ts';
import { attributeOf, formatParametersOf, rtpMapsOf, type Sdp, type SdpMedia } from '../sdp/sdp.ts';
import { RtspFailure } from './failure.ts';

export interface VideoTrack {
  readonly kind: 'video';
  readonly codec: 'h264';
  readonly payloadType: number;
  readonly clockRate: number;
  /** SPS and PPS from `sprop-parameter-sets`, cleaned; empty where there are none. */
  readonly parameterSets: readonly Uint8Array[];
  readonly control: string | undefined;
}

/** The first H.264 video medium. The payload type comes from rtpmap alone: some cameras use static numbers for it (quirk 24). */
export function findVideo(sdp: Sdp): VideoTrack {
  const videos = sdp.media.filter((media) => media.kind === 'video');
  for (const media of videos) {
    const map = rtpMapsOf(media).find((one) => one.encoding.toUpperCase() === 'H264');
    if (!map) continue;
    return {
      kind: 'video',
      codec: 'h264',
      payloadType: map.payloadType,
      clockRate: map.clockRate,
      parameterSets: parameterSetsOf(media, map.payloadType),
      control: attributeOf(media, 'control'),
    };
  }
  const offered = videos.flatMap((media) => rtpMapsOf(media).map((map) => map.encoding));
  throw new RtspFailure('unsupported', `offers no H.264 video, but ${offered.length > 0 ? offered.slice(0, 8).join(', ') : 'none'}.`);
}

function parameterSetsOf(media: SdpMedia, payloadType: number): Uint8Array[] {
  const text = formatParametersOf(media, payloadType).get('sprop-parameter-sets') ?? '';
  return text
    .split(',')
    .map((part) => Buffer.from(part.trim(), 'base64'))
    .flatMap((bytes) => (startsWithStartCode(bytes) ? splitAnnexB(bytes) : [bytes]))
    .filter((nal) => nal.length > 1 && (h264NalType(nal) === h264Nal.sps || h264NalType(nal) === h264Nal.pps));
}
