/** SHA-256 fingerprints of certificates: taken as people paste them, kept as browsers show them (upper-case hex pairs with colons). */

export const fingerprintPattern = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

/** Of a text that fits the pattern. */
export function canonicalFingerprint(text: string): string {
  return (text.replaceAll(':', '').toUpperCase().match(/../g) ?? []).join(':');
}

/** What a camera shows in a TLS handshake: nothing of it is proved until a person has confirmed the fingerprint. */
export interface ShownCertificate {
  /** SHA-256, in canonical form. */
  readonly fingerprint256: string;
  /** Common name. */
  readonly subject: string;
  /** As TLS writes it: `Nov 23 10:00:00 2036 GMT`. */
  readonly validTo: string;
}
