/** REGISTER as a platform answers it (gb28181 §3.1, §3.2): challenge, proof, grant; and the ways in which platforms say no. */
import { DigestDoor, parseChallenges } from '../../../adapters/protocols/digest.ts';
import { writeLocalTime } from '../../../adapters/protocols/manscdp/local-time.ts';
import { callIdOf, cseqOf, expiresOf, fromOf } from '../../../adapters/protocols/sip/fields.ts';
import type { IncomingRequest } from '../../../adapters/protocols/sip/incoming.ts';
import { headerOf, type SipRequest } from '../../../adapters/protocols/sip/message.ts';
import { parseUri } from '../../../adapters/protocols/sip/uri.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import type { Instant } from '../../../gateway/domain/time.ts';
import { millis } from '../../../gateway/domain/time.ts';
import type { Complaints } from './complaints.ts';
import type { Devices } from './devices.ts';

/** How it registers just now. Misbehaviours replace parts of it. */
export interface RegistrarHabits {
  /** Offered in the challenge, the preferred one first; none: everybody may register (SRS). */
  readonly algorithms: readonly ('MD5' | 'SHA-256' | 'SM3')[];
  readonly qop: boolean;
  /** A right proof is answered with a new nonce and `stale=true`, once for each Call-ID. */
  readonly staleOnce: boolean;
  /** A refresh with the Call-ID of the registration needs no proof (WVP). */
  readonly trustsRefresh: boolean;
  /** What a wrong proof is answered with: WVP says 403, others ask again. */
  readonly refusesProof: 401 | 403;
  /** Instead of everything else. */
  readonly refuses: number | undefined;
  /** 302: to another server, or each device once to the same one. */
  readonly redirects: { readonly uri?: string } | undefined;
  /** ms before any answer. */
  readonly slow: number;
  /** s, granted at most. */
  readonly longest: number;
  readonly date: DateForm;
}

/** `none` as SRS, `beijing` as WVP, `gmt` as SIP stacks, `zone` as nobody should. */
export type DateForm = 'none' | 'beijing' | 'beijing-millis' | 'gmt' | 'zone' | 'wrong-by-an-hour';

export const usualHabits: RegistrarHabits = {
  algorithms: ['MD5'],
  qop: true,
  staleOnce: false,
  trustsRefresh: true,
  refusesProof: 403,
  refuses: undefined,
  redirects: undefined,
  slow: 0,
  longest: 86_400,
  date: 'beijing-millis',
};

const mostRemembered = 10_000;

export interface RegistrarParts {
  readonly clock: Clock;
  readonly realm: string;
  /** The platform's own URI, with its address. */
  own(): string;
  /** Undefined: nobody knows this code. */
  passwordOf(id: string): string | undefined;
  habits(): RegistrarHabits;
  readonly devices: Devices;
  readonly complaints: Complaints;
  /** A device is here that the platform knows nothing of yet. */
  registered(id: string): void;
  left(id: string): void;
}

