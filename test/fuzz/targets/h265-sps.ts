/** Sequence parameter sets of H.265. */
import { hevcCodec, parseH265Sps } from '../../../adapters/protocols/h26x/h265-sps.ts';
import { fixture } from '../shared/seeds.ts';
import { isSaneSps } from '../shared/sps.ts';
import { type FuzzTarget, must } from '../target.ts';

export const h265SpsTarget: FuzzTarget = {
  name: 'h265-sps',
  longest: 16 * 1024,
  seeds: () => {
    const sets: readonly { readonly sps: string }[] = JSON.parse(fixture('media/h265-sps.json').toString());
    return sets.map(({ sps }) => Buffer.from(sps, 'hex'));
  },
  run(input) {
    const sps = parseH265Sps(input);
    isSaneSps(sps);
    must(/^hvc1\.[ABC]?\d+\.[0-9A-F]+\.[LH]\d+(\.[0-9A-F]{1,2}){0,6}$/.test(hevcCodec(sps)), 'a codec has its parts', () => hevcCodec(sps));
  },
};
