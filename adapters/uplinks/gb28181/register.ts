/** One REGISTER, with its challenge answered, and what came of it in values. */
import { type Instant, instant, type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { answerRefusal, type SipCredentials } from '../../protocols/sip/authentication.ts';
import { parseDate } from '../../protocols/sip/date.ts';
import type { SipEndpoint } from '../../protocols/sip/endpoint.ts';
import { SipFailure } from '../../protocols/sip/failure.ts';
import { contactsOf, grantedExpires } from '../../protocols/sip/fields.ts';
import { headerOf, type SipResponse, textOf } from '../../protocols/sip/message.ts';
import type { SipSeries } from '../../protocols/sip/outbound.ts';
import { parseUri } from '../../protocols/sip/uri.ts';
import { maySendTo } from './destinations.ts';
import type { PlatformLink, Server } from './link.ts';
import { resolveHost } from './local-address.ts';
import { longestExpires, longestWait, redirecting, type Trouble } from './trouble.ts';

export interface Registering {
  readonly link: PlatformLink;
  readonly endpoint: SipEndpoint;
  readonly server: Server;
  readonly series: SipSeries;
  readonly credentials: SipCredentials | undefined;
}

export interface Granted {
  readonly kind: 'granted';
  readonly at: Instant;
  readonly expires: Millis;
  /** The platform's clock minus ours, by its Date header, which may be a second off. Measured, never obeyed. */
  readonly clockOffset?: Millis;
  /** Of the connection by which it came; over UDP of our own socket. */
  readonly closed: AbortSignal;
}

export type Outcome =
  | Granted
  | { readonly kind: 'redirected'; readonly server: Server }
  /** It said no: to be asked again slowly. */
  | { readonly kind: 'refused'; readonly trouble: Trouble }
  /** Nobody said anything, or only that it cannot now. `wait`: what it asked for. */
  | { readonly kind: 'unanswered'; readonly trouble: Trouble; readonly wait?: Millis };

/** Timer F, twice: for the challenge and for the answer to it. */
const patience = seconds(64);

/** Never rejects, but with the signal's reason. `expires` in seconds, 0 to leave. */
export async function register(parts: Registering, expires: number, signal: AbortSignal): Promise<Outcome> {
  const { link, endpoint, server, series, credentials } = parts;
  const { clock } = link.context;
  link.asked = server;
  const own = link.uris(server).from;
  const order = { method: 'REGISTER', uri: link.uris(server).uri, from: own, to: own, series, ...(credentials ? { credentials } : {}) };
  const began = clock.monotonic();
  using limit = clock.deadline(patience, signal);
  try {
    const ask = async (length: number) => {
      // Whatever closes from now on, the registration is lost with it: also in the moment between the answer and whoever watches.
      const { closed } = await endpoint.flowTo(server.peer);
      const headers = { Expires: length, 'X-GB-Ver': link.settings.version === '2022' ? '3.0' : '2.0' };
      return { response: await endpoint.ask({ ...order, headers }, server.peer, limit), closed };
    };
    const answered = await ask(expires);
    // RFC 3261 §10.3: longer than we asked for, then. Once: it could go on for ever.
    const least = leastOf(answered.response);
    if (least > expires && least <= longestExpires) return await outcomeOf(await ask(least), parts, order, least);
    return await outcomeOf(answered, parts, order, expires);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const waited = Math.round((clock.monotonic() - began) / 1_000);
    if (error instanceof SipFailure && error.reason === 'unreachable')
      return { kind: 'unanswered', trouble: { kind: 'unreachable', said: error.message } };
    if (error instanceof SipFailure && error.reason === 'closed') return { kind: 'unanswered', trouble: { kind: 'closed', said: error.message } };
    if (error instanceof SipFailure || limit.aborted) return { kind: 'unanswered', trouble: { kind: 'silent', seconds: waited } };
    throw error;
  }
}

async function outcomeOf(
  { response, closed }: { readonly response: SipResponse; readonly closed: AbortSignal },
  { link, server, credentials }: Registering,
  order: { readonly method: string; readonly uri: string },
  asked: number,
): Promise<Outcome> {
  const { status } = response;
  if (status >= 200 && status < 300) return { ...granted(response, link, asked), closed };
  if (redirecting.has(status)) {
    const next = await redirection(response, server);
    return next ? { kind: 'redirected', server: next } : { kind: 'refused', trouble: refusal(response, asked) };
  }
  if (status === 401 || status === 407) {
    if (!credentials) return { kind: 'refused', trouble: { kind: 'no-password' } };
    const answerable = answerRefusal(response, order, credentials) !== undefined;
    return { kind: 'refused', trouble: { kind: answerable ? 'wrong-password' : 'unknown-challenge' } };
  }
  if (status === 408 || status === 480 || (status >= 500 && status < 600)) {
    const wait = retryAfter(response);
    return { kind: 'unanswered', trouble: refusal(response, asked), ...(wait ? { wait: seconds(Math.min(wait, longestWait)) } : {}) };
  }
  const wait = retryAfter(response);
  return { kind: 'refused', trouble: { ...refusal(response, asked), ...(wait === undefined ? {} : { wait }) } };
}

function granted(response: SipResponse, { context: { clock } }: PlatformLink, asked: number): Omit<Granted, 'closed'> {
  const at = clock.now();
  const date = parseDate(headerOf(response, 'Date') ?? '');
  return {
    kind: 'granted',
    at: instant(at),
    // Never longer than we asked for: what we asked for is when we promised to speak again.
    expires: seconds(Math.min(grantedExpires(response) ?? asked, asked)),
    ...(date === undefined ? {} : { clockOffset: millis(date - at) }),
  };
}

/** The server that a 302 names; it goes on in the transport that we speak. Undefined: none that may be asked. */
export async function redirection(response: SipResponse, { code, peer }: Server): Promise<Server | undefined> {
  const [contact] = contactsOf(response);
  const uri = contact && parseUri(contact.uri);
  if (!uri) return undefined;
  const address = await resolveHost(uri.host);
  if (address === undefined || !maySendTo(address, { remote: peer.address })) return undefined;
  return { code: /^\d{20}$/.test(uri.user) ? uri.user : code, peer: { ...peer, address, port: uri.port ?? 5_060 }, redirected: true };
}

/** The shortest registration that it would take, s; 0: it does not say. */
function leastOf(response: SipResponse): number {
  return response.status === 423 ? Number(/^\d{1,10}$/.exec(headerOf(response, 'Min-Expires') ?? '')?.[0] ?? 0) : 0;
}

/** s; undefined: it does not say, or not so that one could count with it. */
function retryAfter(response: SipResponse): number | undefined {
  const said = /^\d{1,6}/.exec(headerOf(response, 'Retry-After') ?? '')?.[0];
  return said === undefined ? undefined : Number(said);
}

function refusal(response: SipResponse, asked: number): Extract<Trouble, { readonly kind: 'refused' }> {
  const least = leastOf(response);
  const lengths = response.status === 423 ? { asked, ...(least > asked ? { least } : {}) } : {};
  return { kind: 'refused', status: response.status, reason: textOf(response.reason).slice(0, 80), ...lengths };
}
