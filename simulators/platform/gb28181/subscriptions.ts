/** SUBSCRIBE Catalog, Alarm and MobilePosition: opened, refreshed, ended; and each NOTIFY held against what was agreed (gb28181 §4.4). */
import { readManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import type { Asked, Dialog } from '../../../adapters/protocols/sip/dialog.ts';
import { expiresOf } from '../../../adapters/protocols/sip/fields.ts';
import { headerOf } from '../../../adapters/protocols/sip/message.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import type { Complaints } from './complaints.ts';
import type { GbDevice } from './devices.ts';
import type { Line } from './line.ts';
import type { Questions } from './questions.ts';

export type SubscriptionKind = 'Catalog' | 'Alarm' | 'MobilePosition';
export const subscriptionKinds: readonly SubscriptionKind[] = ['Catalog', 'Alarm', 'MobilePosition'];
export type GbNotice = ReturnType<typeof readManscdp>;

export interface SubscriptionState {
  readonly device: string;
  readonly kind: SubscriptionKind;
  /** Of the answer to SUBSCRIBE. */
  readonly status: number;
  readonly notices: number;
  readonly active: boolean;
}

export interface SubscriptionParts {
  readonly line: Line;
  readonly clock: Clock;
  readonly id: string;
  readonly realm: string;
  readonly questions: Questions;
  readonly complaints: Complaints;
  /** What to answer to a NOTIFY. */
  noticed(device: string, kind: SubscriptionKind, notice: GbNotice): number;
}

interface Open {
  state: SubscriptionState;
  readonly event: string;
  dialog?: Dialog;
  /** Ends the refreshing. */
  readonly life: AbortController;
}

/** s, from the answer to the first NOTIFY at the latest (RFC 6665 §4.2.1). */
const firstNotice = 10;

export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #open = new Map<string, Open>();
  #events = 1_000;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  all(): readonly SubscriptionState[] {
    return [...this.#open.values()].map(({ state }) => state);
  }

  /** Replaces one of the same kind. `expires` in s; it is refreshed until it is ended. Rejects with a SipFailure. */
  async begin(device: GbDevice, kind: SubscriptionKind, expires: number, signal: AbortSignal): Promise<SubscriptionState> {
    const { line, id, realm } = this.#parts;
    this.#close(device.id, kind);
    this.#events += 1;
    const event = `${kind === 'Catalog' ? 'Catalog' : 'presence'};id=${this.#events}`;
    const open: Open = { event, state: { device: device.id, kind, status: 0, notices: 0, active: true }, life: new AbortController() };
    const to = `sip:${device.id}@${realm}`;
    const order = { uri: to, from: `sip:${id}@${realm}`, to, headers: { Event: event, Expires: expires }, body: this.#body(device.id, kind) };
    this.#open.set(key(device.id, kind), open);
    const { response, dialog } = await line.endpoint.subscribe(order, device.peer, (asked) => this.#notify(open, asked), signal);
    open.state = { ...open.state, status: response.status, active: dialog !== undefined };
    if (!dialog) return open.state;
    open.dialog = dialog;
    dialog.ended.addEventListener('abort', () => this.#over(open), { once: true });
    const granted = expiresOf(response);
    if (granted === undefined) this.#complain(open, 'subscribe-expires', 'A 200 to SUBSCRIBE without Expires.');
    if (granted !== undefined && granted > expires)
      this.#complain(open, 'subscribe-expires', `${granted} s granted where ${expires} were asked for.`);
    void this.#expectFirst(open);
    void this.#refresh(open, expires);
    return open.state;
  }

  /** With Expires 0; it waits for nothing. */
  async end(device: string, kind: SubscriptionKind, signal: AbortSignal): Promise<void> {
    const open = this.#open.get(key(device, kind));
    if (!open?.dialog) return;
    open.life.abort();
    await open.dialog.request('SUBSCRIBE', { headers: { Event: open.event, Expires: 0 }, body: this.#body(device, kind) }, signal);
    open.state = { ...open.state, active: false };
  }

  /** Of one device, or of all: nobody is told. */
  forget(device?: string): void {
    for (const { state } of this.#open.values()) if (device === undefined || state.device === device) this.#close(state.device, state.kind);
  }

  #body(device: string, cmdType: SubscriptionKind) {
    const query = this.#parts.questions.numbered(
      cmdType === 'MobilePosition'
        ? { root: 'Query', cmdType, deviceId: device, content: { interval: 5 } }
        : { root: 'Query', cmdType, deviceId: device, content: {} },
    );
    return this.#parts.questions.bodyOf(query);
  }

  #notify(open: Open, asked: Asked): void {
    const { device, kind } = open.state;
    const { request } = asked;
    if (request.method !== 'NOTIFY') {
      asked.answer(405);
      return;
    }
    const event = headerOf(request, 'Event');
    const said = headerOf(request, 'Subscription-State') ?? '';
    if (event?.replaceAll(/\s/g, '') !== open.event) this.#complain(open, 'notify-event', `NOTIFY with Event ${event}, agreed was ${open.event}.`);
    if (!/^(active|pending|terminated)\b/i.test(said))
      this.#complain(open, 'notify-state', `NOTIFY with Subscription-State ${JSON.stringify(said)}.`);
    if (/^(active|pending)/i.test(said) && !/;\s*expires=\d+/i.test(said)) this.#complain(open, 'notify-state', 'An active NOTIFY without expires.');
    open.state = { ...open.state, notices: open.state.notices + 1 };
    const over = /^terminated/i.test(said);
    let status = 200;
    if (request.body.length > 0) {
      try {
        status = this.#parts.noticed(device, kind, readManscdp(request.body));
      } catch (error) {
        this.#complain(open, 'body', `A NOTIFY that cannot be read: ${String(error)}`);
        status = 400;
      }
    }
    asked.answer(status);
    if (over) open.dialog?.end('terminated the subscription.');
  }

  async #expectFirst(open: Open): Promise<void> {
    try {
      await this.#parts.clock.sleep(seconds(firstNotice), open.life.signal);
    } catch {
      return;
    }
    if (open.state.notices === 0) this.#complain(open, 'first-notify', `No NOTIFY within ${firstNotice} s of SUBSCRIBE ${open.state.kind}.`);
  }

  /** In the dialog, at two thirds of the time, without end. */
  async #refresh(open: Open, expires: number): Promise<void> {
    const { device, kind } = open.state;
    const { signal } = open.life;
    try {
      for (;;) {
        await this.#parts.clock.sleep(millis((expires * 2_000) / 3), signal);
        const again = { headers: { Event: open.event, Expires: expires }, body: this.#body(device, kind) };
        const response = await open.dialog?.request('SUBSCRIBE', again, signal);
        if (response && response.status >= 300) this.#complain(open, 'refresh', `A refresh of SUBSCRIBE ${kind} was answered ${response.status}.`);
      }
    } catch {
      // Ended, or the device does not answer: it is missed by its keepalive.
    }
  }

  #over(open: Open): void {
    open.life.abort();
    open.state = { ...open.state, active: false };
  }

  #close(device: string, kind: SubscriptionKind): void {
    const open = this.#open.get(key(device, kind));
    if (!open) return;
    open.life.abort();
    open.dialog?.end('was left.');
    this.#open.delete(key(device, kind));
  }

  #complain({ state }: Open, rule: string, sentence: string): void {
    this.#parts.complaints.add(state.device, rule, sentence);
  }
}

const key = (device: string, kind: SubscriptionKind) => `${device} ${kind}`;
