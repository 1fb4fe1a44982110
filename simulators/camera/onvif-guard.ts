/** Who may call a simulated camera: HTTP Digest, WS-UsernameToken, either, or anybody. It is as strict as the strictest real ones. */
import { timingSafeEqual } from 'node:crypto';
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import { passwordDigest } from '../../adapters/protocols/soap/envelope.ts';
import { find, textAt, type XmlElement } from '../../adapters/protocols/soap/xml.ts';

export type CameraAuth = 'digest' | 'token' | 'both' | 'none';

export interface GuardOptions {
  readonly auth: CameraAuth;
  readonly username: string;
  /** Asked at every request: it may change while the camera runs. */
  readonly password: () => string;
  /** The camera's own clock, epoch ms, with its drift. */
  readonly cameraNow: () => number;
  /** Undrifted, for the life of nonces. */
  readonly now: () => number;
}

/** `challenge`: nothing was shown; `refused`: what was shown is wrong, or of a kind that is not taken. */
export type Verdict = { readonly kind: 'in' } | { readonly kind: 'challenge' | 'refused'; readonly by: 'digest' | 'token'; readonly stale: boolean };

export interface Shown {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  /** The SOAP Header; undefined for a GET. */
  readonly header?: XmlElement | undefined;
}

/** Tokens further from the camera's clock are refused: what strict cameras do (onvif-rtsp §6.4). */
const tokenWithin = 5_000;
const mostNonces = 2_000;

export class OnvifGuard {
  readonly #options: GuardOptions;
  readonly #door: DigestDoor;
  readonly #nonces = new Set<string>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#door = new DigestDoor({ realm: 'simulated camera', now: options.now });
  }

  /** WWW-Authenticate values. */
  challenge(stale: boolean): string[] {
    return this.#door.challenge(stale);
  }

  /** Whether credentials of any kind were shown, right or wrong. */
  carries(shown: Shown): boolean {
    return shown.authorization !== undefined || find(shown.header, 'Security') !== undefined;
  }

  judge(shown: Shown): Verdict {
    const { auth } = this.#options;
    if (auth === 'none') return { kind: 'in' };
    const token = auth === 'digest' ? undefined : find(shown.header, 'Security', 'UsernameToken');
    if (token) return this.#tokenIsRight(token) ? { kind: 'in' } : { kind: 'refused', by: 'token', stale: false };
    // A GET cannot carry a token: cameras that know only tokens guard their snapshot with Digest all the same.
    const by = auth === 'token' && shown.header !== undefined ? 'token' : 'digest';
    if (by === 'digest') {
      const proof = this.#door.verify(shown.authorization, shown.method, (username) =>
        username === this.#options.username ? this.#options.password() : undefined,
      );
      if (proof === 'stale') return { kind: 'challenge', by, stale: true };
      if (proof && sameTarget(proof.uri, shown.url)) return { kind: 'in' };
    }
    return { kind: this.carries(shown) ? 'refused' : 'challenge', by, stale: false };
  }

  /** WSS UsernameToken Profile 1.0 §3.1: digest, freshness, and each nonce once. */
  #tokenIsRight(token: XmlElement): boolean {
    const created = textAt(token, 'Created') ?? '';
    const nonce = textAt(token, 'Nonce') ?? '';
    const given = textAt(token, 'Password') ?? '';
    const kind = find(token, 'Password')?.attributes.get('Type') ?? '';
    const age = Math.abs(Date.parse(created) - this.#options.cameraNow());
    if (!kind.endsWith('#PasswordDigest') || !(age <= tokenWithin) || this.#nonces.has(nonce)) return false;
    if (textAt(token, 'Username') !== this.#options.username) return false;
    const expected = Buffer.from(passwordDigest(Buffer.from(nonce, 'base64'), created, this.#options.password()));
    const shown = Buffer.from(given);
    if (expected.length !== shown.length || !timingSafeEqual(expected, shown)) return false;
    this.#nonces.add(nonce);
    if (this.#nonces.size > mostNonces) this.#nonces.delete(this.#nonces.values().next().value!);
    return true;
  }
}

/** RFC 7616 §3.4: the URI is the request target; some clients write the whole URL. */
function sameTarget(uri: string, target: string): boolean {
  if (uri === target) return true;
  if (!/^https?:/i.test(uri) || !URL.canParse(uri)) return false;
  const { pathname, search } = new URL(uri);
  return `${pathname}${search}` === target;
}
