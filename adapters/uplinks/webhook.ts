/**
 * Uplink over HTTPS: one POST per event, signed with a shared key, idempotent by event id. The body is `delivery.body`, with `attachments` where the uplink is set to.
 * `X-Campus-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`: the receiver recomputes it over the raw bytes and
 * refuses a `t` that is too old. Where our clock is wrong, `t` is by the receiver's own, as the Date of its answers shows it.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Dispatcher, Pool } from 'undici';
import { z } from 'zod';
import type { UplinkSettings } from '../../gateway/domain/campus.ts';
import type { FarCertificate } from '../../gateway/domain/certificate.ts';
import type { Delivery } from '../../gateway/domain/delivery.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { EventKind } from '../../gateway/domain/event.ts';
import type { LinkStatus } from '../../gateway/domain/health.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { Uplink, UplinkAdapter, UplinkContext } from '../../gateway/domain/uplink-ports.ts';
import { FarCertificates } from '../far-certificate.ts';
import { connectorFor } from '../far-connector.ts';
import { bodyWithEvidence, evidenceKeys } from '../uplink-evidence.ts';
import { Heartbeat, heartbeatKey } from '../uplink-heartbeat.ts';
import { addressKey, deliveryKeys, trustKeys, trustOf } from '../uplink-settings.ts';

const mostReplyBytes = 64 * 1024;
const mostReasonCharacters = 200;
/** A platform takes signatures that are a few minutes old; nearer than this the clocks need no comparison. */
const tolerated = seconds(30);

const config = z.strictObject({
  /** Where to POST. */
  url: addressKey(['http:', 'https:'], 'https://police.example/campus-alarms'),
  ...deliveryKeys,
  heartbeatSeconds: heartbeatKey,
  ...evidenceKeys,
  ...trustKeys,
});
export type WebhookConfig = z.output<typeof config>;

export const webhook = {
  kind: 'webhook',
  config,
  create(settings: UplinkSettings, checked: WebhookConfig, context: UplinkContext) {
    return new WebhookUplink(settings, checked, context);
  },
} satisfies UplinkAdapter<WebhookConfig>;

class WebhookUplink implements Uplink {
  readonly id;
  readonly accepts: ReadonlySet<EventKind>;
  readonly acceptedBy = 'confirmed';
  readonly window: number;
  readonly #config: WebhookConfig;
  readonly #context: UplinkContext;
  readonly #heartbeat: Heartbeat;
  readonly #certificates: FarCertificates;
  readonly #key: KeyObject;
  readonly #path: string;
  #pool: Promise<Pool> | undefined;
  /** What our clock is behind the platform's, where that matters. */
  #behind = millis(0);

  constructor(settings: UplinkSettings, checked: WebhookConfig, context: UplinkContext) {
    const key = settings.secret?.reveal();
    if (!key) {
      throw new GatewayError(
        'INVENTORY_INVALID',
        `Uplink ${settings.id} is a webhook and needs a secret: the key that its signatures are made with.`,
        {
          context: { uplink: settings.id, path: 'secret' },
        },
      );
    }
    this.id = settings.id;
    this.accepts = new Set(checked.accepts);
    this.window = checked.window;
    this.#config = checked;
    this.#context = context;
    this.#certificates = new FarCertificates(context.clock);
    this.#key = createSecretKey(key, 'utf8');
    const { pathname, search } = new URL(checked.url);
    this.#path = pathname + search;
    const send = (body: string, _campus: string, signal: AbortSignal) => this.#beat(body, signal);
    this.#heartbeat = new Heartbeat({ uplink: this.id, every: checked.heartbeatSeconds, context, send });
  }

  link(): LinkStatus | undefined {
    return this.#heartbeat.link;
  }

  certificate(): FarCertificate | undefined {
    return this.#certificates.last;
  }

  async examine(): Promise<never> {
    throw new GatewayError('COMMAND_UNSUPPORTED', `Uplink ${this.id} has no doctor: its log and the reasons of its deliveries tell.`);
  }

