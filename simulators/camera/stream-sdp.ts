/** The session description of one profile (RFC 6184 §8.2.1). */
import { mediaSection } from '../../adapters/protocols/sdp/media-section.ts';
import { writeSdp } from '../../adapters/protocols/sdp/sdp.ts';
import type { Recording } from './recording.ts';
import { clockRate, payloadType } from './stream.ts';

export function describe({ parameterSets, settings }: Recording): string {
  const section = mediaSection({ kind: 'video', codec: 'h264', payloadType, clockRate, parameterSets }, 'trackID=1');
  return writeSdp({
    name: 'Media Presentation',
    connection: 'IN IP4 0.0.0.0',
    attributes: [
      { name: 'control', value: '*' },
      { name: 'range', value: 'npt=now-' },
    ],
    media: [
      {
        ...section,
        bandwidth: settings.kbps,
        attributes: [...section.attributes, { name: 'framerate', value: String(settings.framesPerSecond) }, { name: 'recvonly' }],
      },
    ],
  });
}
