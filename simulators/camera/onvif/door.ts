/** Who may ask: HTTP Digest, WS-UsernameToken, both or nobody in particular (ONVIF Core §5.9). */
import type { IncomingMessage } from 'node:http';
import type { DigestDoor } from '../../../adapters/protocols/digest.ts';
import { passwordDigest } from '../../../adapters/protocols/soap/envelope.ts';
import { find, textAt, type XmlElement } from '../../../adapters/protocols/xml.ts';
import type { Faults } from '../faults.ts';
import type { Lockout } from '../lockout.ts';

export interface HttpCounters {
  requests: number;
  /** Requests that carried credentials, right or wrong, by header or token. */
  credentialed: number;
  /** Of those, the ones that were refused. */
  refused: number;
  snapshots: number;
}

export interface OnvifDoorOptions {
  readonly digest: DigestDoor | undefined;
  readonly token: boolean;
  /** A token may differ from the camera's clock by this much, ms, and be used once. Undefined: any time, any number of times. */
  readonly tokenWithin: number | undefined;
  readonly passwordOf: (username: string) => string | undefined;
  readonly faults: Faults;
  readonly lockout: Lockout;
  readonly counters: HttpCounters;
  /** The camera's clock, epoch ms. */
  readonly now: () => number;
}

export type Verdict = 'welcome' | 'anonymous' | 'refused' | 'stale';

const mostNonces = 1_000;

export class OnvifDoor {
  readonly #options: OnvifDoorOptions;
  readonly #nonces = new Set<string>();

  constructor(options: OnvifDoorOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return !this.#options.digest && !this.#options.token;
  }

  /** WWW-Authenticate values; none where only tokens are taken. */
  challenge(stale: boolean): readonly string[] {
    return this.#options.digest?.challenge(stale) ?? [];
  }

  /** Called once for each request. `header`: of its SOAP envelope. */
  judge(request: IncomingMessage, header: XmlElement | undefined): Verdict {
    const { counters, lockout } = this.#options;
    const token = find(header, 'Security', 'UsernameToken');
    const { authorization } = request.headers;
    if (authorization === undefined && !token) return 'anonymous';
    counters.credentialed += 1;
    const verdict = this.open ? 'welcome' : lockout.locked ? 'refused' : this.#weigh(request, token);
    if (verdict === 'refused') counters.refused += 1;
    if (verdict !== 'stale') lockout.saw(verdict === 'welcome');
    return verdict;
  }

  #weigh(request: IncomingMessage, token: XmlElement | undefined): Verdict {
    const { digest, faults, passwordOf } = this.#options;
    const right = faults.has('wrong-password') ? () => undefined : passwordOf;
    if (digest && request.headers.authorization !== undefined) {
      const proof = digest.verify(request.headers.authorization, request.method ?? '', right);
      if (proof === 'stale') return 'stale';
      if (proof && proof.uri === request.url) return 'welcome';
    }
    return this.#options.token && token && this.#tokenHolds(token, right) ? 'welcome' : 'refused';
  }

  /** WSS UsernameToken Profile 1.0 §3.1; a password in clear is not taken. */
  #tokenHolds(token: XmlElement, passwordOf: (username: string) => string | undefined): boolean {
    const password = passwordOf(textAt(token, 'Username') ?? '');
    const nonce = textAt(token, 'Nonce') ?? '';
    const created = textAt(token, 'Created') ?? '';
    if (password === undefined || passwordDigest(Buffer.from(nonce, 'base64'), created, password) !== textAt(token, 'Password')) return false;
    const { tokenWithin, now } = this.#options;
    if (tokenWithin === undefined) return true;
    const fresh = Math.abs(Date.parse(created) - now()) <= tokenWithin && !this.#nonces.has(nonce);
    this.#nonces.add(nonce);
    if (this.#nonces.size > mostNonces) this.#nonces.delete(this.#nonces.values().next().value!);
    return fresh;
  }
}
