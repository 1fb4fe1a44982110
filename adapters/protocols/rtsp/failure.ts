/** Why an RTSP session did not come about or ended. The adapter that called turns it into a coded error. */
import type { ShownCertificate } from '../net/shown-certificate.ts';

/**
 * unreachable: no connection, or silence · credentials: refused, or none that we may send · reply: nonsense, or a status that is no success ·
 * redirect: sent to another host · unsupported: no video that we can carry, or no way to send it that we have · ended: it played, and the other
 * side stopped · certificate: over TLS, it is not who was confirmed, or nobody was · local: something is missing on our side.
 */
export type RtspFailureReason = 'unreachable' | 'credentials' | 'reply' | 'redirect' | 'unsupported' | 'ended' | 'certificate' | 'local';

export class RtspFailure extends Error {
  override readonly name = 'RtspFailure';
  readonly reason: RtspFailureReason;
  /** What it showed, where that is the reason. */
  readonly certificate: ShownCertificate | undefined;

  /** `sentence` goes on from "The camera …". */
  constructor(reason: RtspFailureReason, sentence: string, cause?: unknown, certificate?: ShownCertificate) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.certificate = certificate;
  }
}
