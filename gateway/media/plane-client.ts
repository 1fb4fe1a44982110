/**
 * The main thread's side of the media plane. The worker behind it may crash, run out of memory or hang: it is replaced at once, the RTSP server
 * opens again at its address with its keys, and nobody but the viewers notices. They come again by themselves: RTSP readers as they always do,
 * a sink's owner when its port closes without `ended`.
 */
import type { MediaEnd } from '../domain/health.ts';
import type { ChannelId } from '../domain/ids.ts';
import type {
  Keyframe,
  MediaFigures,
  RecordingPlan,
  RtpOrder,
  RtspBound,
  RtspListen,
  SinkSpec,
  StreamKey,
  StreamTelemetry,
  WantedKeyframe,
} from '../domain/media.ts';
import type { MediaPlane, PreparedSink, RtpSending } from '../domain/ports.ts';
import type { MendedRecording } from '../domain/recording.ts';
import { millis, seconds } from '../domain/time.ts';
import { backoff } from '../runtime/backoff.ts';
import { Line, type LineOptions } from './plane-line.ts';
import { type WorkerLimits, watchWorker } from './watchdog.ts';

export interface PlaneClientOptions extends LineOptions {
  /** Beyond them a worker is replaced. Absent, for tests: it is not watched at all. */
  readonly limits: WorkerLimits | undefined;
  /** Told of each worker that had to be replaced. */
  readonly replaced?: (cause: MediaEnd) => void;
}

/** Between the ends of workers that live only a moment; the first end costs no wait. */
const pause = { first: seconds(0.2), most: seconds(10), jitter: 0.3 };
const healthyAfter = seconds(5);
/** Workers that may end in the hands of whoever begins with them. */
const mostStarts = 4;
/** Between tries to open the RTSP server again: the dead worker's sockets may take a moment to go. */
const reopen = { first: millis(50), most: seconds(2), jitter: 0.3 };

export class PlaneClient implements MediaPlane {
  readonly #options: PlaneClientOptions;
  readonly #life = new AbortController();
  #line: Line;
  #keys: readonly StreamKey[] = [];
  #plans: readonly RecordingPlan[] = [];
  #alarmed: readonly ChannelId[] = [];
  /** Where the RTSP server listens: after a restart, the very port that was bound before. */
  #listen: RtspListen | undefined;
  readonly #ended: Promise<void>;

  constructor(options: PlaneClientOptions) {
    this.#options = options;
    this.#line = new Line(options);
    this.#ended = this.#keepAlive();
  }

  async prepare(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink> {
    const line = this.#line;
    const { sink: number } = await line.call('prepare', sink, signal);
    return held(line, number, signal);
  }

  async sendRtp(order: RtpOrder, signal: AbortSignal): Promise<RtpSending> {
    const line = this.#line;
    const { sink, local } = await line.call('sendRtp', order, signal);
    const ended = line.ended(sink);
    const prepared = await held(line, sink, signal);
    return {
      ...{ local, ended },
      start: prepared.start,
      [Symbol.asyncDispose]: async () => {
        await prepared[Symbol.asyncDispose]();
        await ended;
      },
    };
  }

  keyframe(wanted: WantedKeyframe, signal: AbortSignal): Promise<Keyframe> {
    return this.#line.call('keyframe', wanted, signal);
  }

  mendRecording(file: string): Promise<MendedRecording> {
    return this.#line.call('mendRecording', file);
  }

  async record(plans: readonly RecordingPlan[]): Promise<void> {
    const line = this.#line;
    this.#plans = plans;
    await line.call('record', plans).catch(unlessGone(line, undefined)); // Its successor is told at its start.
  }

  async alarmed(channels: readonly ChannelId[]): Promise<void> {
    const line = this.#line;
    this.#alarmed = channels;
    await line.call('alarmed', channels).catch(unlessGone(line, undefined)); // Its successor is told at its start.
  }

  async refused(channels: readonly ChannelId[]): Promise<void> {
    const line = this.#line;
    await line.call('refused', channels).catch(unlessGone(line, undefined)); // Its sessions have ended with it.
  }

  async telemetry(): Promise<readonly StreamTelemetry[]> {
    const line = this.#line;
    // The streams of a worker that has ended are no more.
    return line.call('telemetry', undefined).catch(unlessGone(line, []));
  }

  figures(): Promise<MediaFigures> {
    return this.#line.call('figures', undefined);
  }

  async serveRtsp(listen: RtspListen): Promise<RtspBound> {
    const bound = await this.#askToServe(listen);
    const { tls, udp } = bound;
    this.#listen = {
      address: bound.address,
      port: bound.port,
      ...(tls && listen.tls ? { tls: { ...listen.tls, ...tls } } : {}),
      ...(udp ? { udp } : {}),
    };
    return bound;
  }

