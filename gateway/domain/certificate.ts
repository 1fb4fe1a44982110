/** Certificates as people must know them: whose, until when, and what is wrong. */
import { between, type Instant, isoOf } from './time.ts';

/** What the box itself shows. */
export interface CertificateFacts {
  /** Whose it is, as it says. */
  readonly name: string;
  readonly validTo: Instant;
  /** Where a new one is put; absent: the box makes its own. */
  readonly file?: string;
  /** Why what lies there is not what is shown. */
  readonly problem?: string;
}

/** What a platform shows us. */
export interface FarCertificate {
  readonly name: string;
  readonly validFrom: Instant;
  readonly validTo: Instant;
  /** Seen when we were last refused to trust it for its time, or for that of one that vouches for it; absent: it was taken. */
  readonly refused?: true;
}

const day = 24 * 3_600_000;

/** Whole days that are left; negative: that it is over. */
export const daysBetween = (now: Instant, end: Instant): number => Math.floor(between(now, end) / day);

/** As people read it. */
export const dayOf = (at: Instant): string => isoOf(at).slice(0, 10);
