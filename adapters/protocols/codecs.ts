/** The register of codecs that a stream may carry: one line each. */
import { aacAudio } from './audio/aac-audio.ts';
import { g711Audio } from './audio/g711-audio.ts';
import { h264Video } from './h26x/h264-video.ts';
import { h265Video } from './h26x/h265-video.ts';
import { ProtocolError } from './protocol-error.ts';
import type { AacPacking } from './rtp/aac-payload.ts';

const videos = { h264: h264Video, h265: h265Video };

export function videoTools(codec: keyof typeof videos) {
  return videos[codec];
}

export interface AudioTrackFacts {
  readonly codec: 'pcma' | 'pcmu' | 'aac';
  readonly clockRate: number;
  /** Present for `aac`. */
  readonly aac?: AacPacking & { readonly config: Uint8Array };
}

/** One for each consumer: it may keep a frame that is still on its way. Throws ProtocolError for an AAC config that cannot be read. */
export function audioTools({ codec, clockRate, aac }: AudioTrackFacts) {
  if (codec !== 'aac') return g711Audio(codec, clockRate);
  if (!aac) throw new ProtocolError('an AAC config', 'none', 'an AAC track');
  return aacAudio(clockRate, aac);
}
