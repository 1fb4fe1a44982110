/**
 * The events of one camera for as long as its session lives (onvif-rtsp §2.1): subscribe, ask for all states, pull, renew, and begin anew when that
 * broke, ever more slowly, as hasty clients have frozen and locked cameras. Yields until aborted, and throws nothing that a camera does.
 */
import type { CameraReport } from '../../../gateway/domain/camera-report.ts';
import type { Logger } from '../../../gateway/domain/ports.ts';
import { millis, minutes, seconds } from '../../../gateway/domain/time.ts';
import { backoff } from '../../../gateway/runtime/backoff.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { lossOfEvents, muteCamera } from './event-loss.ts';
import { EventReports, type EventReportsParts } from './event-reports.ts';
import { openPullPoint, type Pulled, type PullPoint, type PullPointParts } from './pull-point.ts';

export interface EventSessionParts extends PullPointParts, EventReportsParts {
  /** The camera says that it has topics with a state: then it must tell some when it is asked. */
  readonly hasStates: boolean;
  readonly log: Logger;
}

const longestPull = seconds(20);
const shortestPull = seconds(5);
const betweenSubscriptions = { first: seconds(5), most: minutes(2), jitter: 0.3 };
const afterRefusal = minutes(5);
/** A subscription that lived so long was good: the next one is tried at once. */
const goodLife = minutes(1);
/** Silence after which the camera must prove that it would say something. */
const proofAfter = minutes(2);
const proofWithin = seconds(30);
/** States come one by one; those that have not come by then are no more. */
const settleWithin = seconds(5);
const mostFailures = 3;
const betweenFailures = { first: seconds(0.5), most: seconds(4), jitter: 0.3 };
/** A camera that answers at once with nothing is asked four times a second at first, then once. */
const betweenEmpties = { first: millis(250), most: seconds(1), jitter: 0 };
/** Of those that never say anything: more subscriptions would not make them. */
const mostDoubts = 2;

