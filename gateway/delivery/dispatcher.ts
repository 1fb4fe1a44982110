/**
 * Carries what an uplink is owed to its far side: a bounded window of deliveries, order within a lane (the outbox keeps it), panic first.
 * No answer: tried again for ever. Refused: out of the line, on its own slow clock, so that it never stops what is behind it.
 */
import { setMaxListeners } from 'node:events';
import type { Delivery, Receipt } from '../domain/delivery.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { after, hours, type Instant, type Millis, millis, minutes, seconds } from '../domain/time.ts';
import type { Uplink } from '../domain/uplink-ports.ts';
import { type BackoffSettings, backoff } from '../runtime/backoff.ts';
import { steadyTime } from '../runtime/steady-time.ts';
import { type Acceptance, attempt, type Outcome } from './attempt.ts';
import { openLink } from './link.ts';

export interface DispatcherOptions {
  readonly uplink: Pick<Uplink, 'id' | 'window' | 'deliver' | 'acceptedBy'>;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest wait for an answer; 10 s where not given. */
  readonly deadline?: Millis;
  /** Between tries of a silent far side, and of one delivery that alone gets no answer. */
  readonly unanswered?: BackoffSettings;
  /** Between tries of a refused delivery. */
  readonly refused?: BackoffSettings;
  /** Told of each acceptance while it is on its way into the journal: what is recorded in that call is in no earlier COMMIT. Again, if there was none. Must not throw. */
  readonly onAccepted?: (delivery: Delivery, acceptance: Acceptance) => void;
  /** Told of each try that a silent far side leaves unanswered, and when it answers again. Must not throw. */
  readonly onSilence?: (silent: boolean) => void;
  /** Told of each refusal. Must not throw. */
  readonly onRefused?: (delivery: Delivery, reason: string) => void;
}

const usualUnanswered: BackoffSettings = { first: seconds(0.5), most: seconds(30), jitter: 0.5 };
const usualRefused: BackoffSettings = { first: minutes(1), most: hours(1), jitter: 0.2 };
/** A probe that has not been answered for so long gets company: the silence may be its own. */
const patience: Millis = seconds(1);
/** Between tries to journal that the far side has accepted. */
const rejournal: BackoffSettings = { first: millis(200), most: seconds(5), jitter: 0.3 };
/** The reason of a wait that ends early: the one that is made where none is given takes its stack along, and costs more than the wait. */
const over = 'no longer needed';
/** Never look again sooner than this without a reason. */
const leastSleep: Millis = millis(20);

