/** RTP packets. */
import { parseRtp, rtpHeaderLength, rtpPayloadEnd, rtpPayloadStart, writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { ffmpegPackets } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const before = 4;

export const rtpTarget: FuzzTarget = {
  name: 'rtp',
  seeds: () => [
    ...ffmpegPackets(4),
    Uint8Array.of(0xb1, 0xe0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 0x65, 1, 2, 0, 3),
  ],
  run(input) {
    // As it lies in a read: other bytes before and behind.
    const around = new Uint8Array(before + input.length + before).fill(0xff);
    around.set(input, before);
    const from = rtpPayloadStart(around, before, before + input.length);
    const to = from < 0 ? from : rtpPayloadEnd(around, before, before + input.length);
    if (from >= 0)
      must(from >= before + rtpHeaderLength && from <= to && to <= before + input.length, 'the payload lies in its packet', () => [from, to]);
    const packet = parseRtp(input);
    must(to - from === packet.payload.length, 'both readings say the same', () => [from, to, packet.payload.length]);
    const again = parseRtp(writeRtp(packet, packet.payload));
    must(JSON.stringify(again) === JSON.stringify({ ...packet, payload: again.payload }), 'what is written says what was read');
    must(Buffer.compare(again.payload, packet.payload) === 0, 'the payload is the same');
  },
};
