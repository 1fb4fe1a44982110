/** What one input may cost, and how it is measured beside others who use the machine. */
import { readFileSync } from 'node:fs';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export const mostMillis = 50;
export const mostBytes = 16 * 1024 * 1024;
const repetitions = 3;

export interface Cost {
  readonly millis: number;
  /** Bytes that were allocated, on the heap and outside it. Negative: a collection came in between. */
  readonly bytes: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function allocated(): number {
  const heap = getHeapStatistics();
  return heap.used_heap_size + heap.external_memory;
}

/** Runs `trial` once. */
export function costOf(trial: () => void): Cost {
  const before = allocated();
  const started = performance.now();
  trial();
  const millis = performance.now() - started;
  return { millis, bytes: allocated() - before };
}

/** The least of several, and only what this thread computed: what else the machine did in the meantime is no cost of the input. */
export function leastMillis(first: Cost, trial: () => void): number {
  let { millis } = first;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const before = computed();
    const cost = costOf(trial);
    millis = Math.min(millis, cost.millis, cost.millis < kernelTick ? cost.millis : computed() - before);
  }
  return millis;
}

/** ms. The kernel counts a running thread's time no finer than this. */
const kernelTick = 10;

/** ms that a thread had a processor. Where the kernel does not tell, time that passed. */
export function computed(thread = 'thread-self'): number {
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

/**
 * From a heap that was just collected. Infinity: even then a collection came in between, which takes more than `youngMegabytes`
 * of allocations in one run (or several times `mostBytes` outside the heap).
 */
export function leastBytes(trial: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    collectGarbage();
    const { bytes } = costOf(trial);
    if (bytes >= 0) least = Math.min(least, bytes);
  }
  return least;
}

/** The young generation of a fuzzing thread: large, so that a collection hardly ever comes within one input. */
export const youngMegabytes = 64;
