/** What a viewer is told of a stream, and what its Transport header asks for. */
import type { StreamDescription } from '../../gateway/domain/media.ts';
import { h264Nal, h264NalType } from '../protocols/h26x/nal.ts';
import { writeSdp } from '../protocols/sdp/sdp.ts';

export const trackControl = 'trackID=1';

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

export interface Channels {
  readonly rtp: number;
  readonly rtcp: number;
}

/** The channels of the first transport in the list that we can serve: unicast RTP over the connection itself. Undefined: none. */
export function chooseTransport(header: string | undefined): Channels | undefined {
  for (const offer of (header ?? '').split(',')) {
    const parts = offer.split(';').map((part) => part.trim());
    if (!/^RTP\/AVP\/TCP$/i.test(parts[0] ?? '') || parts.some((part) => /^multicast$/i.test(part))) continue;
    const asked = parts.map((part) => /^interleaved=(\d{1,3})(?:-(\d{1,3}))?$/i.exec(part)).find((match) => match !== null);
    const rtp = Number(asked?.[1] ?? 0);
    const rtcp = Number(asked?.[2] ?? rtp + 1);
    if (rtp <= 255 && rtcp <= 255 && rtp !== rtcp) return { rtp, rtcp };
  }
  return undefined;
}

/** Channel and profile of a request URI: `rtsp://host/<channel>/<profile>[/trackID=1]`, whatever the query. */
export function parsePath(uri: string): { readonly channel: string; readonly profile: 'main' | 'sub' } | undefined {
  const match = /^rtsp:\/\/[^/]+\/([a-z0-9][a-z0-9_-]{0,62})\/(main|sub)(?:\/(?:trackID=1)?)?(?:\?.*)?$/.exec(uri);
  return match ? { channel: match[1]!, profile: match[2] === 'sub' ? 'sub' : 'main' } : undefined;
}

/** A copy with other channel numbers, for the rare viewer that asked for others than 0. */
export function onChannel(wire: Buffer, channel: number): Buffer {
  const copy = Buffer.from(wire);
  for (let at = 0; at + 4 <= copy.length; at += 4 + copy.readUInt16BE(at + 2)) copy[at + 1] = channel;
  return copy;
}
