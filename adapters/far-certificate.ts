/** What a platform shows of itself by TLS: until when it holds, and whether its time is over. So a school hears of it days before, and then what to do. */
import type { TLSSocket } from 'node:tls';
import type { FarCertificate } from '../gateway/domain/certificate.ts';
import type { Clock } from '../gateway/domain/ports.ts';
import { instant, seconds } from '../gateway/domain/time.ts';
import { type DialTarget, dial } from './protocols/net/dial.ts';

/** Of OpenSSL: what a certificate, or one that vouches for it, is refused for when the time is not right. */
const timely: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
/** Whoever refuses us is not called twice as often for that. */
const lookEvery = seconds(10);

export class FarCertificates {
  readonly #clock: Clock;
  #last: FarCertificate | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined: nothing was seen yet. */
  get last(): FarCertificate | undefined {
    return this.#last;
  }

  /** Of a connection that is trusted. */
  taken(socket: TLSSocket): void {
    this.#last = factsOf(socket) ?? this.#last;
  }

  /** Where a connection failed for the time of a certificate, looks at it without trusting it, and writes nothing there. Never throws. */
  async refused(error: unknown, target: Omit<DialTarget, 'tls'>): Promise<void> {
    if (!(error instanceof Error && 'code' in error && timely.has(String(error.code)))) return;
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt < lookEvery) return;
    this.#lookedAt = now;
    using limit = this.#clock.deadline(seconds(5));
    const socket = await dial({ ...target, tls: { insecure: true } }, limit).catch(() => undefined);
    const facts = socket && factsOf(socket as TLSSocket);
    socket?.destroy();
    if (facts) this.#last = { ...facts, refused: true };
  }
}

function factsOf(socket: TLSSocket): FarCertificate | undefined {
  const { subject, valid_from: from, valid_to: to } = socket.getPeerCertificate();
  // A resumed session shows none.
  if (to === undefined) return undefined;
  const name = subject?.CN ?? subject?.O ?? '';
  return { name: String(name), validFrom: instant(Date.parse(from)), validTo: instant(Date.parse(to)) };
}
