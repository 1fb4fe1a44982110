/** H.264 in RTP (RFC 6184): single NAL units, STAP-A and FU-A. */
import { h264Nal } from '../h26x/nal.ts';
import { type NalFormat, nalTypes } from './nal-format.ts';
import { packetiseNals } from './nal-packetiser.ts';

/** STAP-B, MTAP and FU-B belong to the interleaved mode, which no camera uses: they are skipped. */
export const h264Format: NalFormat = {
  headerLength: 1,
  typeShift: 0,
  typeMask: 0x1f,
  firstType: 1,
  lastType: 23,
  lastSlice: h264Nal.idr,
  aggregate: 24,
  fragment: 28,
  opens: nalTypes(h264Nal.sps, h264Nal.idr),
};

/** As `packetiseNals`. */
export function packetiseH264(nals: readonly Uint8Array[], most?: number): Uint8Array[] {
  return packetiseNals(h264Format, nals, most);
}
