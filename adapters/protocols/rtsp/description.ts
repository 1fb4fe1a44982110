/** What a camera answers to DESCRIBE: its tracks and where each is set up. */
import { parseSdp } from '../sdp/sdp.ts';
import { baseOf, controlUrl, type RtspTarget } from './address.ts';
import { RtspFailure } from './failure.ts';
import { headerOf, type RtspResponse } from './message.ts';
import { findVideo, type VideoTrack } from './track.ts';

export interface Description {
  readonly video: VideoTrack;
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
    video: findVideo(sdp),
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
