import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { Vitals } from '../../../gateway/media/vitals.ts';
import { type WorkerEnd, type WorkerLimits, watchWorker } from '../../../gateway/media/watchdog.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { type ThreadTime, threadTime } from '../../../gateway/runtime/thread-time.ts';

const mebibyte = 1024 * 1024;
const roomy = { heapBytes: 1024 * mebibyte, bufferBytes: 1024 * mebibyte };

/** Of a main thread whose timers come late. */
class LateClock extends ManualClock {
  lateness = 0;

  override monotonic() {
    return millis(super.monotonic() + this.lateness);
  }
}

/** A worker whose loop turns until the test blocks it, and its watchdog. */
function watched({ limits = roomy, time = { cpu: millis(0), held: undefined } }: { limits?: WorkerLimits; time?: ThreadTime } = {}) {
  const clock = new LateClock();
  const vitals = new Vitals();
  const turning = new AbortController();
  const over = new AbortController();
  void new Vitals(vitals.shared).show(clock, turning.signal);
  let verdict: WorkerEnd | undefined;
  const watching = watchWorker({ vitals, limits, clock, log: silentLogger, threadTime: () => time }, over.signal).then((end) => {
    verdict = end;
  });
  return {
    clock,
    vitals,
    block: () => turning.abort(),
    verdict: () => verdict,
    async [Symbol.asyncDispose]() {
      turning.abort();
      over.abort();
      await watching;
    },
  };
}

describe('the watchdog of the media worker', () => {
  test('leaves a loop that turns alone', async () => {
    await using worker = watched();
    await worker.clock.advance(seconds(20));
    expect(worker.verdict()).toBeUndefined();
  });

  test('finds a loop that stands still within a second', async () => {
    await using worker = watched();
    await worker.clock.advance(seconds(3));
    worker.block();
    await worker.clock.advance(seconds(0.7));
    expect(worker.verdict()).toBeUndefined();
    await worker.clock.advance(seconds(0.3));
    expect(worker.verdict()).toMatchObject({ cause: 'stuck' });
  });

  test('holds nothing against a worker while the main thread itself was late', async () => {
    await using worker = watched();
    await worker.clock.advance(seconds(1));
    worker.block();
    worker.clock.lateness = seconds(30);
    await worker.clock.advance(seconds(0.5));
    expect(worker.verdict()).toBeUndefined();
    await worker.clock.advance(seconds(0.5));
    expect(worker.verdict()).toMatchObject({ cause: 'stuck' });
  });

  test('has patience with a worker that waits for a CPU, though not for ever', async () => {
    await using worker = watched({ time: { cpu: millis(70), held: 'itself' as const } });
    await worker.clock.advance(seconds(1));
    worker.block();
    await worker.clock.advance(seconds(4));
    expect(worker.verdict()).toBeUndefined();
    await worker.clock.advance(seconds(2));
    expect(worker.verdict()).toMatchObject({ cause: 'stuck' });
  });

  test('has none with an endless loop, which uses its CPU, however scarce it is', async () => {
    const time = { cpu: millis(70), held: 'itself' as const };
    await using worker = watched({ time });
    await worker.clock.advance(seconds(1));
    worker.block();
    await worker.clock.advance(seconds(0.5));
    time.cpu = millis(320);
    await worker.clock.advance(seconds(0.5));
    expect(worker.verdict()).toMatchObject({ cause: 'stuck' });
  });

  test('gives a worker that has not begun thirty seconds', async () => {
    const clock = new ManualClock();
    let verdict: WorkerEnd | undefined;
    void watchWorker({ vitals: new Vitals(), limits: roomy, clock, log: silentLogger }, new AbortController().signal).then((end) => {
      verdict = end;
    });
    await clock.advance(seconds(29));
    expect(verdict).toBeUndefined();
    await clock.advance(seconds(2));
    expect(verdict).toMatchObject({ cause: 'stuck' });
  });

  test('finds a heap and buffers that have grown beyond their limits, and says which', async () => {
    await using heap = watched({ limits: { ...roomy, heapBytes: mebibyte } });
    await heap.clock.advance(seconds(0.5));
    expect(heap.verdict()).toMatchObject({ cause: 'out-of-memory', reason: expect.stringContaining('heap') });
    const held = Buffer.alloc(64 * mebibyte, 1);
    await using buffers = watched({ limits: { ...roomy, bufferBytes: 32 * mebibyte } });
    await buffers.clock.advance(seconds(0.5));
    expect(buffers.verdict()).toMatchObject({ cause: 'out-of-memory', reason: expect.stringContaining('buffers') });
    expect(held.length).toBe(64 * mebibyte);
  });

  test('calls a loop that stands still near the limit of its heap what it is: out of memory', async () => {
    const limits = { ...roomy };
    await using worker = watched({ limits });
    await worker.clock.advance(seconds(1));
    worker.block();
    limits.heapBytes = worker.vitals.heapBytes * 1.05;
    await worker.clock.advance(seconds(1));
    expect(worker.verdict()).toMatchObject({ cause: 'out-of-memory' });
  });
});

test.skipIf(process.platform !== 'linux')('a thread that computes has used its CPU; one that is not there has not', async () => {
  const before = threadTime(process.pid);
  // Of its own time: others may have the machine meanwhile.
  const began = process.cpuUsage();
  for (let used = 0; used < 200_000; ) {
    const { user, system } = process.cpuUsage(began);
    used = user + system;
  }
  const after = threadTime(process.pid);
  expect(before?.held).toBe('itself'); // It is running as it asks.
  expect((after?.cpu ?? 0) - (before?.cpu ?? 0)).toBeGreaterThanOrEqual(20);
  expect(threadTime(0)).toBeUndefined();
});

test.skipIf(process.platform !== 'linux')(
  'a thread that waits for another of ours which computes is kept from going on; one that only waits is not',
  async () => {
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const waiting = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
     parentPort.postMessage(Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').at(-1)));
     Atomics.wait(workerData, 0, 0);`,
      { eval: true, workerData: gate },
    );
    const thread = await new Promise<number>((resolve) => waiting.once('message', resolve));
    const seen = async () => {
      const held: (string | undefined)[] = [];
      for (let look = 0; look < 20; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        held.push(threadTime(thread)!.held);
      }
      return held.filter((by) => by === 'by others').length;
    };
    expect(await seen()).toBeLessThan(20);
    const computing = new Worker(`while (Atomics.load(require('node:worker_threads').workerData, 1) === 0);`, { eval: true, workerData: gate });
    await new Promise((resolve) => computing.once('online', resolve));
    expect(await seen()).toBe(20);
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 0);
    await Promise.all([waiting.terminate(), computing.terminate()]);
  },
);
