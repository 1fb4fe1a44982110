/** H.265 in RTP (RFC 7798): single NAL units, AP and FU. */
import { h265Nal } from '../h26x/nal.ts';
import { type NalFormat, nalTypes } from './nal-format.ts';
import { packetiseNals } from './nal-packetiser.ts';

const iraps = Array.from({ length: h265Nal.lastIrap - h265Nal.firstIrap + 1 }, (_, index) => h265Nal.firstIrap + index);

/** Without DONL fields: `sdp/tracks.ts` refuses streams that have them. PACI (50) is skipped. */
export const h265Format: NalFormat = {
  headerLength: 2,
  typeShift: 1,
  typeMask: 0x3f,
  firstType: 0,
  lastType: 47,
  lastSlice: h265Nal.lastSlice,
  aggregate: 48,
  fragment: 49,
  opens: nalTypes(h265Nal.vps, h265Nal.sps, ...iraps),
};

/** As `packetiseNals`. */
export function packetiseH265(nals: readonly Uint8Array[], most?: number): Uint8Array[] {
  return packetiseNals(h265Format, nals, most);
}
