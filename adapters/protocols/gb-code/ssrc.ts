/** The ten digits of `y=` in an SDP, which are the SSRC in decimal (GB/T 28181-2022 Annex G): 0 live or 1 history, five digits of the domain, four of the stream. */
import { ProtocolError } from '../protocol-error.ts';
import type { GbCode } from './code.ts';

/** `domain`: the code of the SIP server; `stream`: 0 to 9999, unique in it. */
export function writeSsrc(kind: 'live' | 'history', domain: GbCode, stream: number): string {
  if (!Number.isInteger(stream) || stream < 0 || stream > 9_999) throw new ProtocolError('0 to 9999', `${stream}`, 'the stream number of an SSRC');
  return `${kind === 'live' ? 0 : 1}${domain.centre.slice(3)}${String(stream).padStart(4, '0')}`;
}

/** The number that goes into RTP; undefined for what is none, or 0, which nobody may send. Blanks and missing digits are forgiven. */
export function readSsrc(text: string): number | undefined {
  const digits = text.replace(/\s/g, '');
  if (!/^\d{1,10}$/.test(digits)) return undefined;
  const ssrc = Number(digits);
  return ssrc > 0 && ssrc <= 0xffffffff ? ssrc : undefined;
}
