/** What a viewer is told of a stream, and what its Transport header asks for. */
import type { StreamDescription, StreamProfile, TrackKind } from '../../gateway/domain/media.ts';
import { h264Nal, h264NalType } from '../protocols/h26x/nal.ts';
import { writeSdp } from '../protocols/sdp/sdp.ts';

const trackControl = 'trackID=1';

/** SDP of one H.264 track, with the parameter sets of the camera itself (RFC 6184 §8.2.1). */
export function describeStream(description: StreamDescription, name: string): string {
  const { payloadType, clockRate, parameterSets } = description.video;
  const sps = parameterSets.find((set) => h264NalType(set) === h264Nal.sps);
  const profile = sps && sps.length > 3 ? `;profile-level-id=${Buffer.from(sps.subarray(1, 4)).toString('hex').toUpperCase()}` : '';
  const sets = parameterSets.map((set) => Buffer.from(set).toString('base64')).join(',');
  return writeSdp({
    name,
    connection: 'IN IP4 0.0.0.0',
    attributes: [{ name: 'control', value: '*' }, { name: 'range', value: 'npt=now-' }, { name: 'recvonly' }],
    media: [
      {
        kind: 'video',
        port: 0,
        protocol: 'RTP/AVP',
        formats: [String(payloadType)],
        attributes: [
          { name: 'rtpmap', value: `${payloadType} H264/${clockRate}` },
          { name: 'fmtp', value: `${payloadType} packetization-mode=1${profile}${sets === '' ? '' : `;sprop-parameter-sets=${sets}`}` },
          { name: 'control', value: trackControl },
        ],
      },
    ],
  });
}

export interface RequestPath {
  readonly channel: string;
  readonly profile: StreamProfile;
  /** Absent: the stream as a whole. */
  readonly track?: TrackKind;
}

/** What a request URI names: `rtsp://host/<channel>/<profile>[/trackID=1|2]`, whatever the query. */
export function parsePath(uri: string): RequestPath | undefined {
  const match = /^rtsps?:\/\/[^/]+\/([a-z0-9][a-z0-9_-]{0,62})\/(main|sub)(?:\/(?:trackID=([12]))?)?(?:\?.*)?$/.exec(uri);
  if (!match) return undefined;
  const track = match[3] === '1' ? 'video' : match[3] === '2' ? 'audio' : undefined;
  return { channel: match[1]!, profile: match[2] === 'sub' ? 'sub' : 'main', ...(track ? { track } : {}) };
}
