/**
 * Keeps one registration for ever (facts §3.7). Nobody restarts this by hand: every way in which a platform can lose us ends in a try to register
 * again, at once after a loss, within 30 s while nobody answers, after 60 s and more where we were refused.
 */

import { between, type Instant, type Millis, millis, minutes, seconds } from '../../../gateway/domain/time.ts';
import { type BackoffSettings, backoff } from '../../../gateway/runtime/backoff.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import type { SipCredentials } from '../../protocols/sip/authentication.ts';
import type { SipEndpoint } from '../../protocols/sip/endpoint.ts';
import { SipFailure } from '../../protocols/sip/failure.ts';
import { seenAs } from '../../protocols/sip/fields.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import { SipSeries } from '../../protocols/sip/outbound.ts';
import { hostPort } from '../../protocols/sip/uri.ts';
import { keepAlive } from './keepalive.ts';
import type { PlatformLink, Registration, Server } from './link.ts';
import { type Granted, type Outcome, redirection, register } from './register.ts';
import { type Trouble, waitAsked } from './trouble.ts';

export interface RegistrationParts {
  readonly link: PlatformLink;
  readonly endpoint: SipEndpoint;
  readonly home: Server;
  readonly credentials: SipCredentials | undefined;
  /** Told whom to listen to beside home from now on, and to nobody else: the server that we speak to. Whoever it was before is left. */
  readonly trust: (address: string) => void;
}

const unansweredPauses: BackoffSettings = { first: seconds(1), most: seconds(30), jitter: 0.3 };
/** Less a share of chance: never less than 60 s (GB/T 28181 §9.1.2.1), never more than 10 min. */
const refusedPauses: BackoffSettings = { first: seconds(72), most: minutes(10), jitter: 1 / 6 };
const mostRedirects = 3;
/** However little a platform grants. */
const shortestRefresh = seconds(5);
/** To leave: nobody waits longer for a box that goes. */
const lastWords = seconds(2);
/** Between registrations because of the address that a NAT gives us. */
const movesApart = seconds(30);

/** Runs until aborted; then it says goodbye, where somebody knows us. */
export async function keepRegistered(parts: RegistrationParts, signal: AbortSignal): Promise<void> {
  const { link, home } = parts;
  const { clock, log } = link.context;
  let server = home;
  let redirects = 0;
  /** Since the platform last proved that it knows us. */
  const failed = { unanswered: 0, refused: 0 };
  const turnTo = (next: Server) => {
    server = next;
    parts.trust(next.peer.address);
  };
  while (!signal.aborted) {
    const { outcome, series } = await attempt(parts, server, signal);
    if (outcome === undefined) return;
    let pause: Millis;
    // A server that a 302 named is gone, or does not want us: back to the one that named it.
    let next = home;
    switch (outcome.kind) {
      case 'granted': {
        const lost = await hold(parts, { server, series, granted: outcome }, () => Object.assign(failed, { unanswered: 0, refused: 0 }), signal);
        if (!lost) return;
        const { trouble, refused, to } = lost;
        next = to ?? home;
        log.warn('registration lost', { uplink: link.uplink, trouble });
        // Under heavy loss the kernel waits up to minutes before it sends again on an old connection: a new one is there in seconds.
        if (trouble.kind === 'lost' || trouble.kind === 'silent' || trouble.kind === 'mute') parts.endpoint.leave(server.peer);
        link.down(trouble);
        // At once, but once: a platform that takes us and forgets us again is left in peace for a growing while.
        const soon = failed.unanswered === 0 ? millis(0) : backoff(unansweredPauses, failed.unanswered - 1);
        pause = waitAsked(trouble) ?? (refused ? backoff(refusedPauses, failed.refused) : soon);
        failed[refused ? 'refused' : 'unanswered'] += 1;
        break;
      }
      case 'redirected':
        redirects += 1;
        if (redirects <= mostRedirects) {
          log.info('registration redirected', { uplink: link.uplink, to: outcome.server });
          turnTo(outcome.server);
          continue;
        }
        link.down({ kind: 'redirected-in-circles' });
        pause = backoff(unansweredPauses, failed.unanswered);
        failed.unanswered += 1;
        break;
      case 'unanswered':
        link.down(outcome.trouble);
        if (outcome.trouble.kind === 'silent') parts.endpoint.leave(server.peer);
        pause = outcome.wait ?? backoff(unansweredPauses, failed.unanswered);
        failed.unanswered += 1;
        log.warn('registration unanswered', { uplink: link.uplink, trouble: outcome.trouble, pause });
        break;
      case 'refused':
        link.down(outcome.trouble);
        // One that a 302 named: its master may know a better one by now, once.
        pause =
          server !== home && failed.refused === 0 ? unansweredPauses.first : (waitAsked(outcome.trouble) ?? backoff(refusedPauses, failed.refused));
        failed.refused += 1;
        log.warn('registration refused', { uplink: link.uplink, trouble: outcome.trouble, pause });
        break;
    }
    turnTo(next);
    redirects = 0;
    await clock.sleep(pause, signal).catch(() => undefined); // aborted: the loop's condition ends it
  }
}

