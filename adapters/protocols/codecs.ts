/** The register of codecs that a stream may carry: one line each. */
import { h264Video } from './h26x/h264-video.ts';
import { ProtocolError } from './protocol-error.ts';

const videos = { h264: h264Video };

export function videoTools(codec: string) {
  if (codec === 'h264') return videos[codec];
  throw new ProtocolError('one of h264', codec, 'the codec of a video track');
}

export function audioTools(track: { readonly codec: string }): never {
  throw new ProtocolError('no audio', track.codec, 'the codec of an audio track');
}
