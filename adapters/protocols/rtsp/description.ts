/** What a camera answers to DESCRIBE: its tracks and where each is set up. */
import { parseSdp, type Sdp } from '../sdp/sdp.ts';
import { type AudioTrack, type DroppedMedia, findTracks, type VideoTrack } from '../sdp/tracks.ts';
import { baseOf, controlUrl, type RtspTarget } from './address.ts';
import { RtspFailure } from './failure.ts';
import { headerOf, type RtspResponse } from './message.ts';
import type { MissingAudio } from './order.ts';

export interface Description {
  readonly video: VideoTrack;
  readonly audio: AudioTrack | undefined;
  /** Sound that is offered and cannot be carried. */
  readonly missingAudio: MissingAudio | undefined;
  /** Absolute URL of a track. */
  urlOf(track: { readonly control: string | undefined }): string;
  /** Absolute URL of the whole. */
  readonly aggregate: string;
}

/** Throws RtspFailure for what cannot be read, and where there is no video that we can carry. */
export function readDescription(target: RtspTarget, response: RtspResponse): Description {
  // No look at Content-Type: broken servers leave it out (quirk 28).
  const sdp = readSdp(response.body);
  const base = baseOf(target, headerOf(response, 'content-base'), headerOf(response, 'content-location'));
  const session = sdp.attributes.find((attribute) => attribute.name === 'control')?.value;
  return {
    ...tracksOf(sdp),
    urlOf: ({ control }) => controlUrl(target, base, control),
    // A relative session control is hardly ever meant; an absolute one is (RFC 2326 §C.1.1).
    aggregate: session !== undefined && /^rtsp/i.test(session) ? controlUrl(target, base, session) : base,
  };
}

function readSdp(body: Uint8Array) {
  try {
    return parseSdp(body);
  } catch (error) {
    throw new RtspFailure('reply', `described its stream in a way that cannot be read: ${error instanceof Error ? error.message : ''}`, error);
  }
}

function tracksOf(sdp: Sdp): Pick<Description, 'video' | 'audio' | 'missingAudio'> {
  const { video, audio, dropped } = findTracks(sdp);
  if (video) return { video, audio, missingAudio: audio ? undefined : missingAmong(dropped) };
  const seen = dropped
    .filter(({ kind }) => kind === 'video')
    .flatMap(({ encodings, detail }) => (detail === undefined ? encodings : [`${encodings[0]} with ${detail}`]));
  throw new RtspFailure('unsupported', `offers no H.264 or H.265 video, but ${seen.length > 0 ? seen.slice(0, 8).join(', ') : 'none'}.`);
}

/** A loudspeaker that we might talk to is no sound that is missed. */
function missingAmong(dropped: readonly DroppedMedia[]): MissingAudio | undefined {
  for (const { kind, why, encodings, detail } of dropped) {
    if (kind !== 'audio' || (why !== 'codec' && why !== 'parameters')) continue;
    const seen = encodings.join(', ') || 'nothing that it names';
    return { why, seen: detail === undefined ? seen : `${seen} with ${detail}` };
  }
  return undefined;
}