  /** Holds the keep-alive connections. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#pool = this.#open(); // at once: the first delivery waits for it, and is not tried twice
    try {
      const beating = this.#heartbeat.run(signal);
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await beating;
    } finally {
      const pool = await this.#pool;
      this.#pool = undefined;
      await pool.destroy();
    }
  }

  async #open(): Promise<Pool> {
    const { buildConnector, Pool } = await import('undici'); // larger than all that an alarm needs to be taken
    const { url, window } = this.#config;
    return new Pool(new URL(url).origin, {
      connections: window,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      bodyTimeout: 10_000,
      maxResponseSize: mostReplyBytes,
      connect: connectorFor(buildConnector, { certificates: this.#certificates, clock: this.#context.clock }, () => trustOf(this.id, this.#config)),
    });
  }

  async deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }> {
    const pool = await this.#pool;
    if (!pool) throw this.#unanswered(delivery, 'the uplink is not open');
    using limit = this.#context.clock.deadline(seconds(this.#config.timeout), signal);
    const dated = this.#behind;
    const { status, said, date } = await this.#post(pool, delivery, limit, left).catch((cause: unknown) => {
      throw this.#unanswered(delivery, reasonOf(cause), cause);
    });
    this.#compareClocks(date);
    if (taken(status)) return { proof: `HTTP ${status}` };
    if ((status === 401 || status === 403) && Math.abs(this.#behind - dated) > tolerated) {
      throw this.#unanswered(delivery, `HTTP ${status}, as it was dated by a clock that is not the platform's`);
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429) {
      throw new GatewayError(
        'DELIVERY_REFUSED',
        `The platform behind uplink ${this.id} refused event ${delivery.event}: HTTP ${status}${said && `, ${said}`}`,
        {
          context: { uplink: this.id, event: delivery.event, status },
        },
      );
    }
    throw this.#unanswered(
      delivery,
      `HTTP ${status}${status >= 300 && status < 400 ? ', a redirect, which is never followed' : said && `, ${said}`}`,
    );
  }

  /** With what goes along; where that is too long for the platform, with less. */
  async #post(pool: Pool, delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<Reply> {
    const parts = { uplink: this.id, settings: this.#config, context: this.#context };
    for (let most = Number.POSITIVE_INFINITY; ; ) {
      const body = await bodyWithEvidence(delivery, parts, most);
      const reply = await post(pool, { path: this.#path, headers: this.#headers(body, delivery.kind, delivery.event), body }, signal, left);
      if (reply.status !== 413 || body === delivery.body) return reply;
      most = Buffer.byteLength(body) - 1;
    }
  }

  /** A box whose clock is wrong still brings its alarms: they are dated by the platform's clock, as its last answer showed it, where ours is far from it. */
  #compareClocks(date: string): void {
    const behind = Date.parse(date) - this.#context.clock.now();
    if (!Number.isNaN(behind)) this.#behind = millis(Math.abs(behind) > tolerated ? behind : 0);
  }

  /** Any answer that is not an error of the platform's: somebody is there. */
  async #beat(body: string, signal: AbortSignal): Promise<void> {
    const pool = await this.#pool;
    if (!pool) throw new Error('the uplink is not open');
    using limit = this.#context.clock.deadline(seconds(this.#config.timeout), signal);
    const { status } = await post(pool, { path: this.#path, headers: this.#headers(body, 'heartbeat'), body }, limit);
    if (status >= 500) throw new Error(`HTTP ${status}`);
  }

  #headers(body: string, kind: string, event?: string): Record<string, string> {
    const at = Math.floor((this.#context.clock.now() + this.#behind) / 1000);
    const signature = createHmac('sha256', this.#key).update(`${at}.${body}`).digest('hex');
    return {
      'content-type': 'application/json',
      ...(event === undefined ? {} : { 'idempotency-key': event }),
      'x-campus-signature': `t=${at},v1=${signature}`,
      'x-campus-event': kind,
    };
  }

  #unanswered(delivery: Delivery, why: string, cause?: unknown): GatewayError {
    return new GatewayError('DELIVERY_UNANSWERED', `The platform behind uplink ${this.id} did not take event ${delivery.event}: ${why}.`, {
      cause,
      context: { uplink: this.id, event: delivery.event },
    });
  }
}

const taken = (status: number) => status >= 200 && status < 300;

interface Reply {
  readonly status: number;
  /** By the far side's clock (RFC 9110 6.6.1); empty where it tells none. */
  readonly date: string;
  /** The first characters of why it was not taken. */
  readonly said: string;
}

/**
 * Follows no redirect: an alarm goes to the configured address or nowhere. A status that takes the event is the receipt, at once: what follows it
 * cannot take it back, and is read to its end only so that the connection can serve again. Of any other the first characters are waited for.
 */
function post(
  pool: Pool,
  request: Pick<Dispatcher.DispatchOptions, 'path' | 'headers' | 'body'>,
  signal: AbortSignal,
  left?: () => void,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let sending: Dispatcher.DispatchController | undefined;
    let status = 0;
    let date = '';
    const chunks: Buffer[] = [];
    const abandon = () => {
      sending?.abort(signal.reason);
      end(signal.reason);
    };
    /** Where a status came it is the answer; a reason that breaks off half-way is shown as far as it came. */
    const end = (error?: unknown) => {
      signal.removeEventListener('abort', abandon);
      if (status > 0) resolve({ status, date, said: legible(chunks) });
      else reject(error);
    };
    signal.addEventListener('abort', abandon, { once: true });
    pool.dispatch(
      { ...request, method: 'POST' },
      {
        onRequestStart(controller) {
          sending = controller;
          if (signal.aborted) controller.abort(signal.reason);
          else left?.();
        },
        onResponseStart(_, code, headers) {
          if (code < 200) return;
          status = code;
          date = String(headers.date ?? '');
          if (taken(status)) end();
        },
        onResponseData(controller, chunk) {
          if (taken(status)) return;
          chunks.push(chunk);
          if (Buffer.concat(chunks).length >= mostReasonCharacters * 4) controller.abort(new Error('Enough was said.'));
        },
        onResponseEnd: () => end(),
        onResponseError: (_, error) => end(error),
      },
    );
  });
}

/** On one line and without control characters: a platform's text must not steer a terminal. */
function legible(chunks: readonly Buffer[]): string {
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return Array.from(text).slice(0, mostReasonCharacters).join('');
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the request was given up';
  if (cause.name === 'TimeoutError') return 'no answer in time';
  return cause.message.replace(/\.$/, '') || cause.name;
}