/** One life per uplink. Returns on abort, once nothing is under way any more; throws when the outbox cannot be read. */
export async function runDispatcher(options: DispatcherOptions, signal: AbortSignal): Promise<void> {
  const { uplink, outbox, clock, onAccepted, onRefused, onSilence } = options;
  const { deadline = seconds(10), unanswered: againSettings = usualUnanswered, refused: slowSettings = usualRefused } = options;
  const log = options.log.child({ uplink: uplink.id });
  // Waits are by this, not by a clock that may be set back: an alarm that waits a second would wait an hour.
  const time = steadyTime(clock);
  const link = openLink(againSettings, time.now());
  const flying = new Set<Promise<void>>();
  /** Stood in for the first in line while the link was silent; due at once when it speaks again. */
  const setAside = new Map<number, Delivery>();
  const life = new AbortController();
  const lives = life.signal;
  const end = () => {
    life.abort(signal.reason);
    ring();
  };
  setMaxListeners(uplink.window * 2 + 10, lives); // one per place in the window is no leak
  let inFlight = 0;
  let probing = false;
  let ring: () => void = () => undefined;

  const claim = (limit: number): readonly Delivery[] => {
    const room = Math.min(limit, uplink.window - inFlight);
    if (room <= 0) return [];
    const claimed = outbox.claim(uplink.id, room, time.now());
    for (const { position } of claimed) setAside.delete(position);
    inFlight += claimed.length;
    return claimed;
  };

  const send = (delivery: Delivery): Promise<Outcome> => attempt({ uplink, clock, deadline }, delivery, lives);

  /** The journal could not take it: what it holds still stands, and is acted upon when due. */
  const held = (holding: Promise<void>) => holding.catch((error: unknown) => log.warn('delivery outcome not journalled', { error }));

  /** That it left is told with what came of it: a hop costs no operation of its own. */
  const sent = ({ sentAt }: { readonly sentAt?: Instant }): readonly Receipt[] =>
    sentAt === undefined ? [] : [{ hop: 'sent', at: sentAt, by: uplink.id }];

  const accepted = async (delivery: Delivery, outcome: Acceptance): Promise<void> => {
    const word = { at: outcome.acceptedAt, by: uplink.id, proof: outcome.proof };
    const receipts: readonly Receipt[] = [
      ...sent(outcome),
      // What has not left is nobody's word: there was nothing that the far side takes.
      ...(uplink.acceptedBy === undefined || outcome.sentAt === undefined ? [] : [{ hop: uplink.acceptedBy, ...word }]),
      { hop: 'accepted', ...word },
    ];
    for (let tries = 0; ; tries += 1) {
      try {
        const journalled = outbox.acknowledge(delivery, receipts);
        onAccepted?.(delivery, outcome);
        return await journalled;
      } catch (error) {
        // The far side has it: it is told to the journal until the journal listens, rather than sent again.
        if (lives.aborted) return held(outbox.postpone(delivery, 'acceptance not journalled', time.now()));
        log.warn('acceptance not journalled', { position: delivery.position, tries, error });
        await clock.sleep(backoff(rejournal, tries), lives).catch(() => undefined); // aborted: seen above
      }
    }
  };

  const heard = () => {
    const wasSilent = link.silent;
    link.answered();
    if (!wasSilent) return;
    onSilence?.(false);
    log.info('far side answers again', { setAside: setAside.size });
    for (const delivery of setAside.values()) held(outbox.postpone(delivery, 'waited for the far side', time.now()));
    setAside.clear();
  };

  /** How long one without an answer waits. First in line of a silent link: due whenever the link is tried. Else its own, growing time. */
  const waitOf = (delivery: Delivery, silent: boolean, probe?: 'first' | 'stand-in'): Millis => {
    if (silent && probe !== 'stand-in') return millis(0);
    const own = backoff(againSettings, delivery.attempts);
    // The far side came back between the first and its stand-in: the first, which may be a panic, must not pay for that.
    return probe === 'first' ? millis(Math.min(own, patience)) : own;
  };

  /** Acts on an outcome. `probe`: what to do with one that found the link silent. */
  const settle = async (delivery: Delivery, outcome: Outcome, before: { readonly answers: number }, probe?: 'first' | 'stand-in'): Promise<void> => {
    const now = time.now();
    switch (outcome.kind) {
      case 'accepted':
        heard();
        return accepted(delivery, outcome);
      case 'refused':
        heard();
        log.warn('delivery refused', { position: delivery.position, event: delivery.event, reason: outcome.reason });
        onRefused?.(delivery, outcome.reason);
        return held(outbox.refuse(delivery, outcome.reason, after(now, backoff(slowSettings, delivery.refusals ?? 0)), sent(outcome)));
      case 'aborted':
        return held(outbox.postpone(delivery, 'the gateway stopped waiting', now));
      case 'unanswered': {
        const spoke = !link.silent;
        const silent = link.unanswered(before, now);
        if (silent) onSilence?.(true);
        if (silent && spoke) log.warn('far side silent', { reason: outcome.reason });
        if (probe === 'stand-in' && silent) setAside.set(delivery.position, delivery);
        return held(outbox.postpone(delivery, outcome.reason, after(now, waitOf(delivery, silent, probe)), sent(outcome)));
      }
    }
  };

  const freePlace = () => {
    inFlight -= 1;
  };

  const track = (work: Promise<void>): Promise<void> => {
    const whole = work
      .catch((error: unknown) => log.error('delivery left unsettled', { error }))
      .finally(() => {
        flying.delete(whole);
        ring();
      });
    flying.add(whole);
    return whole;
  };

  const dispatch = (delivery: Delivery, role?: 'stand-in'): Promise<void> => {
    const before = { answers: link.answers };
    const settled = send(delivery).then((outcome) => settle(delivery, outcome, before, role));
    // Its place is free only when its outcome is journalled: what a crash can repeat is never more than one window.
    return track(settled.finally(freePlace));
  };

  /** Tries a silent link with the first in line; if that brings no answer, with another too: one that is poisoned must not stop the rest. */
  const probe = async (first: Delivery): Promise<void> => {
    const before = { answers: link.answers };
    const company = () => {
      const [other] = link.silent && !lives.aborted ? claim(1) : [];
      return other && dispatch(other, 'stand-in');
    };
    const sent = send(first);
    const early = await within(patience, sent);
    // The first keeps its claim until the other is chosen, or it would be chosen again.
    let standIn = early === undefined ? company() : undefined;
    const outcome = await sent;
    if (outcome.kind !== 'unanswered') return settle(first, outcome, before, 'first').finally(freePlace);
    freePlace(); // the stand-in may need it: a window may be 1
    standIn ??= company();
    if (standIn) await within(patience, standIn);
    await settle(first, outcome, before, 'first');
  };

  const within = async <Result>(length: Millis, work: Promise<Result>): Promise<Result | undefined> => {
    const done = new AbortController();
    const timeout = clock.sleep(length, done.signal).then(
      () => undefined,
      () => undefined, // no longer needed
    );
    try {
      return await Promise.race([work, timeout]);
    } finally {
      done.abort(over);
    }
  };

  const look = () => {
    if (!link.silent) {
      for (const delivery of claim(uplink.window)) dispatch(delivery);
      return;
    }
    if (probing || time.now() < link.tryAt) return;
    const [first] = claim(1);
    if (!first) return;
    probing = true;
    track(
      probe(first).finally(() => {
        probing = false;
        link.stillSilent(time.now());
      }),
    );
  };

  /** Nothing in the line ever waits longer than this; what is due later was put there under a clock that was ahead of ours. */
  const longestWait = millis(againSettings.most * 2);
  const nextDue = (): Instant | undefined => {
    const due = outbox.nextDue(uplink.id);
    if (due === undefined || due - time.now() <= longestWait) return due;
    const first = outbox.nextInLine(uplink.id);
    if (first !== undefined && first - time.now() > longestWait) time.catchUp(first);
    return due;
  };

  /** Until something changes or becomes due. */
  const rest = async (): Promise<void> => {
    const due = inFlight >= uplink.window || probing ? undefined : nextDue();
    const now = time.now();
    const until = due === undefined ? undefined : link.silent ? Math.max(due, link.tryAt) : due;
    const changed = new Promise<void>((resolve) => {
      ring = resolve;
    });
    if (until === undefined) await changed;
    else await within(millis(Math.max(leastSleep, until - now)), changed);
  };

  const watch = async (): Promise<void> => {
    while (!lives.aborted) {
      await outbox.arrival(uplink.id, lives);
      link.soon(time.now());
      ring();
    }
  };

  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  watch().catch(() => undefined); // ends with the life
  try {
    while (!lives.aborted) {
      look();
      await rest();
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
    await Promise.allSettled(flying);
  }
}
