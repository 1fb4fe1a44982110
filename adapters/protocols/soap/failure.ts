/** Why a device's HTTP or SOAP answer is of no use. The adapter that called turns it into a coded error. */
import type { ShownCertificate } from '../net/shown-certificate.ts';

/**
 * unreachable: no connection, or silence · credentials: refused, or none that we may send · reply: nonsense, or a status that is no success ·
 * forbidden-host: it sent us to another host · certificate: it is not who was confirmed, or nobody was · fault: it understood and said no.
 */
export type DeviceFailureReason = 'unreachable' | 'credentials' | 'reply' | 'forbidden-host' | 'certificate' | 'fault';

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
