/**
 * HTTP to one device: one object per device, at most two connections, deadlines that hold, replies counted while they are read, Digest, and never a
 * redirect, another host or Basic (onvif-rtsp §1.4). It counts the requests that carried credentials, so that a wrong password locks no account.
 */
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { answerChallenge, type Challenge, parseChallenges } from '../digest.ts';
import { limited } from '../net/limited.ts';
import { type DevicePeer, devicePeer } from './device-peer.ts';
import { DeviceFailure } from './failure.ts';

/** What is needed of a clock. */
export interface DeviceTimers {
  /** Epoch ms. */
  now(): number;
  sleep(length: number, signal?: AbortSignal): Promise<void>;
}

export interface DeviceCredentials {
  readonly username: string;
  readonly password: string;
}

export interface DeviceHttpOptions {
  /** http:// or https:// URL: the only host that is ever spoken to, and the only scheme. */
  readonly home: URL;
  /** SHA-256 of the certificate that an https:// device must show, upper-case hex pairs with colons. */
  readonly fingerprint256?: string | undefined;
  readonly credentials?: DeviceCredentials | undefined;
  readonly timers: DeviceTimers;
  /** Absolute limit of one exchange, ms; default 10000. */
  readonly within?: number;
  /** Longest silence within one exchange, ms; default 5000. */
  readonly idle?: number;
  readonly userAgent?: string;
  /** For tests; the system's. */
  readonly lookup?: LookupFunction;
}

export interface DeviceRequest {
  /** On the device's host. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Largest reply, bytes. */
  readonly most: number;
  /** The body already carries credentials (WS-UsernameToken). */
  readonly credentialed?: boolean;
  /** How much longer than usual the device may take, ms: it was asked to wait. */
  readonly patience?: number;
}

export interface DeviceReply {
  readonly status: number;
  readonly contentType: string;
  readonly challenges: readonly Challenge[];
  readonly location: string | undefined;
  readonly body: Buffer;
}

const connections = 2;
const longestHeaders = 32_768;

export class DeviceHttp implements AsyncDisposable {
  readonly #options: DeviceHttpOptions;
  readonly #agent: Agent;
  readonly #peer: DevicePeer;
  readonly #within: number;
  readonly #idle: number;
  readonly #spaces = new Map<string, { readonly challenges: readonly Challenge[]; count: number }>();
  #credentialed = 0;

