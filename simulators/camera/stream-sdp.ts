/** The session description of one profile (RFC 6184 §8.2.1). */
import { h264Nal, h264NalType } from '../../adapters/protocols/h26x/nal.ts';
import { writeSdp } from '../../adapters/protocols/sdp/sdp.ts';
import type { Recording } from './recording.ts';
import { clockRate, payloadType } from './stream.ts';

export function describe({ parameterSets, settings }: Recording): string {
  const sps = parameterSets.find((set) => h264NalType(set) === h264Nal.sps);
  const profile = Buffer.from(sps?.subarray(1, 4) ?? [])
    .toString('hex')
    .toUpperCase();
  const sets = parameterSets.map((set) => Buffer.from(set).toString('base64')).join(',');
  return writeSdp({
    name: 'Media Presentation',
    connection: 'IN IP4 0.0.0.0',
    attributes: [
      { name: 'control', value: '*' },
      { name: 'range', value: 'npt=now-' },
    ],
    media: [
      {
        kind: 'video',
        port: 0,
        protocol: 'RTP/AVP',
        formats: [String(payloadType)],
        bandwidth: settings.kbps,
        attributes: [
          { name: 'rtpmap', value: `${payloadType} H264/${clockRate}` },
          { name: 'fmtp', value: `${payloadType} packetization-mode=1;profile-level-id=${profile};sprop-parameter-sets=${sets}` },
          { name: 'framerate', value: String(settings.framesPerSecond) },
          { name: 'control', value: 'trackID=1' },
          { name: 'recvonly' },
        ],
      },
    ],
  });
}
