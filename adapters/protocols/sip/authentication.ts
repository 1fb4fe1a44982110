/** Digest in SIP (RFC 3261 §22, RFC 8760): answers of a client to 401 and 407. The server's side is `DigestDoor`. */
import { answerChallenge, type Challenge, parseChallenges } from '../digest.ts';
import { headersOf, type SipResponse, textOf } from './message.ts';

export interface SipCredentials {
  readonly username: string;
  readonly password: string;
  /** For tests; random where absent. */
  readonly cnonce?: string;
}

export interface SignedHeader {
  readonly name: 'Authorization' | 'Proxy-Authorization';
  readonly value: string;
}

/** The header for the next attempt; undefined where nothing is asked that we can answer, or that may be answered. */
export function answerRefusal(
  response: SipResponse,
  request: { readonly method: string; readonly uri: string },
  credentials: SipCredentials,
): SignedHeader | undefined {
  // Each nonce is used once: several platforms write the count in upper case, and no longer agree from the tenth use on (gb28181 §7 quirk 4).
  const value = answerChallenge(challengesOf(response), { ...credentials, ...request, count: 1 });
  return value === undefined ? undefined : { name: response.status === 407 ? 'Proxy-Authorization' : 'Authorization', value };
}

/** The password was right, the nonce too old: worth another attempt (RFC 7616 §3.3). Without it a second refusal is final. */
export function isStale(response: SipResponse): boolean {
  return challengesOf(response).some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true');
}

function challengesOf(response: SipResponse): readonly Challenge[] {
  return parseChallenges(headersOf(response, response.status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate').map(textOf));
}
