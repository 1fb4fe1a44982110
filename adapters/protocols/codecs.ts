/** The register of codecs that a stream may carry: one line each. */
import { h264Video } from './h26x/h264-video.ts';
import { h265Video } from './h26x/h265-video.ts';
import { ProtocolError } from './protocol-error.ts';

const videos = { h264: h264Video, h265: h265Video };

export function videoTools(codec: keyof typeof videos) {
  return videos[codec];
}

export function audioTools(track: { readonly codec: string }): never {
  throw new ProtocolError('no audio', track.codec, 'the codec of an audio track');
}