/** A registration begins with a Call-ID of its own. `outcome` is undefined where the signal aborted. */
async function attempt(
  parts: RegistrationParts,
  server: Server,
  signal: AbortSignal,
): Promise<{ readonly outcome?: Outcome; readonly series: SipSeries }> {
  const series = new SipSeries(parts.endpoint.bound?.address ?? server.peer.address);
  try {
    return { outcome: await register({ ...parts, server, series }, parts.link.basics.expires, signal), series };
  } catch (error) {
    if (signal.aborted) return { series };
    throw error;
  }
}

interface Held {
  readonly server: Server;
  readonly series: SipSeries;
  readonly granted: Granted;
}

/** A 302 to something else than the first REGISTER. */
const moved: Trouble = { kind: 'refused', status: 302, reason: 'Moved' };

/** Why a registration holds no longer. */
interface Lost {
  readonly trouble: Trouble;
  /** Renewing it was: no reason to hurry. */
  readonly refused?: true;
  /** Whom its server named instead. */
  readonly to?: Server;
}

/** From the 200 on, until it no longer holds: resolves with why; undefined: the signal aborted, and the platform was told. */
async function hold(parts: RegistrationParts, held: Held, proved: () => void, signal: AbortSignal): Promise<Lost | undefined> {
  const { link, endpoint } = parts;
  const { clock, log } = link.context;
  using life = linked(signal);
  const { server, granted } = held;
  const registration: Registration = {
    ...{ ...server, endpoint, since: granted.at, lost: life.signal },
  };
  log.info('registered', { uplink: link.uplink, server: server.code, expires: granted.expires, clockOffset: granted.clockOffset });
  link.up(registration, granted.clockOffset);
  const nat = new NatWatch(granted.at);
  let lose: (trouble: Trouble, to?: Server) => void = () => undefined;
  const answered = (response: SipResponse) => {
    proved();
    const to = nat.moved(seenAs(response), clock.now());
    if (to !== undefined) lose({ kind: 'moved', to });
  };
  link.onForgotten = (status) => lose({ kind: 'forgotten', status });
  link.onMute = (seconds) => lose({ kind: 'mute', seconds });
  link.onSentElsewhere = async (response) => lose(moved, await redirection(response, server));
  try {
    const silenced = Promise.race([keepAlive(link, registration, { answered }, life.signal), closing(granted, server, life.signal)]);
    return await Promise.race([
      silenced.then((trouble) => ({ trouble })),
      refresh(parts, held, life.signal),
      new Promise<Lost>((resolve) => {
        lose = (trouble, to) => resolve({ trouble, ...(to ? { to } : {}) });
      }),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error;
    await leave(parts, held);
    return undefined;
  } finally {
    link.onForgotten = undefined;
    link.onMute = undefined;
    link.onSentElsewhere = undefined;
    link.gone();
  }
}

/** Before it runs out; resolves with why that was not possible. */
async function refresh(parts: RegistrationParts, { server, series, granted }: Held, signal: AbortSignal): Promise<Lost> {
  for (let { expires } = granted; ; ) {
    // Sooner where a platform has ordered otherwise: what BasicParam says is agreed then.
    await parts.link.sleep(refreshAfter(expires), signal);
    const outcome = await register({ ...parts, server, series }, parts.link.basics.expires, signal);
    switch (outcome.kind) {
      case 'granted':
        expires = outcome.expires;
        parts.link.measured(outcome.clockOffset);
        break;
      case 'redirected':
        return { trouble: moved };
      case 'refused':
        return { trouble: outcome.trouble, refused: true };
      case 'unanswered':
        return { trouble: outcome.trouble };
    }
  }
}

/** A minute before the end of a long one; well before that of a short one, so that there is time to be asked for a signature. A grant of nothing is no reason to hurry. */
export function refreshAfter(expires: Millis): Millis {
  return millis(Math.max(expires - seconds(60), Math.round(expires * 0.7), shortestRefresh));
}

/** Over TCP the end of the connection is the end of the registration, also one that has come already; over UDP there is none, and this waits for the signal. */
async function closing({ closed }: Granted, { peer }: Server, signal: AbortSignal): Promise<Trouble> {
  using over = linked(signal, ...(peer.transport === 'TCP' ? [closed] : []));
  await new Promise<void>((resolve) => {
    over.signal.addEventListener('abort', () => resolve(), { once: true });
    if (over.signal.aborted) resolve();
  });
  signal.throwIfAborted();
  const why: unknown = closed.reason;
  return { kind: 'closed', said: why instanceof SipFailure ? why.message : 'closed the connection.' };
}

async function leave(parts: RegistrationParts, { server, series }: Held): Promise<void> {
  using limit = parts.link.context.clock.deadline(lastWords);
  await register({ ...parts, server, series }, 0, limit).catch(() => undefined); // Nobody hears it: then nobody needs to.
}

/**
 * A NAT that gives us another address: the platform goes on calling the old one (facts §3.5). Answers to keepalives are compared with each other alone:
 * what hears messages at a platform may be another server than its registrar, and write less or something else into Via.
 */
class NatWatch {
  #first: string | undefined;
  readonly #since: Instant;

  constructor(since: Instant) {
    this.#since = since;
  }

  moved(seen: ReturnType<typeof seenAs>, now: Instant): string | undefined {
    if (!seen) return undefined;
    const to = hostPort(seen.address, seen.port);
    this.#first ??= to;
    return to !== this.#first && between(this.#since, now) >= movesApart ? to : undefined;
  }
}
