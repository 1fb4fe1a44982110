/** FLV as ffmpeg hands it over, in whatever chunks it arrives. */
import { FlvReader, type FlvVideo } from '../../../adapters/protocols/flv.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

/** Bytes of each recording: head, metadata, parameter sets and some pictures. */
const seedBytes = 3_000;

/** What comes out; undefined where an error takes away what came with it. */
function readAll(chunks: readonly Buffer[]): FlvVideo[] | undefined {
  const reader = new FlvReader();
  try {
    return chunks.flatMap((chunk) => reader.push(chunk));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

export const flvTarget: FuzzTarget = {
  name: 'flv',
  longest: 16 * 1024,
  allows: () => false,
  seeds: () => ['ffmpeg-h264-aac.flv', 'gstreamer-h264.flv'].map((name) => fixture(`media/${name}`).subarray(0, seedBytes)),
  run(input) {
    const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    const middle = input.length >> 1;
    const [whole, cut] = [readAll([bytes]), readAll([bytes.subarray(0, middle), bytes.subarray(middle)])];
    must(JSON.stringify(whole) === JSON.stringify(cut), 'the chunks make no difference', () => [whole, cut]);
  },
};
