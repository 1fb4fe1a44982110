/** RTP over TCP (RFC 4571), in whatever chunks it arrives. */
import { FramingReader } from '../../../adapters/protocols/rtp/framing.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

function readAll(chunks: readonly Buffer[]): Buffer[] {
  const reader = new FramingReader();
  return chunks.flatMap((chunk) => reader.push(chunk));
}

export const rtpFramingTarget: FuzzTarget = {
  name: 'rtp-framing',
  allows: () => false,
  seeds: () => [fixture('media/gstreamer-pcma.rfc4571').subarray(0, 400), Uint8Array.of(0, 0, 0, 1, 0x80, 0xff, 0xff, 1)],
  run(input) {
    const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    const middle = input.length >> 1;
    const whole = readAll([bytes]);
    const cut = readAll([bytes.subarray(0, middle), bytes.subarray(middle, middle + 1), bytes.subarray(middle + 1)]);
    must(whole.length === cut.length && Buffer.concat(whole).equals(Buffer.concat(cut)), 'the chunks make no difference');
    const framed = Buffer.concat(whole.flatMap((packet) => [Buffer.of(packet.length >> 8, packet.length & 0xff), packet]));
    must(framed.equals(bytes.subarray(0, framed.length)), 'packets follow one another without a gap');
    must(readAll([bytes.subarray(framed.length)]).length === 0, 'no packet is left behind');
  },
};
