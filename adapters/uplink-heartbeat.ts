/**
 * A sign of life to the city side, for protocols that have none of their own: it can tell a school that is quiet from one that is cut off. And the
 * answers tell us whether the way stands, while there is nothing to deliver. docs/protocols/heartbeat.md.
 */
import { z } from 'zod';
import type { LinkStatus } from '../gateway/domain/health.ts';
import type { UplinkId } from '../gateway/domain/ids.ts';
import { type Instant, isoOf, seconds } from '../gateway/domain/time.ts';
import type { UplinkContext } from '../gateway/domain/uplink-ports.ts';

/** Seconds between two; 0: none, as a far side that does not expect them may refuse them. */
export const heartbeatKey = z
  .int()
  .min(0)
  .max(3_600)
  .refine((every) => every === 0 || every >= 5, '0, or 5 seconds and more')
  .default(0);

export interface HeartbeatBody {
  readonly version: 1;
  readonly kind: 'heartbeat';
  readonly campus: string;
  readonly uplink: string;
  /** Of the gateway: when it began to count. */
  readonly startedAt: string;
  /** Grows by one with each that is sent, answered or not: a gap is a heartbeat that was lost. */
  readonly sequence: number;
  readonly at: string;
  /** Seconds. After three of them without any, the school is to be phoned. */
  readonly every: number;
  /** Of this uplink: events that wait, and that were refused; when the oldest was journalled. */
  readonly pending: number;
  readonly refused: number;
  readonly oldest?: string;
  /** The silence that this one ends: how many had no answer, and when the last one had. */
  readonly silence?: { readonly missed: number; readonly answeredAt?: string };
}

export interface HeartbeatParts {
  readonly uplink: UplinkId;
  /** Seconds. */
  readonly every: number;
  readonly context: UplinkContext;
  /** Resolves once it was acknowledged; rejects where it was not. */
  send(body: string, campus: string, signal: AbortSignal): Promise<void>;
}

const mostMissed = 2;
const againAfter = 5;

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #sequence = 0;
  #missed = 0;
  #answeredAt: Instant | undefined;
  #link: LinkStatus | undefined;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** Undefined: none is sent, or none has been answered or missed often enough to tell. */
  get link(): LinkStatus | undefined {
    return this.#link;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { every, context } = this.#parts;
    while (every > 0 && !signal.aborted) {
      const answered = await this.#beat(signal);
      const wait = answered ? every : Math.min(againAfter, every);
      await context.clock.sleep(seconds(wait), signal).catch(() => undefined); // aborted: the loop ends
    }
  }

  async #beat(signal: AbortSignal): Promise<boolean> {
    const { context, send } = this.#parts;
    const { clock, door } = context;
    this.#sequence += 1;
    const campus = door.inventory.current().campus.id;
    try {
      await send(JSON.stringify(this.#body(campus)), campus, signal);
      this.#missed = 0;
      this.#answeredAt = clock.now();
      this.#stands('up');
      return true;
    } catch (error) {
      if (!signal.aborted) this.missed(error);
      return false;
    }
  }

  /** Also told by whoever could not even connect. */
  missed(error: unknown): void {
    const { uplink, every, context } = this.#parts;
    if (every === 0) return;
    this.#missed += 1;
    if (this.#missed === mostMissed) context.log.warn('heartbeats unanswered', { uplink, error });
    if (this.#missed >= mostMissed) this.#stands('down');
  }

  #body(campus: string): HeartbeatBody {
    const { uplink, every, context } = this.#parts;
    const { clock, door } = context;
    const { pending, refused, oldest } = door.journal.backlog(uplink);
    const answeredAt = this.#answeredAt;
    return {
      ...{ version: 1, kind: 'heartbeat', campus, uplink, startedAt: isoOf(door.box.startedAt) },
      ...{ sequence: this.#sequence, at: isoOf(clock.now()), every, pending, refused },
      ...(oldest === undefined ? {} : { oldest: isoOf(oldest) }),
      ...(this.#missed > 0 ? { silence: { missed: this.#missed, ...(answeredAt === undefined ? {} : { answeredAt: isoOf(answeredAt) }) } } : {}),
    };
  }

  #stands(state: LinkStatus['state']): void {
    if (this.#link?.state === state) return;
    const since = this.#parts.context.clock.now();
    this.#link =
      state === 'up'
        ? { state, since }
        : { state, since, sentence: { zh: '警务平台不应答心跳。', en: 'The police platform does not answer heartbeats.' } };
  }
}
