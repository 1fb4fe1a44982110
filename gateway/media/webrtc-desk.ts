/**
 * The main thread's side of WebRTC: who may have how many viewers, which streams the engine is fed, and the worker in which it runs.
 * WebRTC is the dearest way to watch (performance §4): it has an admission cap, and a worker whose end nobody but its viewers notices.
 */
import { randomUUID } from 'node:crypto';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { StreamProfile, StreamPurpose } from '../domain/media.ts';
import type { Clock, Logger, MediaPlane, PreparedSink } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { linked } from '../runtime/linked.ts';
import type { UplinkBudget } from '../runtime/uplink-budget.ts';
import type { LogLine } from './remote-logger.ts';
import { errorOf, type Outcome } from './rpc.ts';
import { Vitals } from './vitals.ts';
import { type WorkerLimits, watchWorker } from './watchdog.ts';

export interface WhepAsk {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly purpose: StreamPurpose;
  /** SDP. */
  readonly offer: string;
  /** The viewer runs on this machine. */
  readonly local: boolean;
}

export interface WebRtcWorkerData {
  readonly uplink: SharedArrayBuffer;
  readonly vitals: SharedArrayBuffer;
  readonly ports?: readonly [number, number];
}

export type ToWebRtcWorker =
  | { readonly kind: 'stream'; readonly stream: string; readonly port: MessagePort }
  | {
      readonly kind: 'offer';
      readonly session: string;
      readonly stream: string;
      readonly offer: string;
      readonly purpose: StreamPurpose;
      readonly local: boolean;
    }
  | { readonly kind: 'end'; readonly session: string; readonly reason: string }
  | { readonly kind: 'close' };

export type FromWebRtcWorker =
  | { readonly kind: 'answer'; readonly session: string; readonly outcome: Outcome<string> }
  | { readonly kind: 'ended'; readonly session: string }
  | { readonly kind: 'streamEnded'; readonly stream: string }
  | LogLine;

export interface WebRtcDeskParts {
  readonly media: Pick<MediaPlane, 'prepare'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly viewers: number;
  readonly uplink: UplinkBudget;
  /** Beyond them, or when its loop stands still, the worker is ended. */
  readonly limits: WorkerLimits;
  /** The worker is to show its vitals in this memory. */
  startWorker(vitals: SharedArrayBuffer): Worker;
}

interface Feed {
  readonly sink: Promise<PreparedSink>;
}

const answersWithin = seconds(15);

export class WebRtcDesk implements AsyncDisposable {
  readonly #parts: WebRtcDeskParts;
  readonly #sessions = new Set<string>();
  readonly #answers = new Map<string, (outcome: Outcome<string>) => void>();
  readonly #feeds = new Map<string, Feed>();
  /** Begun by the first viewer, and again by the next one after it has ended. */
  #worker: Worker | undefined;
  #closed = false;

  constructor(parts: WebRtcDeskParts) {
    this.#parts = parts;
  }

  get viewers(): number {
    return this.#sessions.size;
  }

  get places(): number {
    return this.#parts.viewers;
  }

