/** H.265 out of RTP and into MP4. */
import { h265Video } from '../../../adapters/protocols/h26x/h265-video.ts';
import { findStartCode } from '../../../adapters/protocols/h26x/nal.ts';
import { packetiseH265 } from '../../../adapters/protocols/rtp/h265-payload.ts';
import { parseRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { nalTarget } from '../shared/nal-target.ts';
import { ffmpegH265Packets, x265Units } from '../shared/seeds.ts';
import { inputOf } from '../shared/wire.ts';

export const h265PayloadTarget = nalTarget({
  name: 'h265-payload',
  tools: h265Video,
  packetise: packetiseH265,
  plain: (unit) => unit.length > 1 && ((unit[0]! >> 1) & 0x3f) <= 47 && (unit[1]! & 7) !== 0 && findStartCode(unit) < 0,
  seeds: () => [
    inputOf(ffmpegH265Packets(6).map((packet) => parseRtp(packet).payload.subarray(0, 120))),
    inputOf(
      packetiseH265(
        x265Units(5).map((unit) => unit.subarray(0, 200)),
        60,
      ),
    ),
  ],
});