  constructor(options: DeviceHttpOptions) {
    this.#options = options;
    this.#within = options.within ?? 10_000;
    this.#idle = options.idle ?? 5_000;
    this.#peer = devicePeer({ fingerprint256: options.fingerprint256, within: this.#within, lookup: options.lookup });
    this.#agent = new Agent({
      connections,
      pipelining: 1,
      // Shorter than the 5 s after which many small servers hang up: a request that meets a closing connection looks like a dead camera.
      keepAliveTimeout: 3_000,
      keepAliveMaxTimeout: 3_000,
      maxHeaderSize: longestHeaders,
      // Our own watch below is finer than these; they are the second line.
      headersTimeout: this.#within,
      bodyTimeout: this.#within,
      connect: this.#peer.connect,
    });
  }

  get credentials(): DeviceCredentials | undefined {
    return this.#options.credentials;
  }

  get timers(): DeviceTimers {
    return this.#options.timers;
  }

  /** IP address of the device; undefined before the first answer. */
  get peerAddress(): string | undefined {
    return this.#peer.address;
  }

  /** Requests so far that carried credentials. */
  get credentialed(): number {
    return this.#credentialed;
  }

  /** One exchange without Digest; any status. Throws DeviceFailure. */
  async exchange(order: DeviceRequest, signal: AbortSignal, authorization?: string): Promise<DeviceReply> {
    const { url } = order;
    const { home } = this.#options;
    if (url.hostname !== home.hostname) {
      throw new DeviceFailure('forbidden-host', `names another host (${url.hostname.slice(0, 80)}), which is not followed.`);
    }
    if (url.protocol !== home.protocol) {
      throw new DeviceFailure('reply', `names an address that is not ${home.protocol}// (${url.protocol.slice(0, 20)}).`);
    }
    const made = this.#peer.connections;
    try {
      return await this.#exchangeOnce(order, signal, authorization);
    } catch (error) {
      // It hung up on a connection that had been idle, in the very moment when we asked: that is no dead camera. Once more, on a new one.
      if (!hungUp(error) || this.#peer.connections > made) throw error;
      return await this.#exchangeOnce(order, signal, authorization);
    }
  }

  async #exchangeOnce(order: DeviceRequest, signal: AbortSignal, authorization: string | undefined): Promise<DeviceReply> {
    const { url } = order;
    signal.throwIfAborted();
    const progress = { bytes: 0, begun: false };
    const within = this.#within + (order.patience ?? 0);
    const idle = this.#idle + (order.patience ?? 0);
    using limit = limited((ended) => this.#outOfTime({ within, idle }, progress, ended), signal);
    if (authorization !== undefined || order.credentialed) this.#credentialed += 1;
    try {
      const answered = request(`${url.origin}${url.pathname}${url.search}`, {
        dispatcher: this.#agent,
        method: 'POST',
        headersTimeout: within,
        headers: {
          // Some cameras answer 401 to whoever does not name himself.
          'user-agent': this.#options.userAgent ?? 'campus-gateway',
          ...order.headers,
          // Header values are bytes: UTF-8 goes out as such.
          ...(authorization === undefined ? {} : { authorization: Buffer.from(authorization).toString('latin1') }),
        },
        body: order.body,
        signal: limit.signal,
      });
      // undici lets go of a request only once its connection stands or has failed; a silent handshake would outlast our limit and our caller.
      const response = await Promise.race([answered, refusedBy(limit.signal)]);
      progress.begun = true;
      const body = await readCapped(response.body, order.most, progress);
      return {
        status: response.statusCode,
        contentType: one(response.headers['content-type']) ?? '',
        challenges: parseChallenges(response.headers['www-authenticate'] ?? []),
        location: one(response.headers.location),
        body,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DeviceFailure) throw error;
      throw this.#failureOf(error, { late: limit.signal.aborted, begun: progress.begun, host: url.host, within });
    }
  }

  /**
   * One exchange, with Digest where the device asks for it. Resolves with any status but a 401 that we can answer.
   * Throws DeviceFailure `credentials` once the device refused the answer to a fresh challenge.
   */
  async ask(order: DeviceRequest, signal: AbortSignal): Promise<DeviceReply> {
    const space = order.url.origin;
    const known = this.#spaces.get(space);
    const first = await this.exchange(order, signal, known && this.#sign(space, order));
    if (first.status !== 401) return first;
    if (!this.#renew(space, first)) return first;
    const second = await this.exchange(order, signal, this.#sign(space, order));
    if (second.status !== 401) return second;
    this.#spaces.delete(space);
    // A nonce that was used up at once is the one refusal that says nothing about the password; two answers are all that is ever sent.
    const stale = !known && second.challenges.some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true');
    if (stale && this.#renew(space, second)) {
      const third = await this.exchange(order, signal, this.#sign(space, order));
      if (third.status !== 401) return third;
      this.#spaces.delete(space);
    }
    throw new DeviceFailure('credentials', 'refused the user name or password.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peer.close();
    await this.#agent.destroy();
  }

  /** True where the reply's challenges can be answered. */
  #renew(space: string, reply: DeviceReply): boolean {
    const { credentials } = this.#options;
    if (!credentials) return false;
    if (answerChallenge(reply.challenges, { ...credentials, method: 'POST', uri: '/', count: 1 }) === undefined) return false;
    this.#spaces.set(space, { challenges: reply.challenges, count: 0 });
    return true;
  }

  #sign(space: string, order: DeviceRequest): string | undefined {
    const { credentials } = this.#options;
    const state = this.#spaces.get(space);
    if (!credentials || !state) return undefined;
    state.count += 1;
    return answerChallenge(state.challenges, {
      ...credentials,
      method: 'POST',
      uri: `${order.url.pathname}${order.url.search}`,
      count: state.count,
    });
  }

  /** Resolves when the exchange took too long, or when a reply that had begun was silent for too long; a slow drip resets the second limit only. */
  async #outOfTime(
    { within, idle }: { readonly within: number; readonly idle: number },
    progress: { readonly bytes: number; readonly begun: boolean },
    ended: AbortSignal,
  ): Promise<void> {
    for (let left = within; left > 0; ) {
      const before = progress.begun ? progress.bytes : -1;
      const step = Math.min(left, idle);
      await this.#options.timers.sleep(step, ended);
      left -= step;
      if (progress.bytes === before) return;
    }
  }

  #failureOf(
    error: unknown,
    seen: { readonly late: boolean; readonly begun: boolean; readonly host: string; readonly within: number },
  ): DeviceFailure {
    const { late, begun, host, within } = seen;
    const code = codeOf(error);
    if (late || /TIMEOUT|ETIMEDOUT/.test(code)) {
      const sentence = begun ? `did not finish its reply in time (${host}).` : `did not answer at ${host} within ${within} ms.`;
      return new DeviceFailure('unreachable', sentence, { cause: error });
    }
    if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code))
      return new DeviceFailure('unreachable', `has a name that cannot be resolved (${host}).`, { cause: error });
    if (/^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(code))
      return new DeviceFailure('reply', `does not speak TLS 1.2 or later at ${host} (${code}).`, { cause: error });
    if (begun) return new DeviceFailure('reply', `broke off its reply (${code}).`, { cause: error });
    if (/^HPE_|HTTPParserError|OVERFLOW|CONTENT_LENGTH|INVALID/.test(code))
      return new DeviceFailure('reply', `sent bytes that are not HTTP (${code}).`, { cause: error });
    return new DeviceFailure('unreachable', `does not answer at ${host} (${code}).`, { cause: error });
  }
}

function refusedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}

function hungUp(error: unknown): boolean {
  return error instanceof DeviceFailure && error.reason === 'unreachable' && /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(codeOf(error.cause));
}

async function readCapped(body: AsyncIterable<Buffer>, most: number, progress: { bytes: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) {
    progress.bytes += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (progress.bytes > most) throw new DeviceFailure('reply', `sent more than ${most} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function one(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}
