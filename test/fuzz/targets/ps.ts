/** Program streams, in whatever chunks they arrive, and frame by frame. */
import { PsDemuxer, type PsPiece } from '../../../adapters/protocols/ps/demuxer.ts';
import { PsFrameReader } from '../../../adapters/protocols/ps/frames.ts';
import { framesOf, muxed } from '../../support/program-streams.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

function demux(chunks: readonly Buffer[]): PsPiece[] {
  const demuxer = new PsDemuxer();
  return [...chunks.flatMap((chunk) => demuxer.push(chunk)), ...demuxer.end()];
}

const told = (pieces: readonly PsPiece[]) =>
  JSON.stringify(pieces.map((piece) => (piece.kind === 'packet' ? { ...piece, payload: piece.payload.length } : piece)));
const carried = (pieces: readonly PsPiece[]) => Buffer.concat(pieces.flatMap((piece) => (piece.kind === 'packet' ? [piece.payload] : [])));

export const psTarget: FuzzTarget = {
  name: 'ps',
  longest: 16 * 1024,
  allows: () => false,
  seeds: () => [
    fixture('gb28181/ps/gstreamer-h264-aac.ps').subarray(0, 1_500),
    fixture('gb28181/ps/gstreamer-h264-aac.ps').subarray(-600),
    fixture('gb28181/ps/hikvision-keyframe.rtp').subarray(12),
    fixture('gb28181/ps/ffmpeg-h264-mp2.ps').subarray(0, 100),
    Buffer.concat(muxed({ video: 'h265' }, framesOf('h265', fixture('media/ffmpeg-main-160x120.h265')).slice(0, 2))).subarray(0, 1_500),
    Buffer.from(
      '000001ba440004000401005f6bf8000001e000108480052100011c210000000165888401000001c00008848005210001384142000001be0001ff000001b9',
      'hex',
    ),
    Buffer.from('000001ba2100010001803ffd000001ba000001e00000', 'hex'),
  ],
  run(input) {
    const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    const middle = input.length >> 1;
    const whole = demux([bytes]);
    const cut = demux([bytes.subarray(0, middle), bytes.subarray(middle, middle + 1), bytes.subarray(middle + 1)]);
    must(told(whole) === told(cut), 'the chunks make no difference', () => [whole, cut]);
    const payload = carried(whole);
    must(payload.equals(carried(cut)), 'the chunks make no difference to what is carried');
    must(payload.length <= input.length, 'no byte is told twice', () => payload.length);
    let last = 0;
    for (const piece of whole) {
      if (piece.kind === 'violation') continue;
      must(piece.offset >= last && piece.offset < input.length, 'pieces come in their order', () => [last, piece]);
      last = piece.offset;
    }
    const reader = new PsFrameReader();
    for (const frame of [bytes.subarray(0, middle), bytes.subarray(middle)]) reader.read(frame);
  },
};
