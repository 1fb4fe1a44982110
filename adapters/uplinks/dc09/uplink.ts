/**
 * Tells a receiver of SIA DC-09 the events, and its backup what it does not answer (alarm-panels §3.3). The sequence comes from the place in the journal, so
 * that every repeat has the same. Receipts are kept apart: `sent` when a frame leaves, `accepted` by the ACK.
 */
import type { UplinkSettings } from '../../../gateway/domain/campus.ts';
import type { Delivery, DeliveryBody } from '../../../gateway/domain/delivery.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { EventKind } from '../../../gateway/domain/event.ts';
import type { LinkStatus } from '../../../gateway/domain/health.ts';
import { type Instant, seconds } from '../../../gateway/domain/time.ts';
import type { Uplink, UplinkAdapter, UplinkContext } from '../../../gateway/domain/uplink-ports.ts';
import { backoff } from '../../../gateway/runtime/backoff.ts';
import { type Dc09Key, readKey } from '../../protocols/dc09/cipher.ts';
import type { Dc09Message } from '../../protocols/dc09/message.ts';
import { toldOf } from './event-message.ts';
import { again, Path } from './path.ts';
import { type Dc09Config, dc09Config } from './settings.ts';

export const dc09 = {
  kind: 'dc09',
  config: dc09Config,
  create: (settings: UplinkSettings, config: Dc09Config, context: UplinkContext): Uplink => new Dc09Uplink(settings, config, context),
} satisfies UplinkAdapter<Dc09Config>;

/** A repeat within this time has the same bytes, so that a receiver can tell it by them alone. */
const sameTime = seconds(30);

class Dc09Uplink implements Uplink {
  readonly id;
  readonly accepts: ReadonlySet<EventKind>;
  readonly acceptedBy = 'confirmed';
  /** One message on its way at a time. */
  readonly window = 1;
  readonly #config: Dc09Config;
  readonly #context: UplinkContext;
  readonly #key: Dc09Key | undefined;
  readonly #paths: readonly Path[];
  /** Of the delivery that is being tried. */
  #stamped: { readonly event: string; readonly path: Path; readonly at: Instant } | undefined;
  #since: Instant;
  #up: boolean | undefined;

