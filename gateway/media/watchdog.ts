/**
 * Judges from the main thread whether a worker is still fit: its loop turns, and its memory is within bounds. Busy is not stuck: a worker that is
 * only kept from a CPU, or that is watched by a main thread which was itself kept, is left alone.
 */
import type { MediaEnd } from '../domain/health.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { type Millis, millis, seconds } from '../domain/time.ts';
import { type ThreadTime, threadTime } from '../runtime/thread-time.ts';
import type { Vitals } from './vitals.ts';

export interface WorkerLimits {
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

export interface WorkerEnd {
  readonly cause: MediaEnd;
  /** A sentence for the log. */
  readonly reason: string;
  readonly stack?: string;
}

export interface Watching {
  readonly vitals: Vitals;
  readonly limits: WorkerLimits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly threadTime?: (thread: number) => ThreadTime | undefined;
}

const lookEvery = millis(100);
/** Of the time between two looks, at most this much is held against the worker: what is beyond it is this thread's own lateness. */
const mostPerLook = 150;
/** With the time between two beats and two looks, a worker in an endless loop is found within 1 s. */
const silentFor = seconds(0.8);
/** Loading its modules is one long turn, and a machine that has just started has much else to do: to begin anew would only make it longer. */
const startWithin = seconds(30);
/** From here on its use of CPU is measured: a worker that misses one beat is nothing special. */
const suspicious = seconds(0.3);
/** No turn of a healthy loop takes so much CPU, not even the one that finds all that cameras sent while it was kept. A silent worker that wants to go on and has not had it cannot be blamed … */
const mostPerTurn = 250;
/** … for so long. */
const keptFor = { itself: seconds(5), 'by others': seconds(2) } as const;
/** A worker that stops turning this near to its limit is collecting garbage in vain. */
const nearly = 0.9;

/** Resolves with the verdict once the worker is unfit, or with nothing when `signal` aborts. */
export async function watchWorker(watching: Watching, signal: AbortSignal): Promise<WorkerEnd | undefined> {
  const { vitals, limits, clock, log } = watching;
  const timeOf = watching.threadTime ?? threadTime;
  let turns = 0;
  let silence = 0;
  let looked = clock.monotonic();
  let cpuBefore: number | undefined;
  let kept = false;
  while (!signal.aborted) {
    await clock.sleep(lookEvery, signal).catch(() => undefined); // Aborted: the loop ends.
    const now = clock.monotonic();
    silence += Math.min(now - looked, mostPerLook);
    looked = now;
    const tooMuch = overLimit(vitals, limits);
    if (tooMuch) return tooMuch;
    if (vitals.turns !== turns) {
      turns = vitals.turns;
      silence = 0;
      cpuBefore = undefined;
      kept = false;
      continue;
    }
    if (turns === 0) {
      if (silence >= startWithin) return stuck(`It did not begin to work within ${startWithin / 1_000} s.`);
      continue;
    }
    if (silence >= suspicious) cpuBefore ??= timeOf(vitals.thread)?.cpu ?? 0;
    if (silence < silentFor || cpuBefore === undefined) continue;
    const time = timeOf(vitals.thread);
    if (time?.held && time.cpu - cpuBefore < mostPerTurn && silence < keptFor[time.held]) {
      if (!kept) log.warn('worker waits for a CPU', { silent: Math.round(silence) });
      kept = true;
      continue;
    }
    return verdictOn(watching, millis(silence));
  }
  return undefined;
}

function overLimit({ heapBytes, bufferBytes }: Vitals, limits: WorkerLimits): WorkerEnd | undefined {
  if (heapBytes > limits.heapBytes) return outOfMemory(`Its heap holds ${megabytes(heapBytes)}, the limit is ${megabytes(limits.heapBytes)}.`);
  if (bufferBytes <= limits.bufferBytes) return undefined;
  return outOfMemory(`Its buffers hold ${megabytes(bufferBytes)}, the limit is ${megabytes(limits.bufferBytes)}.`);
}

function verdictOn({ vitals, limits }: Watching, silence: Millis): WorkerEnd {
  const said = `Its loop did not turn for ${(silence / 1_000).toFixed(1)} s`;
  if (vitals.heapBytes < nearly * limits.heapBytes) return stuck(`${said}.`);
  return outOfMemory(`${said} with ${megabytes(vitals.heapBytes)} of ${megabytes(limits.heapBytes)} heap in use.`);
}

const stuck = (reason: string): WorkerEnd => ({ cause: 'stuck', reason });
const outOfMemory = (reason: string): WorkerEnd => ({ cause: 'out-of-memory', reason });
const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
