/** Password hashes: scrypt (RFC 7914) on libuv's threads, with its parameters in the text so that they can grow. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../../domain/errors.ts';
import { commonPasswords } from './common-passwords.ts';

interface Cost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's first choice for scrypt: 128 MiB and about 0.4 s on a small box. */
const usual: Cost = { n: 2 ** 17, r: 8, p: 1 };
const keyBytes = 32;
const passwordLength = { least: 12, most: 256 } as const;

/** Each hash takes 128 MiB: more at once would take the memory from the cameras. */
const atOnce = 2;
const mostWaiting = 16;
let running = 0;
const waiting: (() => void)[] = [];

async function turn<Value>(work: () => Promise<Value>): Promise<Value> {
  if (running >= atOnce) {
    if (waiting.length >= mostWaiting) {
      throw new GatewayError('TOO_MANY_REQUESTS', 'Too many sign-ins at once: try again in a few seconds.', { context: { retryAfter: 5 } });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function derive(password: string, salt: Uint8Array, { n, r, p }: Cost): Promise<Buffer> {
  return turn(
    () =>
      new Promise((resolve, reject) => {
        // Compatibility forms typed on different keyboards are one password (NIST SP 800-63B §5.1.1.2).
        scrypt(password.normalize('NFKC'), salt, keyBytes, { N: n, r, p, maxmem: 256 * n * r }, (error, key) => {
          if (error) reject(error);
          else resolve(key);
        });
      }),
  );
}

/** `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, base64url. `logN` is for tests that hash often. */
export async function hashPassword(password: string, logN = Math.log2(usual.n)): Promise<string> {
  const salt = randomBytes(16);
  const cost = { ...usual, n: 2 ** logN };
  const key = await derive(password, salt, cost);
  return ['scrypt', logN, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

const absent = `scrypt$17$8$1$${Buffer.alloc(16, 7).toString('base64url')}$${Buffer.alloc(keyBytes, 9).toString('base64url')}`;

/** Without a hash (no such user) it works as long as with one, and says no. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const match = /^scrypt\$(1[0-9]|20)\$([1-9]|1[0-6])\$([1-4])\$([\w-]{16,88})\$([\w-]{43})$/.exec(hash ?? absent);
  if (!match || password.length > passwordLength.most) return false;
  const [, logN, r, p, salt, key] = match;
  const wanted = Buffer.from(key!, 'base64url');
  const got = await derive(password, Buffer.from(salt!, 'base64url'), { n: 2 ** Number(logN), r: Number(r), p: Number(p) });
  return timingSafeEqual(got, wanted) && hash !== undefined;
}

/** Length and commonness only: rules of composition make passwords worse (NIST SP 800-63B). Throws REQUEST_INVALID. */
export function checkNewPassword(password: string, name: string): void {
  const plain = password.normalize('NFKC').toLowerCase();
  const expected =
    [...password].length < passwordLength.least || password.length > passwordLength.most
      ? `${passwordLength.least} to ${passwordLength.most} characters`
      : isCommon(plain)
        ? 'a password that is not among the commonest'
        : plain.includes(name.toLowerCase()) && name.length >= 4
          ? 'a password without the user name'
          : undefined;
  if (!expected) return;
  throw new GatewayError('REQUEST_INVALID', `The new password must be ${expected}.`, {
    context: { problems: [{ path: 'password', expected, got: '[redacted] string' }] },
  });
}

/** A common word stretched with digits, marks or repetition is still common. */
function isCommon(plain: string): boolean {
  if (commonPasswords.has(plain) || new Set(plain).size < 4) return true;
  const core = plain.replace(/^[\d\W_]+|[\d\W_]+$/g, '');
  if (commonPasswords.has(core) && plain.length - core.length <= 8) return true;
  for (let length = 3; length <= plain.length / 2; length += 1) {
    if (
      plain
        .slice(0, length)
        .repeat(Math.ceil(plain.length / length))
        .startsWith(plain)
    )
      return true;
  }
  return '01234567890123456789'.includes(plain) || 'qwertyuiopasdfghjklzxcvbnm'.includes(plain) || 'abcdefghijklmnopqrstuvwxyz'.includes(plain);
}
