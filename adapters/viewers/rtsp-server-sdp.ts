/** What a viewer is told of a stream, and what its Transport header asks for. */
import type { StreamDescription, StreamProfile, TrackKind } from '../../gateway/domain/media.ts';
import { mediaSection } from '../protocols/sdp/media-section.ts';
import { writeSdp } from '../protocols/sdp/sdp.ts';

const controls = { video: 'trackID=1', audio: 'trackID=2' } as const satisfies Record<TrackKind, string>;

/** SDP of a stream's tracks, with the parameter sets of the camera itself. */
export function describeStream({ video, audio }: StreamDescription, name: string): string {
  return writeSdp({
    name,
    connection: 'IN IP4 0.0.0.0',
    attributes: [{ name: 'control', value: '*' }, { name: 'range', value: 'npt=now-' }, { name: 'recvonly' }],
    media: [video, ...(audio ? [audio] : [])].map((track) => mediaSection(track, controls[track.kind])),
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