export class Registrar {
  readonly #parts: RegistrarParts;
  readonly #door: DigestDoor;
  readonly #stale = new Set<string>();
  readonly #sequences = new Map<string, number>();
  readonly #proved = new Set<string>();
  readonly #redirected = new Set<string>();

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    const { realm, clock } = parts;
    const habits = () => parts.habits();
    // The door asks for its options each time: habits change while it stands.
    this.#door = new DigestDoor({
      realm,
      now: () => clock.now(),
      get algorithms() {
        return habits().algorithms;
      },
      get qop() {
        return habits().qop;
      },
    });
  }

  async take(incoming: IncomingRequest): Promise<void> {
    const { clock, devices, complaints, passwordOf } = this.#parts;
    const { request } = incoming;
    const habits = this.#parts.habits();
    const id = parseUri(fromOf(request)?.uri ?? '')?.user ?? '';
    this.#judge(id, request);
    if (habits.slow > 0) await clock.sleep(millis(habits.slow));
    const expires = expiresOf(request);
    if (habits.refuses !== undefined) return incoming.answer(habits.refuses);
    if (!/^\d{20}$/.test(id)) return incoming.answer(403, { reason: 'Not A Code' });
    if (expires === undefined) {
      complaints.add(id, 'register-expires', 'REGISTER without Expires.');
      return incoming.answer(400, { reason: 'Missing Expires' });
    }
    if (passwordOf(id) === undefined) return incoming.answer(403);
    const trusted = habits.algorithms.length === 0 || (habits.trustsRefresh && devices.knows(id, callIdOf(request)));
    const proof = trusted ? undefined : this.#door.verify(headerOf(request, 'Authorization'), 'REGISTER', passwordOf);
    if (!trusted && (proof === undefined || proof === 'stale' || proof.username !== id)) {
      const wrong = proof !== 'stale' && this.#proofOf(request)?.get('realm') === this.#parts.realm;
      if (wrong && habits.refusesProof === 403) return incoming.answer(403);
      return this.#challenge(incoming, proof === 'stale');
    }
    if (!trusted && habits.staleOnce && !this.#stale.has(callIdOf(request))) {
      this.#stale.add(callIdOf(request));
      return this.#challenge(incoming, true);
    }
    const elsewhere = this.#elsewhere(id);
    if (elsewhere !== undefined) return incoming.answer(302, { headers: { Contact: `<${elsewhere}>`, Expires: expires } });
    this.#grant(incoming, id, Math.min(expires, habits.longest));
  }

  /** A restarted platform knows no nonce and no number. */
  forget(): void {
    this.#sequences.clear();
    this.#stale.clear();
    this.#proved.clear();
    this.#redirected.clear();
  }

  #elsewhere(id: string): string | undefined {
    const { redirects } = this.#parts.habits();
    if (!redirects || redirects.uri !== undefined || this.#redirected.has(id)) return redirects?.uri;
    this.#redirected.add(id);
    return this.#parts.own();
  }

  #challenge(incoming: IncomingRequest, stale: boolean): void {
    incoming.answer(401, { headers: { 'WWW-Authenticate': this.#door.challenge(stale), 'X-GB-Ver': '3.0' } });
  }

  #grant(incoming: IncomingRequest, id: string, expires: number): void {
    const { clock, devices, registered, left } = this.#parts;
    const { request, flow } = incoming;
    const said = headerOf(request, 'Contact');
    const date = dateOf(clock.now(), this.#parts.habits().date);
    incoming.answer(200, { headers: { ...(said === undefined ? {} : { Contact: said }), Expires: expires, Date: date, 'X-GB-Ver': '3.0' } });
    if (expires === 0) {
      devices.leave(id);
      left(id);
      return;
    }
    const version = headerOf(request, 'X-GB-Ver');
    const anew = devices.register(id, { flow, callId: callIdOf(request), expires, version, agent: headerOf(request, 'User-Agent') ?? '' });
    if (anew) registered(id);
  }

  #judge(id: string, request: SipRequest): void {
    const { complaints } = this.#parts;
    const callId = callIdOf(request);
    const number = cseqOf(request)?.number ?? 0;
    const before = this.#sequences.get(callId);
    if (before !== undefined && number !== before + 1) complaints.add(id, 'register-cseq', `REGISTER with CSeq ${number} after ${before}.`);
    if (this.#sequences.size > mostRemembered) this.forget();
    this.#sequences.set(callId, number);
    if (headerOf(request, 'Contact') === undefined) complaints.add(id, 'register-contact', 'REGISTER without Contact.');
    const proof = this.#proofOf(request);
    if (!proof) return;
    const use = `${proof.get('nonce')} ${proof.get('nc')}`;
    if (this.#proved.has(use)) complaints.add(id, 'nonce-reused', 'A nonce was used a second time: platforms count in upper case.');
    this.#proved.add(use);
    if (proof.get('uri') !== request.uri) complaints.add(id, 'digest-uri', `The proof is for ${proof.get('uri')}, the request for ${request.uri}.`);
  }

  #proofOf(request: SipRequest): ReadonlyMap<string, string> | undefined {
    return parseChallenges(headerOf(request, 'Authorization') ?? '')[0]?.parameters;
  }
}

function dateOf(now: Instant, form: DateForm): string | undefined {
  switch (form) {
    case 'none':
      return undefined;
    case 'beijing':
      return writeLocalTime(now);
    case 'beijing-millis':
      return `${writeLocalTime(now)}.${String(now % 1_000).padStart(3, '0')}`;
    case 'gmt':
      return new Date(now).toUTCString();
    case 'zone':
      return `${writeLocalTime(now)}+08:00`;
    case 'wrong-by-an-hour':
      return writeLocalTime(now + 3_600_000);
  }
}
