/** The RTP payload format of NAL units, of which H.264 (RFC 6184) and H.265 (RFC 7798) each make one. */

export interface NalFormat {
  /** Bytes of a NAL unit's header, and of the payload header. */
  readonly headerLength: 1 | 2;
  /** type = (first byte >> typeShift) & typeMask */
  readonly typeShift: 0 | 1;
  readonly typeMask: number;
  /** Types that may stand for themselves. */
  readonly firstType: number;
  readonly lastType: number;
  readonly lastSlice: number;
  /** Several units in one packet: STAP-A, AP. */
  readonly aggregate: number;
  /** One unit in several packets: FU-A, FU. */
  readonly fragment: number;
  /** By type: 1 for a parameter set that comes before, or a slice of, a picture that needs no other. */
  readonly opens: Uint8Array;
}

/** A table for `opens`. */
export function nalTypes(...types: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, type) => (types.includes(type) ? 1 : 0));
}

export function nalType(format: NalFormat, first: number): number {
  return (first >> format.typeShift) & format.typeMask;
}
