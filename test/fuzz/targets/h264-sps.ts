/** Sequence parameter sets of H.264. */
import { avcCodec, parseH264Sps } from '../../../adapters/protocols/h26x/h264-sps.ts';
import { x264Units } from '../shared/seeds.ts';
import { isSaneSps } from '../shared/sps.ts';
import { type FuzzTarget, must } from '../target.ts';

export const h264SpsTarget: FuzzTarget = {
  name: 'h264-sps',
  longest: 16 * 1024,
  seeds: () => x264Units(1),
  run(input) {
    const sps = parseH264Sps(input);
    isSaneSps(sps);
    must(/^avc1\.[0-9a-f]{6}$/.test(avcCodec(sps)), 'a codec is three bytes', () => avcCodec(sps));
  },
};
