/**
 * One platform's catalogue: queries are answered with all of it, changes are told, and what was told is compared with what is true, so that nothing stays
 * green that is dead. What the platform has acknowledged is remembered over lost links, and which codes it may know over edits and restarts: what is gone
 * since then is told when it subscribes again.
 */
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { type Millis, minutes, seconds } from '../../../../gateway/domain/time.ts';
import { type Linked, linked } from '../../../../gateway/runtime/linked.ts';
import { batchesOf } from '../../../protocols/manscdp/batches.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import type { SipTransportName } from '../../../protocols/sip/flow.ts';
import { isSuccess } from '../../../protocols/sip/status.ts';
import type { SubscriptionNotice, Subscriptions } from '../subscriptions.ts';
import { tellInTurn, type Voice } from '../voice.ts';
import {
  type CatalogueChange,
  catalogueChanges,
  changeBatches,
  departures,
  isWhole,
  standings,
  type Told,
  toldBefore,
  toldOf,
  wholeTree,
} from './changes.ts';
import { KnownCodes, type KnownCodesParts } from './known-codes.ts';
import type { CatalogueNode } from './node.ts';
import { selectNodes } from './select.ts';

type CatalogQuery = Extract<ManscdpMessage, { readonly root: 'Query'; readonly cmdType: 'Catalog' }>;

export interface CatalogueParts {
  readonly voice: Voice;
  readonly subscriptions: Pick<Subscriptions, 'has' | 'notify'>;
  /** Our own code. */
  readonly device: string;
  /** As it is now. */
  readonly nodes: () => readonly CatalogueNode[];
  readonly most: (typeof mostItems)[SipTransportName];
  /** What lasts of it. */
  readonly memory: Omit<KnownCodesParts, 'log'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Items in one message: a datagram must not be cut in two, since networks of the police drop the pieces (facts §7 quirk 14). */
export const mostItems = { UDP: { whole: 1, short: 4 }, TCP: { whole: 8, short: 100 } } as const;

/** How long a change may go unnoticed where nobody rang. */
const lookEvery = seconds(2);
/** How everything stands is told again, changed or not. */
const repeatEvery: Millis = minutes(10);
/** Of those repetitions, each sixth is the whole tree. */
const wholeEvery = 6;

export class Catalogue {
  readonly #parts: CatalogueParts;
  /** Undefined: nothing yet, or nobody knows. */
  #told: Told | undefined;
  readonly #known: Promise<KnownCodes>;
  #answering: { readonly life: Linked; readonly done: Promise<void> } | undefined;
  #repeatedAt: Millis;
  #repetitions = 0;
  #unsure = true;
  #ring: () => void = () => undefined;

  constructor(parts: CatalogueParts) {
    this.#parts = parts;
    this.#repeatedAt = parts.clock.monotonic();
    this.#known = KnownCodes.recall({ ...parts.memory, log: parts.log });
  }

