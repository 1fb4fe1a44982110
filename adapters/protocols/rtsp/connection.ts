/** One RTSP connection as a client: requests with their answers, authentication, and the frames in between. */
import type { Socket } from 'node:net';
import { answerChallenge, type Challenge, parseChallenges } from '../digest.ts';
import { dial } from '../net/dial.ts';
import { ReadPlace } from '../net/read-place.ts';
import { distrustOf } from '../net/shown-certificate.ts';
import type { Timers } from '../timers.ts';
import type { RtspTarget } from './address.ts';
import { RtspFailure } from './failure.ts';
import { type HeadersToWrite, headerOf, headersOf, type RtspMessage, type RtspResponse, writeRequest, writeResponse } from './message.ts';
import type { RtspCredentials } from './order.ts';
import { RtspScanner, writeFrame } from './scanner.ts';

interface ConnectionOptions {
  readonly target: RtspTarget;
  readonly credentials: RtspCredentials | undefined;
  /** SHA-256 of the certificate that a rtsps:// camera must show; without it none is good enough. */
  readonly fingerprint256?: string | undefined;
  readonly timers: Timers;
  readonly userAgent: string;
  /** Absolute limit of one exchange, ms. */
  readonly within: number;
}

export interface RtspOrder {
  readonly method: string;
  readonly uri: string;
  readonly headers?: HeadersToWrite;
}

export interface FrameTaker {
  /** One whole interleaved frame at bytes[start, end), its 4-byte header included; they are there until the end of the read. */
  frame(bytes: Buffer, start: number, end: number): void;
  endOfRead(): void;
  /** Are frames of this channel expected? */
  carries(channel: number): boolean;
  /** Bytes between frames that were skipped. */
  garbage(length: number): void;
}

/** Refusals of credentials in a row that one connection may collect before it gives up: more would lock the account of many cameras. */
const maxRefusals = 2;

