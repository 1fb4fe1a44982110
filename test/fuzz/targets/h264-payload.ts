/** H.264 out of RTP and into MP4. */
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { findStartCode } from '../../../adapters/protocols/h26x/nal.ts';
import { packetiseH264 } from '../../../adapters/protocols/rtp/h264-payload.ts';
import { parseRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { nalTarget } from '../shared/nal-target.ts';
import { ffmpegPackets, x264Units } from '../shared/seeds.ts';
import { inputOf } from '../shared/wire.ts';

export const h264PayloadTarget = nalTarget({
  name: 'h264-payload',
  tools: h264Video,
  packetise: packetiseH264,
  plain: (unit) => (unit[0]! & 0x1f) >= 1 && (unit[0]! & 0x1f) <= 23 && findStartCode(unit) < 0,
  seeds: () => [
    inputOf(ffmpegPackets(6).map((packet) => parseRtp(packet).payload.subarray(0, 120))),
    inputOf(
      packetiseH264(
        x264Units(5).map((unit) => unit.subarray(0, 200)),
        60,
      ),
    ),
    // A STAP-A, and Annex-B inside a payload (onvif-rtsp §3.2 quirk 18).
    inputOf([Uint8Array.of(0x18, 0, 4, 0x67, 1, 2, 3, 0, 2, 0x68, 2), Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 0, 0, 1, 0x41, 3)]),
  ],
});
