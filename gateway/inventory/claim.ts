/** The claim code: proves, once, that whoever makes the first administrator stands at this box. Never a default password. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { Ledger } from './ledger.ts';
import { putRow, readMeta, writeMeta } from './rows.ts';
import { ownerOf } from './snapshot.ts';
import { newUser } from './users.ts';

/** Crockford's base32: no I, L, O, U, so that a code can be read out. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const used = 'used';

export interface Claim {
  claim(): { readonly open: boolean };
  /** The code, for example `7K2M-0XQF-9TBA-V3ND` (80 bits), made at the first call and the same until used. Throws CLAIM_CLOSED. */
  openClaim(): string;
  /**
   * True once, for the right code, compared in constant time; then the claim is closed for ever. With `first`, the first administrator is
   * made in the same transaction, so that no crash between the two can lock everybody out.
   */
  useClaim(code: string, first?: { readonly name: string; readonly passwordHash: string }): boolean;
}

export function claimOf(ledger: Ledger): Claim {
  const closed = () => ledger.read((database) => readMeta(database, 'claim')) === used || ledger.snapshot.rows.users.some(isAdministrator);
  const stored = (): string | undefined => {
    const sealed = ledger.read((database) => readMeta(database, 'claim'));
    if (sealed === undefined || sealed === used) return undefined;
    try {
      return ledger.sealer.unseal(sealed, ownerOf.claim);
    } catch (error) {
      // Sealed by a key that is gone, and nobody has used it: a new code takes its place.
      if (isGatewayError(error, 'SECRET_UNREADABLE')) return undefined;
      throw error;
    }
  };
  return {
    claim: () => ({ open: !closed() }),
    openClaim: () => {
      if (closed()) throw new GatewayError('CLAIM_CLOSED', 'This gateway has been claimed: it has, or had, an administrator.');
      const known = stored();
      if (known !== undefined) return known;
      const code = newCode();
      ledger.edit((database) => writeMeta(database, 'claim', ledger.sealer.seal(code, ownerOf.claim)));
      return code;
    },
    useClaim: (code, first) => {
      const right = stored();
      if (closed() || right === undefined || !equal(canonical(code), canonical(right))) return false;
      return ledger.edit((database, before) => {
        if (readMeta(database, 'claim') === used || before.rows.users.some(isAdministrator)) return false;
        writeMeta(database, 'claim', used);
        if (first) putRow(database, 'users', newUser(before.rows.users, { ...first, role: 'administrator' }));
        return true;
      });
    },
  };
}

function isAdministrator({ role }: { readonly role: string }): boolean {
  return role === 'administrator';
}

/** 16 characters of 5 bits each. 32 divides 256, so every character is equally likely. */
function newCode(): string {
  const text = Array.from(randomBytes(16), (byte) => alphabet[byte % 32]).join('');
  return (text.match(/.{4}/g) ?? []).join('-');
}

/** As Crockford reads it: lower case, O for 0, I and L for 1, hyphens and spaces anywhere. */
function canonical(code: string): string {
  return code.slice(0, 64).toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
}

function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