export class RtspConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<number, (response: RtspResponse) => void>();
  readonly #ended = new AbortController();
  #sequence = 0;
  #challenges: readonly Challenge[] = [];
  #nonceCount = 0;
  #refusals = 0;
  #accepted = false;
  readonly #scanner: RtspScanner;
  #taker: FrameTaker | undefined;
  session: string | undefined;

  private constructor(socket: Socket, reads: ReadPlace | undefined, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#scanner = new RtspScanner({
      // It is waited for, and its body lies where the next read goes.
      message: (message) => this.#take({ ...message, body: Buffer.from(message.body) }),
      frame: (bytes, start, end) => this.#taker?.frame(bytes, start, end),
      garbage: (length) => this.#taker?.garbage(length),
    });
    const hear = (bytes: Buffer) => {
      try {
        this.#scanner.push(bytes);
      } catch (error) {
        this.#end(new RtspFailure('reply', `sent bytes that are not RTSP: ${error instanceof Error ? error.message : String(error)}`, error));
      } finally {
        this.#taker?.endOfRead();
      }
    };
    if (reads) reads.hear = hear;
    else socket.on('data', hear);
    socket.on('error', (error) => this.#end(new RtspFailure('ended', `broke the connection (${error.message}).`, error)));
    socket.on('close', () => this.#end(new RtspFailure('ended', 'closed the connection.')));
  }

  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<RtspConnection> {
    const { target } = options;
    using deadline = options.timers.deadline(options.within, signal);
    const { host, port, secure } = target;
    const reads = secure ? undefined : new ReadPlace();
    let socket: Socket;
    try {
      // With TLS the fingerprint alone decides, below.
      socket = await dial({ host, port, ...(reads ? { onread: reads.onread } : { tls: { insecure: true } }) }, deadline);
    } catch (error) {
      signal.throwIfAborted();
      const seen = deadline.aborted ? `no connection within ${options.within} ms` : error instanceof Error ? error.message : String(error);
      throw new RtspFailure('unreachable', `does not accept RTSP connections at ${target.host}:${target.port}: ${seen}.`, error);
    }
    const distrust = target.secure ? distrustOf(socket, options.fingerprint256) : undefined;
    if (distrust) {
      socket.on('error', () => undefined).destroy();
      throw new RtspFailure('certificate', distrust.sentence, undefined, distrust.certificate);
    }
    return new RtspConnection(socket, reads, options);
  }

  /** Aborts, with an RtspFailure as its reason, when the connection is of no use any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Both ends' addresses, as the connection has them. */
  get addresses(): { readonly local: string; readonly remote: string } {
    return { local: this.#socket.localAddress ?? '', remote: this.#socket.remoteAddress ?? '' };
  }

  /** One exchange, signed in where asked for. Resolves with any status but 401; throws RtspFailure. */
  async ask(order: RtspOrder, signal: AbortSignal): Promise<RtspResponse> {
    for (;;) {
      const signed = this.#challenges.length > 0;
      const response = await this.#exchange(order, signal);
      if (response.status !== 401) {
        this.#welcome(signed);
        return response;
      }
      this.#meetChallenge(response, signed);
    }
  }

  /** Sends without waiting: some cameras never answer keepalives (quirk 2). Where the nonce has ended, it is said again with the new one. */
  tell(order: RtspOrder, answered: (status: number) => void): void {
    const signed = this.#challenges.length > 0;
    this.#send(order, (response) => {
      if (response.status === 401) {
        try {
          this.#meetChallenge(response, signed);
        } catch (error) {
          this.#end(error);
          return;
        }
        this.tell(order, answered);
        return;
      }
      this.#welcome(signed);
      answered(response.status);
    });
    // Unanswered ones must not collect.
    if (this.#waiting.size > 8) this.#waiting.delete(this.#waiting.keys().next().value!);
  }

  /** From now on; until then frames are thrown away, and garbage ends the connection. */
  takeFrames(taker: FrameTaker): void {
    this.#taker = taker;
    this.#scanner.tolerate((channel) => taker.carries(channel));
  }

  writeFrame(channel: number, payload: Uint8Array): void {
    this.#socket.write(writeFrame(channel, payload));
  }

  close(): void {
    this.#ended.abort(new RtspFailure('ended', 'was left.'));
    this.#waiting.clear();
    this.#socket.destroy();
  }

  /** Sends the last words and gives the kernel a moment to carry them. */
  async leave(order: RtspOrder): Promise<void> {
    if (this.#socket.destroyed || this.#ended.signal.aborted) return;
    this.#send(order, () => undefined);
    this.#socket.end();
    const gone = new AbortController();
    this.#socket.once('close', () => gone.abort());
    await this.#options.timers.sleep(200, gone.signal).catch(() => undefined); // Aborted: it is closed, which is what we waited for.
  }

  #exchange(order: RtspOrder, signal: AbortSignal): Promise<RtspResponse> {
    const { within, timers } = this.#options;
    const deadline = timers.deadline(within, signal, this.#ended.signal);
    return new Promise<RtspResponse>((resolve, reject) => {
      const give = () => {
        this.#waiting.delete(sequence);
        if (signal.aborted) reject(signal.reason);
        else if (this.#ended.signal.aborted) reject(this.#ended.signal.reason);
        else reject(new RtspFailure('unreachable', `did not answer ${order.method} within ${within} ms.`));
      };
      const sequence = this.#send(order, (response) => {
        deadline.removeEventListener('abort', give);
        resolve(response);
      });
      deadline.addEventListener('abort', give, { once: true });
      if (deadline.aborted) give();
    }).finally(() => deadline[Symbol.dispose]());
  }

  #send(order: RtspOrder, answered: (response: RtspResponse) => void): number {
    this.#sequence += 1;
    const sequence = this.#sequence;
    this.#waiting.set(sequence, answered);
    const headers = {
      CSeq: sequence,
      // Some cameras answer 401 to whoever does not name himself (quirk 10).
      'User-Agent': this.#options.userAgent,
      Session: this.session,
      Authorization: this.#authorization(order),
      ...order.headers,
    };
    this.#socket.write(writeRequest({ method: order.method, uri: order.uri, headers }));
    return sequence;
  }

  #authorization(order: RtspOrder): string | undefined {
    const { credentials } = this.#options;
    if (!credentials || this.#challenges.length === 0) return undefined;
    this.#nonceCount += 1;
    return answerChallenge(this.#challenges, { ...credentials, method: order.method, uri: order.uri, count: this.#nonceCount });
  }

  #welcome(signed: boolean): void {
    if (!signed) return;
    this.#accepted = true;
    this.#refusals = 0;
  }

  #meetChallenge(response: RtspResponse, signed: boolean): void {
    const challenges = parseChallenges(headersOf(response, 'www-authenticate'));
    if (signed) {
      this.#refusals += 1;
      // A new nonce is asked for with stale=true; several cameras forget the flag once the first one had served.
      const renewed = this.#accepted || headersOf(response, 'www-authenticate').some((text) => /stale\s*=\s*"?true/i.test(text));
      if (!renewed || this.#refusals >= maxRefusals) throw new RtspFailure('credentials', 'refused the user name or password.');
    }
    if (!this.#options.credentials) throw new RtspFailure('credentials', 'asks for a user name and password, and none is set.');
    this.#challenges = challenges;
    this.#nonceCount = 0;
    const probe = answerChallenge(challenges, { ...this.#options.credentials, method: 'OPTIONS', uri: '*', count: 1 });
    if (probe === undefined) throw new RtspFailure('credentials', 'offers no Digest sign-in; the password is not sent in clear text.');
  }

  #take(message: RtspMessage): void {
    if (message.kind === 'request') {
      // Cameras hardly ever ask; whatever it is, an answer keeps them from waiting.
      this.#socket.write(writeResponse({ status: message.method === 'OPTIONS' ? 200 : 501, headers: { CSeq: headerOf(message, 'cseq') ?? '0' } }));
      return;
    }
    const sequence = Number(headerOf(message, 'cseq') ?? Number.NaN);
    // A reply without CSeq belongs to the oldest request: there is never more than one that waits, besides keepalives.
    const key = this.#waiting.has(sequence) ? sequence : Number.isNaN(sequence) ? this.#waiting.keys().next().value : undefined;
    if (key === undefined) return;
    const answered = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    answered(message);
  }

  #end(reason: unknown): void {
    this.#ended.abort(reason);
    this.#socket.destroy();
  }
}
