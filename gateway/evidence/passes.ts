/**
 * Links that open one piece of evidence to one uplink until a certain time, for whoever has them. They are signed, so that nothing need be
 * remembered of them: they outlive a restart, and all end with the key.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { evidencePath, type PassQuery } from '../domain/evidence.ts';
import type { EvidenceId, UplinkId } from '../domain/ids.ts';
import type { Secret } from '../domain/secret.ts';
import type { Instant } from '../domain/time.ts';

export interface Passes {
  /** Path and query below the HTTPS address of this box. Good to the second. */
  issue(evidence: EvidenceId, uplink: UplinkId, until: Instant): string;
  /** To whom it was issued; undefined: it is none of ours, of something else, or no longer good. */
  holder(evidence: string, pass: PassQuery, now: Instant): UplinkId | undefined;
}

export function openPasses(key: Secret): Passes {
  const signed = (evidence: string, uplink: string, until: string) =>
    createHmac('sha256', key.reveal())
      .update(JSON.stringify([evidence, uplink, until]))
      .digest();
  return {
    issue(evidence, uplink, at) {
      const until = String(Math.floor(at / 1_000));
      const query = { for: uplink, until, pass: signed(evidence, uplink, until).toString('base64url') } satisfies PassQuery;
      return `${evidencePath(evidence)}?${new URLSearchParams(query)}`;
    },
    holder(evidence, { for: uplink, until, pass }, now) {
      const offered = Buffer.from(pass, 'base64url');
      const wanted = signed(evidence, uplink, until);
      if (offered.length !== wanted.length || !timingSafeEqual(offered, wanted)) return undefined;
      return Number(until) * 1_000 > now ? (uplink as UplinkId) : undefined;
    },
  };
}
