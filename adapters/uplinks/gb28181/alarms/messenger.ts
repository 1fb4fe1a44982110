/**
 * Carries alarms to one platform. Three receipts are told apart: that it left for the wire (`sent`), that the platform's SIP took it (`answered`), and
 * that the platform itself did (`confirmed`); the settings say which of them is `accepted`. Nothing is sent while nobody has registered us.
 */
import type { Delivery, DeliveryBody, Hop } from '../../../../gateway/domain/delivery.ts';
import { GatewayError } from '../../../../gateway/domain/errors.ts';
import { type Instant, instant, type Millis, millis, seconds } from '../../../../gateway/domain/time.ts';
import { linked } from '../../../../gateway/runtime/linked.ts';
import { SipFailure } from '../../../protocols/sip/failure.ts';
import type { SipFlow } from '../../../protocols/sip/flow.ts';
import { type SipResponse, textOf } from '../../../protocols/sip/message.ts';
import { isSuccess } from '../../../protocols/sip/status.ts';
import type { PlatformLink } from '../link.ts';
import type { GbParts } from '../parts.ts';
import { forgetting, redirecting } from '../trouble.ts';
import { type AlarmNotice, eventIn, noticeOf } from './notice.ts';
import { type Recallable, Recalls } from './recall.ts';
import type { AlarmReceipts, AlarmResponse } from './receipts.ts';

export interface Messenger {
  deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }>;
}

export interface MessengerParts {
  readonly link: PlatformLink;
  readonly receipts: AlarmReceipts;
  readonly notify: GbParts['notifyAlarm'];
}

/** Queries have numbers of their own: an answer to one must not be taken for the Response to an alarm, whose number is its place in the journal. */
const queriesFrom = 1_000_000_000;

/** These are about this moment, not about this alarm. */
const later: ReadonlySet<number> = new Set([408, 480, 486, 487, 491]);

