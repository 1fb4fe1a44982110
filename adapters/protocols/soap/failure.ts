/** Why a device's HTTP or SOAP answer is of no use. The adapter that called turns it into a coded error. */

/**
 * unreachable: no connection, or silence · credentials: refused, or none that we may send · reply: nonsense, or a status that is no success ·
 * forbidden-host: it sent us to another host · certificate: it is not who was confirmed, or nobody was · fault: it understood and said no.
 */
export type DeviceFailureReason = 'unreachable' | 'credentials' | 'reply' | 'forbidden-host' | 'certificate' | 'fault';

/** What a device showed of itself in a TLS handshake: nothing of it is proved but the fingerprint. */
export interface ShownCertificate {
  /** SHA-256, upper-case hex pairs with colons. */
  readonly fingerprint256: string;
  /** Common name. */
  readonly subject: string;
  /** As TLS writes it: `Nov 23 10:00:00 2036 GMT`. */
  readonly validTo: string;
}

export class DeviceFailure extends Error {
  override readonly name = 'DeviceFailure';
  readonly reason: DeviceFailureReason;
  /** Local names of the SOAP fault's code and subcodes, outermost first. */
  readonly subcodes: readonly string[];
  readonly certificate: ShownCertificate | undefined;

  /** `sentence` goes on from "The camera …". */
  constructor(
    reason: DeviceFailureReason,
    sentence: string,
    detail: { readonly cause?: unknown; readonly subcodes?: readonly string[]; readonly certificate?: ShownCertificate } = {},
  ) {
    super(sentence, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.reason = reason;
    this.subcodes = detail.subcodes ?? [];
    this.certificate = detail.certificate;
  }
}