  /** The whole answer, batch after batch; a new query ends the one that runs. False: nothing of ours has that code, and nothing was sent. */
  async answer(query: CatalogQuery, to: string, signal: AbortSignal): Promise<boolean> {
    const nodes = this.#parts.nodes();
    const selected = selectNodes(nodes, query.deviceId, this.#parts.device);
    if (!selected) return false;
    this.#answering?.life.abort();
    using life = linked(signal);
    const done = this.#answer(query, { nodes, selected, to }, life.signal);
    const answering = { life, done };
    this.#answering = answering;
    try {
      await done;
    } catch (error) {
      if (signal.aborted || !life.signal.aborted) throw error;
      // Another query came: nobody waits for the rest of this one.
    } finally {
      if (this.#answering === answering) this.#answering = undefined;
      this.bell();
    }
    return true;
  }

  /** Something may have changed. */
  readonly bell = (): void => this.#ring();

  /** The platform has subscribed, perhaps after it had forgotten everything. */
  readonly subscribed = (): void => {
    this.#unsure = true;
    this.bell();
  };

  /** For the first NOTIFY of a subscription: what is not well, as far as it fits; the rest follows at once. */
  first(): SubscriptionNotice['content'] {
    const all = standings(this.#parts.nodes());
    const abnormal = all.filter(({ event }) => event !== 'ON');
    const items = (abnormal.length > 0 ? abnormal : all).slice(0, this.#parts.most.short);
    return { sumNum: items.length, items };
  }

  /** Tells what has changed, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const known = await this.#known;
    if (known.all.length > 0) this.#told ??= toldBefore(known.all);
    while (!signal.aborted) {
      await this.#rung(signal);
      // Platforms ignore notices while an answer is coming in (facts §7 quirk 37).
      await this.#answering?.done.catch(() => undefined);
      if (!signal.aborted && this.#parts.subscriptions.has('Catalog')) await this.#tellChanges(known, signal);
    }
  }

  async #answer(
    query: CatalogQuery,
    { nodes, selected, to }: { readonly nodes: readonly CatalogueNode[]; readonly selected: readonly CatalogueNode[]; readonly to: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { voice, clock, most, log } = this.#parts;
    const { sn, deviceId } = query;
    const messages = batchesOf(selected, most.whole).map(({ sumNum, items }): ManscdpMessage => {
      const content = { sumNum, items: items.map(({ item }) => item) };
      return { root: 'Response', cmdType: 'Catalog', sn, deviceId, content };
    });
    await (await this.#known).add(nodes.map(({ item }) => item.deviceId));
    const whole = await tellInTurn(messages, { tell: (message) => voice.tell(message, signal, { to }), clock }, signal);
    if (!whole) log.info('catalogue not taken', { sn, items: selected.length });
    else if (selected.length === nodes.length) this.#told = toldOf(nodes);
  }

  async #tellChanges(known: KnownCodes, signal: AbortSignal): Promise<void> {
    const { clock, most, nodes, log } = this.#parts;
    const now = nodes();
    const current = toldOf(now);
    const due = this.#unsure || clock.monotonic() - this.#repeatedAt >= repeatEvery;
    const changes = [...departures(known.all, now), ...(this.#told ? catalogueChanges(this.#told, now) : [])];
    const whole = new Set(changes.filter(isWhole).map(({ deviceId }) => deviceId));
    const repeated = due ? this.#repetition(now.filter(({ item }) => !whole.has(item.deviceId))) : [];
    const batches = changeBatches([...changes, ...repeated], most);
    if (batches.length > 0) await known.add(current.keys());
    for (const batch of batches) {
      if (!(await this.#notify(batch, signal))) {
        log.debug('catalogue change not taken', { items: batch.length });
        return;
      }
      this.#learn(batch, current);
      for (const { deviceId, event } of batch) if (event === 'DEL') known.strike(deviceId);
    }
    await known.save();
    if (!this.#told && due) this.#told = current;
    if (!due) return;
    this.#unsure = false;
    this.#repeatedAt = clock.monotonic();
    this.#repetitions += 1;
  }

  #repetition(now: readonly CatalogueNode[]): readonly CatalogueChange[] {
    // Who subscribes anew may have forgotten everything, or ignored us while it was busy.
    const whole = this.#unsure || !this.#told || (this.#repetitions + 1) % wholeEvery === 0;
    return whole ? wholeTree(now) : standings(now);
  }

  async #notify(items: readonly CatalogueChange[], signal: AbortSignal): Promise<boolean> {
    const { voice, subscriptions, device } = this.#parts;
    const head = { root: 'Notify', cmdType: 'Catalog', sn: voice.nextSn(), deviceId: device } as const;
    try {
      const response = await subscriptions.notify({ ...head, content: { sumNum: items.length, items } }, signal);
      return response !== undefined && isSuccess(response.status);
    } catch {
      return false; // No answer: said again with the next look, or after the next registration.
    }
  }

  /** What was acknowledged is known over there, also where the rest is not. */
  #learn(batch: readonly CatalogueChange[], current: Told): void {
    if (!this.#told) return;
    const told = new Map(this.#told);
    for (const { deviceId } of batch) {
      const node = current.get(deviceId);
      if (node) told.set(deviceId, node);
      else told.delete(deviceId);
    }
    this.#told = told;
  }

  async #rung(signal: AbortSignal): Promise<void> {
    const rung = new AbortController();
    this.#ring = () => rung.abort();
    using limit = this.#parts.clock.deadline(lookEvery, signal, rung.signal);
    if (!limit.aborted) await new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }));
  }
}
