/** The `y=` line of GB/T 28181 (gb28181 §5.1): the SSRC of a stream in ten decimal digits. */

const most = 2 ** 32 - 1;

/** Undefined for what is no SSRC: some platforms leave it out, or send zeros. Blanks and missing leading zeros do no harm. */
export function parseGbSsrc(text: string): number | undefined {
  const digits = text.replaceAll(/\s/g, '');
  const ssrc = /^\d{1,10}$/.test(digits) ? Number(digits) : 0;
  return ssrc > 0 && ssrc <= most ? ssrc : undefined;
}

export const writeGbSsrc = (ssrc: number): string => String(ssrc).padStart(10, '0');

/** 0 live or 1 history, digits 4 to 8 of the 20 of the SIP domain's server, and a number from 0 to 9999 that is unique there. */
export function gbSsrc(server: string, kind: 'live' | 'history', sequence: number): number {
  const domain = /^\d{3}(\d{5})/.exec(server)?.[1] ?? '00000';
  return Number(`${kind === 'live' ? 0 : 1}${domain}${String(sequence % 10_000).padStart(4, '0')}`);
}