  /** Is this viewer still there? */
  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** Throws MEDIA_UNAVAILABLE where there is no place or no stream, MEDIA_UNSUPPORTED where the browser cannot play it, REQUEST_INVALID. */
  async answer(ask: WhepAsk, signal: AbortSignal): Promise<{ readonly session: string; readonly sdp: string }> {
    const { clock, viewers, uplink } = this.#parts;
    if (this.#closed) throw new GatewayError('MEDIA_UNAVAILABLE', 'The gateway is closing.');
    if (this.#sessions.size >= viewers) {
      throw new GatewayError('MEDIA_UNAVAILABLE', `All ${viewers} places for WebRTC viewers are taken; the picture is to be had by WebSocket.`);
    }
    if (uplink.pressed && ask.purpose === 'patrol' && ask.profile === 'main') {
      throw new GatewayError('UPLINK_BUDGET', `The link to the police side is full: ask for the sub-stream of ${ask.channel}.`);
    }
    const session = randomUUID();
    this.#sessions.add(session);
    try {
      const stream = await this.#feed(ask, signal);
      const answered = new Promise<Outcome<string>>((resolve) => this.#answers.set(session, resolve));
      this.#say({ kind: 'offer', session, stream, offer: ask.offer, purpose: ask.purpose, local: ask.local });
      using life = linked(signal);
      const outcome = await Promise.race([answered, late(clock, life.signal)]);
      if (!outcome.ok) throw errorOf(outcome.failure);
      return { session, sdp: outcome.value };
    } catch (error) {
      this.end(session, 'no answer');
      this.#sessions.delete(session);
      throw error;
    } finally {
      this.#answers.delete(session);
    }
  }

  end(session: string, reason: string): void {
    this.#say({ kind: 'end', session, reason });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#say({ kind: 'close' });
    await this.#worker?.terminate();
  }

  /** One feed per stream, whoever watches it. */
  async #feed({ channel, profile, purpose }: WhepAsk, signal: AbortSignal): Promise<string> {
    const stream = `${channel}/${profile}`;
    let feed = this.#feeds.get(stream);
    if (!feed) {
      const { port1, port2 } = new MessageChannel();
      const worker = this.#running();
      // Not bound to the one who came first: others may have joined meanwhile.
      const sink = this.#parts.media.prepare({ channel, profile, purpose, kind: 'wire', port: port2 }, this.#parts.clock.deadline(answersWithin));
      feed = { sink };
      this.#feeds.set(stream, feed);
      sink.then(
        (prepared) => {
          worker.postMessage({ kind: 'stream', stream, port: port1 } satisfies ToWebRtcWorker, [port1]);
          prepared.start();
        },
        () => this.#feeds.delete(stream),
      );
    }
    await Promise.race([feed.sink, aborted(signal)]);
    return stream;
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const { limits, clock, log } = this.#parts;
    const vitals = new Vitals();
    const worker = this.#parts.startWorker(vitals.shared);
    const gone = new AbortController();
    this.#worker = worker;
    worker.on('message', (message: FromWebRtcWorker) => this.#take(message));
    worker.on('error', (error) => log.error('webrtc worker broke', { error }));
    worker.once('exit', () => {
      gone.abort();
      this.#gone(worker);
    });
    void watchWorker({ vitals, limits, clock, log: log.child({ worker: 'webrtc' }) }, gone.signal).then((verdict) => {
      if (!verdict) return;
      log.error('webrtc worker ended', { ...verdict });
      void worker.terminate();
    });
    return worker;
  }

  /** Its viewers are lost and come back by themselves; the next one finds a new worker. */
  #gone(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#sessions.clear();
    for (const settle of this.#answers.values())
      settle({ ok: false, failure: { code: 'MEDIA_UNAVAILABLE', sentence: 'WebRTC is being restarted.' } });
    for (const stream of [...this.#feeds.keys()]) this.#drop(stream);
  }

  #take(message: FromWebRtcWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#answers.get(message.session)?.(message.outcome);
        return;
      case 'ended':
        this.#sessions.delete(message.session);
        return;
      case 'streamEnded':
        this.#drop(message.stream);
        return;
      case 'log':
        this.#parts.log[message.level](message.message, message.fields);
        return;
    }
  }

  #drop(stream: string): void {
    const feed = this.#feeds.get(stream);
    this.#feeds.delete(stream);
    feed?.sink.then((sink) => sink[Symbol.asyncDispose]()).catch((error) => this.#parts.log.warn('media sink did not close', { stream, error }));
  }

  #say(message: ToWebRtcWorker): void {
    this.#worker?.postMessage(message);
  }
}

async function late(clock: Clock, signal: AbortSignal): Promise<never> {
  await clock.sleep(answersWithin, signal);
  throw new GatewayError('MEDIA_UNAVAILABLE', 'WebRTC did not answer in time.');
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
