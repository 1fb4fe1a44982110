/** The session description of one profile. */

import { aacHighBitRate } from '../../adapters/protocols/rtp/aac-payload.ts';
import { type DescribedTrack, mediaSection } from '../../adapters/protocols/sdp/media-section.ts';
import { type SdpMedia, writeSdp } from '../../adapters/protocols/sdp/sdp.ts';
import type { Sound } from './sound.ts';
import { type CameraStream, videoNumbers } from './stream.ts';

/** Of the control addresses, in the order of the tracks. */
export const trackIds = { video: 'trackID=1', audio: 'trackID=2' } as const;

export function describe({ recording, sound }: Pick<CameraStream, 'recording' | 'sound'>): string {
  const { parameterSets, settings } = recording;
  const { codec, kbps, framesPerSecond } = settings;
  const picture = section({ kind: 'video', codec, ...videoNumbers, parameterSets }, trackIds.video);
  return writeSdp({
    name: 'Media Presentation',
    connection: 'IN IP4 0.0.0.0',
    attributes: [
      { name: 'control', value: '*' },
      { name: 'range', value: 'npt=now-' },
    ],
    media: [
      { ...picture, bandwidth: kbps, attributes: [...picture.attributes, { name: 'framerate', value: String(framesPerSecond) }] },
      ...(sound ? [section(soundTrack(sound), trackIds.audio)] : []),
    ],
  });
}

function section(track: DescribedTrack, control: string): SdpMedia {
  const { attributes, ...rest } = mediaSection(track, control);
  return { ...rest, attributes: [...attributes, { name: 'recvonly' }] };
}

function soundTrack({ codec, payloadType, clockRate, config }: Sound): DescribedTrack {
  return { kind: 'audio', codec, payloadType, clockRate, channels: 1, ...(config ? { aac: { config, ...aacHighBitRate } } : {}) };
}
