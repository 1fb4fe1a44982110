/**
 * What a device showed of itself in a TLS handshake, and whether it is the one that was confirmed. Cameras sign their certificates themselves: no
 * authority and no name says more than the fingerprint that a person has compared.
 */
import { type PeerCertificate, TLSSocket } from 'node:tls';

/** Nothing of it is proved but the fingerprint. */
export interface ShownCertificate {
  /** SHA-256, upper-case hex pairs with colons. */
  readonly fingerprint256: string;
  /** Common name. */
  readonly subject: string;
  /** As TLS writes it: `Nov 23 10:00:00 2036 GMT`. */
  readonly validTo: string;
}

export interface Distrust {
  /** Goes on from "The camera …". */
  readonly sentence: string;
  readonly certificate?: ShownCertificate;
}

/** Why this open connection is not to be spoken over; undefined: it shows the `confirmed` certificate (SHA-256, upper-case hex pairs with colons). */
export function distrustOf(socket: unknown, confirmed: string | undefined): Distrust | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
  const seen = certificate?.fingerprint256;
  if (!certificate || seen === undefined) return { sentence: 'shows no certificate.' };
  if (seen === confirmed) return undefined;
  const sentence =
    confirmed === undefined
      ? `shows the certificate ${seen} (SHA-256), which nobody has confirmed yet. Nothing was sent to it.`
      : `shows the certificate ${seen} (SHA-256) instead of the confirmed ${confirmed}. Nothing was sent to it.`;
  return { sentence, certificate: { fingerprint256: seen, subject: subjectOf(certificate), validTo: certificate.valid_to } };
}

/** Common name, for people; a camera writes there what it likes. */
function subjectOf({ subject }: PeerCertificate): string {
  const name: unknown = subject?.CN;
  return (Array.isArray(name) ? name.join(' ') : typeof name === 'string' ? name : '').slice(0, 100);
}