  constructor({ id, secret }: UplinkSettings, config: Dc09Config, context: UplinkContext) {
    const key = secret === undefined ? undefined : readKey(secret.reveal());
    if (key === undefined && !(secret === undefined && config.unencrypted)) {
      throw new GatewayError(
        'INVENTORY_INVALID',
        `Uplink ${id} speaks DC-09 and needs a secret: an AES key of 16, 24 or 32 characters, or 32, 48 or 64 hexadecimal digits (or settings.unencrypted).`,
        { context: { uplink: id, path: 'secret' } },
      );
    }
    this.id = id;
    this.accepts = new Set(config.accepts);
    this.#config = config;
    this.#context = context;
    this.#key = key;
    this.#since = context.clock.now();
    const { clock } = context;
    const log = context.log.child({ uplink: id });
    const around = { key, timeout: seconds(config.timeout), clock, log };
    this.#paths = [
      new Path({ name: 'primary', url: config.primary, ...around }),
      ...(config.backup === undefined ? [] : [new Path({ name: 'backup', url: config.backup, ...around })]),
    ];
  }

  link(): LinkStatus | undefined {
    const well = this.#paths.find((path) => path.well);
    if (well === undefined && !this.#paths.some(({ trouble }) => trouble !== undefined)) return undefined; // nothing has been tried yet
    const up = well !== undefined;
    if (this.#up !== up) {
      this.#up = up;
      this.#since = this.#context.clock.now();
    }
    const doubts = this.#paths.flatMap(({ name, url, trouble }) =>
      trouble === undefined
        ? []
        : [{ zh: `${name === 'primary' ? '主' : '备'}接收机 ${url}：${trouble.zh}。`, en: `The ${name} receiver ${url}: ${trouble.en}.` }],
    );
    const offset = well?.clockOffset ?? 0;
    return {
      state: up ? 'up' : 'down',
      since: this.#since,
      ...(up || doubts[0] === undefined ? {} : { sentence: doubts[0] }),
      ...(well && offset !== 0 ? { clockOffset: well.clockOffset } : {}),
      ...(up && doubts.length > 0 ? { doubts } : {}),
    };
  }

  async examine(): Promise<never> {
    throw new GatewayError('COMMAND_UNSUPPORTED', `Uplink ${this.id} has no doctor: its log and the reasons of its deliveries tell.`);
  }

  /** Polls every receiver, so that each is known to answer before it is needed. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all(this.#paths.map((path) => this.#poll(path, signal)));
    } finally {
      for (const path of this.#paths) path[Symbol.dispose]();
    }
  }

  async #poll(path: Path, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const { pollSeconds } = this.#config;
    let tries = 0;
    while (!signal.aborted) {
      if (pollSeconds > 0 || path.down) {
        const answered = await path.tell(this.#message({ token: 'NULL', data: '', extended: [] }, 0, path.now()), signal).then(
          () => true,
          () => false, // the path itself says why
        );
        tries = answered ? 0 : tries + 1;
      }
      // Asked again at once until it is known to be down; after that ever more rarely.
      const wait = path.down ? backoff(again, Math.max(0, tries - 3)) : tries > 0 ? seconds(0.2) : seconds(pollSeconds || 5);
      await clock.sleep(wait, signal).catch(() => undefined); // aborted: the loop ends
    }
  }

  async deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }> {
    const { event } = JSON.parse(delivery.body) as DeliveryBody; // our own journal wrote it
    const told = toldOf(event, this.#config, this.#context.clock.now());
    if (!told) return { proof: 'nothing that a receiver takes' };
    // 1 to 9999.
    const sequence = (delivery.position % 9_999) + 1;
    const refused: Path[] = [];
    let silent = new Error('no receiver answered');
    for (const path of this.#order()) {
      do {
        const message = this.#message(told, sequence, this.#timeFor(delivery, path));
        const sent = () => {
          left?.();
          this.#note(delivery, `${path.name} receiver, sequence ${sequence}`);
        };
        try {
          if ((await path.tell(message, signal, sent)) === 'ACK')
            return { proof: `ACK ${String(sequence).padStart(4, '0')} of the ${path.name} receiver` };
          refused.push(path);
          break;
        } catch (error) {
          silent = error instanceof Error ? error : new Error(String(error));
          if (signal.aborted) throw this.#unanswered(delivery, path, silent);
        }
      } while (!path.down);
    }
    // A backup that knows nothing of us while the primary is silent: the primary has not said no.
    const [primary] = this.#paths;
    if (primary === undefined || !refused.includes(primary)) throw this.#unanswered(delivery, primary, silent);
    const who = refused.map(({ name }) => name).join(' and the ');
    throw new GatewayError('DELIVERY_REFUSED', `The ${who} receiver of uplink ${this.id} refused event ${delivery.event} (DUH).`, {
      context: { uplink: this.id, event: delivery.event },
    });
  }

  /** The primary first, unless it is down; what is down last. */
  #order(): readonly Path[] {
    return this.#paths.toSorted((one, other) => Number(one.down) - Number(other.down));
  }

  #message(told: Pick<Dc09Message, 'token' | 'data' | 'extended'>, sequence: number, timestamp: Instant): Dc09Message {
    const { account, receiver, line } = this.#config;
    return { ...told, encrypted: this.#key !== undefined, sequence, ...(receiver === undefined ? {} : { receiver }), line, account, timestamp };
  }

  #timeFor({ event }: Delivery, path: Path): Instant {
    const now = path.now();
    const before = this.#stamped;
    if (before?.event === event && before.path === path && Math.abs(now - before.at) <= sameTime) return before.at;
    this.#stamped = { event, path, at: now };
    return now;
  }

  /** It is kept where it can be, and holds nothing up. */
  #note({ event }: Delivery, proof: string): void {
    const { door, clock, log } = this.#context;
    door
      .receipt(event, { hop: 'sent', at: clock.now(), by: this.id, proof })
      .catch((error: unknown) => log.warn('receipt not journalled', { event, hop: 'sent', error }));
  }

  #unanswered({ event }: Delivery, path: Path | undefined, cause: Error): GatewayError {
    const why = (path?.trouble?.en ?? cause.message).replace(/\.$/, '');
    return new GatewayError('DELIVERY_UNANSWERED', `The receivers of uplink ${this.id} did not take event ${event}: ${why}.`, {
      cause,
      context: { uplink: this.id, event },
    });
  }
}
