/**
 * The main thread's side of the media plane. The worker behind it may crash, run out of memory or hang: it is replaced, the RTSP server
 * opens again at its address with its keys, and nobody but the viewers notices.
 */
import type { Worker } from 'node:worker_threads';
import type { ChannelId } from '../domain/ids.ts';
import type { Endpoint, Keyframe, RecordingPlan, SinkSpec, StreamKey, StreamProfile, StreamTelemetry } from '../domain/media.ts';
import type { Clock, Logger, MediaPlane, PreparedSink, StreamResolver } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { backoff } from '../runtime/backoff.ts';
import { Line } from './plane-line.ts';

export interface PlaneClientOptions {
  readonly startWorker: () => Worker;
  readonly resolve: StreamResolver;
  readonly clock: Clock;
  readonly log: Logger;
}

const restart = { first: seconds(0.2), most: seconds(10), jitter: 0.3 };
/** A worker that leaves a question unanswered for this long is taken for stuck. */
const patience = seconds(10);
const askEvery = seconds(5);

export class PlaneClient implements MediaPlane {
  readonly #options: PlaneClientOptions;
  readonly #life = new AbortController();
  #line: Line;
  #keys: readonly StreamKey[] = [];
  #plans: readonly RecordingPlan[] = [];
  /** Where the RTSP server listens: after a restart, the very port that was bound before. */
  #listen: Endpoint | undefined;
  readonly #ended: Promise<void>;

  constructor(options: PlaneClientOptions) {
    this.#options = options;
    this.#line = new Line(options);
    this.#ended = this.#keepAlive();
  }

  async prepare(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink> {
    const line = this.#line;
    const { sink: number } = await line.call('prepare', sink, signal);
    let open = true;
    const dispose = async () => {
      if (open) line.say({ kind: 'dispose', sink: number });
      open = false;
    };
    if (signal.aborted) {
      await dispose();
      throw signal.reason;
    }
    return { start: () => line.say({ kind: 'start', sink: number }), [Symbol.asyncDispose]: dispose };
  }

  keyframe(channel: ChannelId, profile: StreamProfile, signal: AbortSignal): Promise<Keyframe> {
    return this.#line.call('keyframe', { channel, profile }, signal);
  }

  async record(plans: readonly RecordingPlan[]): Promise<void> {
    this.#plans = plans;
    await this.#line.call('record', plans);
  }

  telemetry(): Promise<readonly StreamTelemetry[]> {
    return this.#line.call('telemetry', undefined);
  }

  async serveRtsp(listen: Endpoint): Promise<Endpoint> {
    const bound = await this.#line.call('serveRtsp', listen);
    this.#listen = bound;
    return bound;
  }

  async admit(keys: readonly StreamKey[]): Promise<void> {
    this.#keys = keys;
    await this.#line.call('admit', keys);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#life.signal.aborted) return this.#ended;
    this.#life.abort();
    // A worker that cannot close by itself any more is ended from outside.
    const deadline = this.#options.clock.deadline(seconds(3));
    await this.#line.call('close', undefined, deadline).catch(() => undefined);
    await this.#line.terminate();
    await this.#ended;
  }

  async #keepAlive(): Promise<void> {
    const { clock, log } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      const started = clock.monotonic();
      const watching = this.#watch(this.#line);
      const reason = await this.#line.ended;
      await watching;
      if (this.#life.signal.aborted) return;
      if (clock.monotonic() - started > 60_000) attempt = 0;
      const wait = backoff(restart, attempt);
      log.error('media worker ended', { reason, wait });
      await clock.sleep(wait, this.#life.signal).catch(() => undefined); // Aborted: asked right below.
      if (this.#life.signal.aborted) return;
      this.#line = new Line(this.#options);
      await this.#restore(this.#line);
    }
  }

  /** Puts the new worker where the old one was. */
  async #restore(line: Line): Promise<void> {
    try {
      await line.call('admit', this.#keys);
      await line.call('record', this.#plans);
      if (this.#listen) await line.call('serveRtsp', this.#listen);
      this.#options.log.info('media worker restarted', { listen: this.#listen });
    } catch (error) {
      // It cannot do its work (the port may be taken for a moment): end it, and the loop tries again, later each time.
      this.#options.log.warn('media worker not restored', { error });
      await line.terminate();
    }
  }

  /** Asks the worker now and then; one that does not answer is ended. */
  async #watch(line: Line): Promise<void> {
    const { clock, log } = this.#options;
    const over = AbortSignal.any([line.gone, this.#life.signal]);
    while (!over.aborted) {
      await clock.sleep(askEvery, over).catch(() => undefined); // Aborted: the loop ends.
      if (over.aborted) return;
      const answered = new AbortController();
      const late = clock.sleep(patience, AbortSignal.any([over, answered.signal])).then(
        () => true,
        () => false, // It answered, or it is gone.
      );
      line.call('telemetry', undefined).then(
        () => answered.abort(),
        () => answered.abort(), // Its end is noticed by the loop.
      );
      if (!(await late)) continue;
      log.error('media worker does not answer', { within: patience });
      await line.terminate();
      return;
    }
  }
}
