/** G.711 out of RTP and, as FLAC, into MP4. The first byte chooses the law. */
import { g711Audio } from '../../../adapters/protocols/audio/g711-audio.ts';
import { parseRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { split } from '../pieces.ts';
import { boxTypes } from '../shared/boxes.ts';
import { ffmpegPcmaPackets } from '../shared/seeds.ts';
import { inputOf, wireOf } from '../shared/wire.ts';
import { type FuzzTarget, must } from '../target.ts';

const mostPackets = 500;
const mostSamples = 16_384;

export const g711PayloadTarget: FuzzTarget = {
  name: 'g711-payload',
  pieces: true,
  longest: 16 * 1024,
  allows: () => false,
  seeds: () => [
    inputOf(
      ffmpegPcmaPackets(2).map((packet) => parseRtp(packet).payload),
      { ownTime: true },
    ),
  ],
  run(input) {
    const audio = g711Audio((input[0] ?? 0) % 2 === 0 ? 'pcma' : 'pcmu', input.length % 3 === 0 ? 16_000 : 8_000);
    const frames = audio.frames(wireOf(split(input).slice(0, mostPackets)));
    const samples = frames.reduce((sum, { duration }) => sum + duration, 0);
    must(samples <= mostSamples && frames.every(({ bytes, duration }) => bytes.length === duration), 'a byte is a sample', () => samples);
    const muxer = audio.fmp4();
    must(boxTypes(muxer.init)[0] === 'ftyp', 'an init segment has its boxes');
    const fragment = muxer.fragment(frames, input.length * 2 ** 24);
    must(boxTypes(fragment).at(-1) === 'mdat', 'a fragment has its boxes');
    must(fragment.length <= 2 * samples + 200 + 40 * (1 + samples / 16), 'FLAC is hardly longer than what it holds', () => [
      samples,
      fragment.length,
    ]);
  },
};
