/** HTTP Digest (RFC 7616, RFC 2617, RFC 2069), for RTSP, SIP and HTTP: answers challenges, and guards a door of our own. */
import { createHmac, hash as digest, getHashes, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Challenge {
  /** Lower case: `digest`, `basic` … */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Attempt {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** The request URI exactly as it goes on the wire. */
  readonly uri: string;
  /** How often this nonce was used, this time included; from 1. */
  readonly count: number;
  /** For tests; random where absent. */
  readonly cnonce?: string;
}

type Algorithm = 'SHA-256' | 'SM3' | 'MD5';

/** The stronger first. SM3 is what GB/T 28181-2022 recommends; not every OpenSSL has it. */
const algorithms: ReadonlyMap<string, string> = new Map(
  [['SHA-256', 'sha256'] as const, ['SM3', 'sm3'] as const, ['MD5', 'md5'] as const].filter(([, hash]) => getHashes().includes(hash)),
);
const longestHeader = 4_096;

/** Challenges of one or more WWW-Authenticate headers; what cannot be read is left out. */
export function parseChallenges(headers: string | readonly string[]): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (const header of typeof headers === 'string' ? [headers] : headers) {
    let current: { scheme: string; parameters: Map<string, string> } | undefined;
    // name=value or name="value", or a scheme's name: whichever comes next, each from the beginning of a word (a long one would be tried from each of its
    // letters on). A value without quotes may hold `=` (base64 nonces).
    for (const match of header
      .slice(0, longestHeader)
      .matchAll(/(?<![\w-])(?:([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)(?=\s|,|$))/g)) {
      const [, name, quoted, bare, scheme] = match;
      if (scheme !== undefined) {
        current = { scheme: scheme.toLowerCase(), parameters: new Map() };
        challenges.push(current);
      } else if (name !== undefined) current?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
    }
  }
  return challenges;
}

/** The Authorization header for the strongest challenge that can be met; undefined where only Basic or unknown algorithms are offered. */
export function answerChallenge(challenges: readonly Challenge[], attempt: Attempt): string | undefined {
  const digests = challenges.filter((challenge) => challenge.scheme === 'digest' && challenge.parameters.has('nonce'));
  for (const [name, hash] of algorithms) {
    // Without algorithm MD5 is meant; some cameras send an empty one (onvif-rtsp §3.2 quirk 9).
    const chosen = digests.find((challenge) => (challenge.parameters.get('algorithm') || 'MD5').toUpperCase() === name);
    if (chosen) return answer(chosen.parameters, hash, attempt);
  }
  // An algorithm that nobody knows is MD5 under a vendor's name (same quirk); a known one that we lack would only cost an attempt.
  const vendors = digests.find((challenge) => !/^SHA|^SM3$|-sess$/i.test(challenge.parameters.get('algorithm') ?? ''));
  return vendors && answer(vendors.parameters, 'md5', attempt);
}

function answer(parameters: ReadonlyMap<string, string>, hash: string, attempt: Attempt): string {
  const { username, password, method, uri } = attempt;
  const realm = parameters.get('realm') ?? '';
  const nonce = parameters.get('nonce') ?? '';
  const qop = parameters
    .get('qop')
    ?.split(/[\s,]+/)
    .includes('auth')
    ? 'auth'
    : undefined;
  const cnonce = attempt.cnonce ?? randomBytes(8).toString('hex');
  const nc = attempt.count.toString(16).padStart(8, '0');
  const response = responseOf(hash, { username, realm, password, method, uri, nonce, ...(qop ? { qop, nc, cnonce } : {}) });
  const parts = [
    `username="${quote(username)}"`,
    `realm="${quote(realm)}"`,
    `nonce="${quote(nonce)}"`,
    `uri="${quote(uri)}"`,
    `response="${response}"`,
  ];
  const algorithm = parameters.get('algorithm');
  if (algorithm) parts.push(`algorithm=${algorithms.has(algorithm.toUpperCase()) ? algorithm.toUpperCase() : `"${quote(algorithm)}"`}`);
  const opaque = parameters.get('opaque');
  if (opaque !== undefined) parts.push(`opaque="${quote(opaque)}"`);
  if (qop) parts.push(`qop=${qop}`, `nc=${nc}`, `cnonce="${quote(cnonce)}"`);
  return `Digest ${parts.join(', ')}`;
}

interface Proof {
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly qop?: string;
  readonly nc?: string;
  readonly cnonce?: string;
}

function responseOf(hash: string, proof: Proof): string {
  const h = (text: string) => digest(hash, text);
  const secret = h(`${proof.username}:${proof.realm}:${proof.password}`);
  const request = h(`${proof.method}:${proof.uri}`);
  const middle = proof.qop === undefined ? proof.nonce : `${proof.nonce}:${proof.nc}:${proof.cnonce}:${proof.qop}`;
  return h(`${secret}:${middle}:${request}`);
}

function quote(text: string): string {
  return text.replace(/[\r\n]/g, '').replace(/["\\]/g, '\\$&');
}

export interface DigestDoorOptions {
  readonly realm: string;
  readonly now: () => number;
  /** ms that a nonce lasts; default 300 000. */
  readonly validFor?: number;
  /** Offered, the preferred one first; default SHA-256 and MD5. */
  readonly algorithms?: readonly Algorithm[];
  /** False: RFC 2069 without qop, as many SIP registrars challenge. */
  readonly qop?: boolean;
  /**
   * True: an `nc` that does not grow is answered with `stale` (RFC 7616 §3.4). Off by default: several RTSP players send 00000001 for ever.
   * The nonces seen are kept, at most 1000.
   */
  readonly refuseReplays?: boolean;
}

const mostNonces = 1_000;

/** The server's side. Nonces carry their own time and signature. */
export class DigestDoor {
  readonly #options: DigestDoorOptions;
  readonly #key = randomBytes(32);
  readonly #validFor: number;
  readonly #counts = new Map<string, number>();
  #nonces = 0;

  constructor(options: DigestDoorOptions) {
    this.#options = options;
    this.#validFor = options.validFor ?? 300_000;
  }

  /** WWW-Authenticate values, the preferred one first (RFC 7616 §3.7). */
  challenge(stale = false): string[] {
    this.#nonces += 1;
    const at = `${this.#options.now().toString(36)}-${this.#nonces.toString(36)}`;
    const nonce = `${at}.${this.#sign(at)}`;
    const tail = `realm="${quote(this.#options.realm)}", nonce="${nonce}"${this.#options.qop === false ? '' : ', qop="auth"'}${stale ? ', stale=true' : ''}`;
    return (this.#options.algorithms ?? ['SHA-256', 'MD5']).map((algorithm) => `Digest ${tail}, algorithm=${algorithm}`);
  }

  /** Who proved to know the password, and for which URI (the caller compares it); `stale`: proved with an old nonce; undefined: no proof. */
  verify(
    authorization: string | undefined,
    method: string,
    passwordOf: (username: string) => string | undefined,
  ): { readonly username: string; readonly uri: string } | 'stale' | undefined {
    if (authorization === undefined) return undefined;
    const [credentials] = parseChallenges(authorization.slice(0, longestHeader));
    if (credentials?.scheme !== 'digest') return undefined;
    const get = (name: string) => credentials.parameters.get(name);
    const username = get('username');
    const nonce = get('nonce') ?? '';
    const hash = algorithms.get((get('algorithm') || 'MD5').toUpperCase());
    if (username === undefined || !hash || get('realm') !== this.#options.realm) return undefined;
    const [at = '', signature = ''] = nonce.split('.');
    // An unknown name costs as much time as a wrong password.
    const password = passwordOf(username) ?? randomBytes(16).toString('hex');
    const qop = get('qop');
    const uri = get('uri') ?? '';
    const extra = qop === undefined ? {} : { qop, nc: get('nc') ?? '', cnonce: get('cnonce') ?? '' };
    const expected = responseOf(hash, { username, realm: this.#options.realm, password, method, uri, nonce, ...extra });
    if (!equal(expected, (get('response') ?? '').toLowerCase()) || !equal(this.#sign(at), signature)) return undefined;
    const age = this.#options.now() - Number.parseInt(at, 36);
    if (!(age >= 0 && age <= this.#validFor) || this.#replayed(nonce, get('nc'))) return 'stale';
    return { username, uri };
  }

  #replayed(nonce: string, nc: string | undefined): boolean {
    if (!this.#options.refuseReplays || nc === undefined) return false;
    const count = Number.parseInt(nc, 16);
    if (!(count > (this.#counts.get(nonce) ?? 0))) return true;
    this.#counts.delete(nonce);
    this.#counts.set(nonce, count);
    if (this.#counts.size > mostNonces) this.#counts.delete(this.#counts.keys().next().value!);
    return false;
  }

  #sign(at: string): string {
    return createHmac('sha256', this.#key).update(at).digest('hex').slice(0, 32);
  }
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