export async function* hearEvents(parts: EventSessionParts, signal: AbortSignal): AsyncGenerator<CameraReport, void, void> {
  const { clock, log } = parts;
  const hearing = new Hearing(parts);
  let attempt = 0;
  while (!signal.aborted) {
    const began = clock.monotonic();
    let failure: unknown;
    try {
      yield* hearing.subscription(signal);
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return;
    const { why, refused } = lossOfEvents(failure);
    log.warn('camera events lost', { error: failure });
    yield hearing.lost(why);
    const good = clock.monotonic() - began > goodLife;
    if (good) attempt = 0;
    const pause = refused ? afterRefusal : good ? millis(0) : backoff(betweenSubscriptions, attempt);
    attempt += 1;
    await clock.sleep(pause, signal).catch(() => undefined); // aborted: the loop ends
  }
}

/** A question for all states that is out: answered by any message; `by`: when we stop waiting for more. Monotonic ms. */
interface Question {
  by: number;
  answered: boolean;
}

type Outcome = Pulled | { readonly failure: unknown };

/** What outlasts one subscription of a session. */
class Hearing {
  readonly #parts: EventSessionParts;
  readonly #reports: EventReports;
  /** It answered a question for its states before: when it no longer does, nobody is listening to us. */
  #answers = false;
  #doubts = 0;
  #heard = false;

  constructor(parts: EventSessionParts) {
    this.#parts = parts;
    this.#reports = new EventReports(parts);
  }

  lost(why: ReturnType<typeof lossOfEvents>['why']): CameraReport {
    this.#heard = false;
    return this.#reports.lost(why);
  }

  /** Ends by throwing: DeviceFailure, or the signal's reason. */
  async *subscription(signal: AbortSignal): AsyncGenerator<CameraReport, void, void> {
    const { clock } = this.#parts;
    using ours = linked(signal);
    const point = await openPullPoint(this.#parts, ours.signal);
    let pull: Promise<Outcome> | undefined;
    try {
      this.#reports.unsure();
      let question = await this.#ask(point, ours.signal);
      let provenAt = clock.monotonic();
      let [failures, empties, timeout]: [number, number, number] = [0, 0, longestPull];
      for (;;) {
        const began = clock.monotonic();
        pull ??= point.pull(timeout, ours.signal).catch((failure: unknown) => ({ failure }));
        const wake = Math.min(this.#reports.next() ?? Number.POSITIVE_INFINITY, question?.by ?? provenAt + proofAfter);
        const outcome = await this.#first(pull, wake, ours.signal);
        const now = clock.monotonic();
        if (outcome) pull = undefined;
        if (outcome && 'failure' in outcome) {
          failures += 1;
          const { failure } = outcome;
          // A fault is its end, silence is not: some cameras hang up on whoever waits for long.
          if (!(failure instanceof DeviceFailure) || !/^(unreachable|reply)$/.test(failure.reason) || failures >= mostFailures) throw failure;
          timeout = Math.max(shortestPull, timeout / 2);
          // What it sent and we could not read may have been a press.
          if (failure.reason === 'reply') yield this.lost(lossOfEvents(failure).why);
          await clock.sleep(backoff(betweenFailures, failures - 1), ours.signal);
        } else if (outcome) {
          failures = 0;
          const { messages } = outcome;
          if (messages.length > 0) {
            provenAt = now;
            if (question) [question.answered, question.by] = [true, Math.min(question.by, now + settleWithin)];
          }
          // A camera that never said anything is not heard by its keeping silent.
          if (messages.length > 0 || this.#doubts === 0) yield* this.#hears(messages.length > 0);
          for (const message of messages) yield* this.#reports.read(message, now);
          empties = messages.length > 0 || now - began > timeout / 2 ? 0 : empties + 1;
          if (empties > 0) await clock.sleep(backoff(betweenEmpties, empties - 1), ours.signal);
        }
        yield* this.#reports.due(now);
        if (question && question.by <= now) {
          if (question.answered) yield* this.#reports.settled(now);
          else yield* this.#doubt();
          this.#answers ||= question.answered;
          question = undefined;
          provenAt = now;
        }
        // In this order: whoever is taken for asked must be.
        if (!question && (this.#reports.takeQuestion(now) || now - provenAt >= proofAfter)) {
          question = await this.#ask(point, ours.signal);
          provenAt = now;
        }
      }
    } finally {
      ours.abort();
      await Promise.all([pull, point.close()]);
    }
  }

  /** Undefined: the camera cannot be asked. */
  async #ask(point: PullPoint, signal: AbortSignal): Promise<Question | undefined> {
    const asked = await point.synchronise(signal);
    return asked ? { by: this.#parts.clock.monotonic() + proofWithin, answered: false } : undefined;
  }

  *#hears(proven: boolean): Generator<CameraReport> {
    if (proven) this.#doubts = 0;
    const news = !this.#heard;
    this.#heard = true;
    const report = this.#reports.heard(proven);
    if (news || proven) yield report;
  }

  /** It was asked for its states and told none, though it did before, or says that it has some. */
  *#doubt(): Generator<CameraReport> {
    if (!this.#answers && !this.#parts.hasStates) return;
    this.#doubts += 1;
    if (this.#answers || this.#doubts <= mostDoubts)
      throw new DeviceFailure('reply', 'tells no states when it is asked for them: its subscription is dead.');
    if (this.#heard || this.#doubts === mostDoubts + 1) yield this.lost(muteCamera);
  }

  /** What the pull brought; undefined when it is time to look at the clock first. */
  async #first(pull: Promise<Outcome>, wake: number, signal: AbortSignal): Promise<Outcome | undefined> {
    const { clock } = this.#parts;
    using waiting = linked(signal);
    const left = wake - clock.monotonic();
    if (!Number.isFinite(left)) return pull;
    const woken = clock.sleep(millis(Math.max(0, left)), waiting.signal).then(
      () => undefined,
      () => pull, // the pull came first, or all is over: it says which
    );
    // Awaited here: what is returned unawaited would be waited for after the wait is let go of.
    return await Promise.race([pull, woken]);
  }
}