export function openMessenger({ link, receipts, notify }: MessengerParts): Messenger {
  const { clock, log, door } = link.context;
  const { ack } = link.settings.alarms;
  const recalls = new Recalls(link);

  /** A receipt that is not the one that counts: it is kept where it can be, and holds nothing up. */
  const note = ({ event }: Delivery, hop: Hop, proof: string) => {
    door
      .receipt(event, { hop, at: clock.now(), by: link.uplink, proof })
      .catch((error: unknown) => log.warn('receipt not journalled', { event, hop, error }));
  };

  return {
    async deliver(delivery, signal, left) {
      const timeout = seconds(link.settings.timeout);
      const at = millis(clock.monotonic() + timeout);
      using limit = clock.deadline(timeout, signal);
      const notice = noticeOf(eventOf(delivery), delivery.position, { settings: link.settings, inventory: door.inventory.current() });
      if (!notice) return { proof: 'nothing that a platform takes' };
      let heard: Disposable | undefined;
      let lying: Recallable | undefined;
      try {
        const { endpoint } = await link.registered(limit);
        lying = recalls.watch({ endpoint, at, signal: limit });
        const confirmation = new AbortController();
        let response: AlarmResponse | undefined;
        // Goes on once the SIP 200 has come: the Response follows it as a rule.
        heard = receipts.listen(notice.sn, (said) => {
          response = said;
          // Their SIP took it, and they did not: that is no receipt, whichever counts.
          if (said.content.result === 'ERROR') log.warn('platform refuses an alarm', { uplink: link.uplink, event: delivery.event, sn: said.sn });
          else note(delivery, 'confirmed', proofOf(said));
          confirmation.abort();
          heard?.[Symbol.dispose]();
        });
        const sent = (by: string) => (flow: SipFlow) => {
          lying?.left(flow);
          left?.();
          note(delivery, 'sent', `${by}, SN ${notice.sn}`);
        };
        const notification = await notified(notice, sent('NOTIFY'), limit);
        const answer = notification ?? (await link.tell(notice, limit, { sent: sent('MESSAGE') }));
        lying = undefined;
        recalls.answered();
        judge(answer, delivery);
        const taken = `SIP ${answer.status}`;
        // It may have left by both: this says which was taken.
        note(delivery, 'answered', `${taken} to ${notification ? 'NOTIFY' : 'MESSAGE'}`);
        if (ack === 'sip200') return { proof: taken };
        if (ack === 'query') return { proof: await askedFor(notice, limit) };
        await untilAborted(confirmation.signal, limit);
        if (!response) throw unanswered(delivery, `SIP ${answer.status} came, but no Response within ${link.settings.timeout} s`);
        if (response.content.result === 'ERROR') throw refused(delivery, 'its Response says ERROR');
        return { proof: proofOf(response) };
      } catch (error) {
        heard?.[Symbol.dispose](); // The next try listens for itself.
        lying?.recall();
        if (error instanceof GatewayError || signal.aborted) throw error;
        if (limit.aborted)
          throw unanswered(delivery, link.registration ? `no answer within ${link.settings.timeout} s` : link.status.sentence?.en, error);
        throw unanswered(delivery, error instanceof SipFailure ? `it ${error.message}` : String(error), error);
      }
    },
  };

  /** Undefined: nobody has subscribed, or whoever has is no longer there. A stale subscription must not swallow alarms: a MESSAGE goes then. */
  async function notified(notice: AlarmNotice, sent: (flow: SipFlow) => void, limit: AbortSignal): Promise<SipResponse | undefined> {
    const { timeout } = link.settings;
    // Leaves time for a MESSAGE, whatever becomes of it.
    using half = clock.deadline(seconds(timeout / 2), limit);
    try {
      const answer = await notify(notice, half, { patience: notifyPatience(timeout), sent });
      return answer && isSuccess(answer.status) ? answer : undefined;
    } catch (error) {
      if (limit.aborted) throw error;
      log.warn('alarm subscription does not answer', { uplink: link.uplink, sn: notice.sn, error });
      return undefined;
    }
  }

  function judge(answer: SipResponse, delivery: Delivery): void {
    const { status } = answer;
    if (isSuccess(status)) return;
    const said = `${status} ${textOf(answer.reason).slice(0, 80)}`;
    // We register again, and the alarm waits.
    if (forgetting.has(status)) link.forgotten(status);
    if (redirecting.has(status)) link.sentElsewhere(answer);
    if (forgetting.has(status) || redirecting.has(status) || later.has(status) || status >= 500) throw unanswered(delivery, `it answered ${said}`);
    throw refused(delivery, `it answered ${said}`);
  }

  /** The platform's history has it: what it answers to our own query is the proof. */
  async function askedFor(notice: AlarmNotice, limit: AbortSignal): Promise<string> {
    const sn = queriesFrom + link.nextSn();
    const at: Instant = instant(Math.floor(notice.content.alarmTime / 1_000) * 1_000);
    const found = new AbortController();
    using _heard = receipts.listen(sn, ({ content }) => {
      // Two alarms of one second look alike: where the platform repeats our words, they must name this one.
      const named = eventIn(content.alarmDescription);
      const same = named === undefined || named === eventIn(notice.content.alarmDescription);
      if (same && content.alarmTime !== undefined && Math.abs(content.alarmTime - at) < 1_000) found.abort();
    });
    const { alarmPriority, alarmMethod } = notice.content;
    await link.tell(
      {
        ...{ root: 'Query', cmdType: 'Alarm', sn, deviceId: notice.deviceId },
        content: {
          startAlarmPriority: alarmPriority,
          endAlarmPriority: alarmPriority,
          alarmMethods: [alarmMethod],
          startAlarmTime: at,
          endAlarmTime: at + 1_000,
        },
      },
      limit,
    );
    await untilAborted(found.signal, limit);
    if (!found.signal.aborted) throw new SipFailure('silent', 'took it, but does not list it in answer to an alarm query.');
    return `alarm query ${sn}`;
  }

  function unanswered({ event }: Delivery, why = 'it has not registered us', cause?: unknown): GatewayError {
    return new GatewayError('DELIVERY_UNANSWERED', `Platform ${link.uplink} did not take event ${event}: ${why.replace(/\.$/, '')}.`, {
      cause,
      context: { uplink: link.uplink, event },
    });
  }

  function refused({ event }: Delivery, why: string): GatewayError {
    return new GatewayError('DELIVERY_REFUSED', `Platform ${link.uplink} refused event ${event}: ${why}.`, {
      context: { uplink: link.uplink, event },
    });
  }
}

/** A subscription that answers nothing for so long is not told alarms any more. Of `timeout` s in all. */
const notifyPatience = (timeout: number): Millis => seconds(Math.min(3, timeout / 3));

const proofOf = ({ sn, content }: AlarmResponse) => `Response ${content.result ?? 'without a result'}, SN ${sn}`;

/** Our own journal wrote it. */
function eventOf({ body }: Delivery): DeliveryBody['event'] {
  return (JSON.parse(body) as DeliveryBody).event;
}

/** Whichever is first. */
async function untilAborted(...signals: readonly AbortSignal[]): Promise<void> {
  using first = linked(...signals);
  if (first.signal.aborted) return;
  await new Promise<void>((resolve) => first.signal.addEventListener('abort', () => resolve(), { once: true }));
}
