/** SHA-256 fingerprints of certificates: taken as people paste them, kept as browsers show them (upper-case hex pairs with colons). */

export const fingerprintPattern = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

/** Of a text that fits the pattern. */
export function canonicalFingerprint(text: string): string {
  return (text.replaceAll(':', '').toUpperCase().match(/../g) ?? []).join(':');
}