  /** A worker that ends while it is asked is no reason to start without RTSP, or not at all: its successor is asked. */
  async #askToServe(listen: RtspListen): Promise<RtspBound> {
    for (let attempt = 1; ; attempt += 1) {
      const line = this.#line;
      try {
        return await line.call('serveRtsp', listen);
      } catch (error) {
        if (!line.gone.aborted || this.#life.signal.aborted || attempt === mostStarts) throw error;
      }
      while (this.#line === line) await this.#options.clock.sleep(millis(20), this.#life.signal);
    }
  }

  async admit(keys: readonly StreamKey[]): Promise<void> {
    const line = this.#line;
    this.#keys = keys;
    await line.call('admit', keys).catch(unlessGone(line, undefined)); // Its successor is told at its start.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#life.signal.aborted) return this.#ended;
    this.#life.abort();
    // A worker that cannot close by itself any more is ended from outside.
    const deadline = this.#options.clock.deadline(seconds(3));
    await this.#line.call('close', undefined, deadline).catch(() => undefined);
    await this.#line.terminate({ cause: 'stopped', reason: 'The media plane was closed.' });
    await this.#ended;
  }

  async #keepAlive(): Promise<void> {
    const { clock, log, replaced } = this.#options;
    for (let early = 0; ; early += 1) {
      const started = clock.monotonic();
      const { cause, reason, stack } = await this.#lifeOf(this.#line);
      if (this.#life.signal.aborted) return;
      if (clock.monotonic() - started >= healthyAfter) early = 0;
      const wait = early === 0 ? millis(0) : backoff(pause, early - 1);
      log.error('media worker ended', { cause, reason, wait, ...(stack === undefined ? {} : { stack }) });
      replaced?.(cause);
      if (wait > 0) await clock.sleep(wait, this.#life.signal).catch(() => undefined); // Aborted: asked right below.
      if (this.#life.signal.aborted) return;
      this.#line = new Line(this.#options);
      void this.#restore(this.#line);
    }
  }

  async #lifeOf(line: Line) {
    const { limits, clock, log } = this.#options;
    const verdict = limits && (await watchWorker({ vitals: line.vitals, limits, clock, log }, line.gone));
    if (verdict) await line.terminate(verdict);
    return line.over;
  }

  /** Puts the new worker where the old one was. Browsers are served meanwhile, however long another program keeps the RTSP port. */
  async #restore(line: Line): Promise<void> {
    const { clock, log } = this.#options;
    const told = [line.call('admit', this.#keys), line.call('record', this.#plans), line.call('alarmed', this.#alarmed)];
    await Promise.all(told).catch(() => undefined); // It has ended already: its successor is told.
    for (let attempt = 0; this.#listen && !line.gone.aborted; attempt += 1) {
      const failure = await line.call('serveRtsp', this.#listen).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) break;
      if (attempt === 0) log.warn('rtsp does not listen again yet', { error: failure });
      await clock.sleep(backoff(reopen, attempt), line.gone).catch(() => undefined); // It has ended: the loop ends.
    }
    if (!line.gone.aborted) log.info('media worker replaced', { address: this.#listen?.address, port: this.#listen?.port });
  }
}

/** What the worker has opened, for the main thread to start and to close. */
async function held(line: Line, sink: number, signal: AbortSignal): Promise<PreparedSink> {
  let open = true;
  const dispose = async () => {
    if (open) line.say({ kind: 'dispose', sink });
    open = false;
  };
  if (signal.aborted) {
    await dispose();
    throw signal.reason;
  }
  return { start: () => line.say({ kind: 'start', sink }), [Symbol.asyncDispose]: dispose };
}

/** Answers for a worker that has ended; any other failure stands. */
function unlessGone<Answer>(line: Line, answer: Answer): (error: unknown) => Answer {
  return (error) => {
    if (line.gone.aborted) return answer;
    throw error;
  };
}
