import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { MediaEnd } from '../../../gateway/domain/health.ts';
import { PlaneClient } from '../../../gateway/media/plane-client.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { runProgram } from '../../support/run-program.ts';

const roomy = { heapBytes: 2 ** 40, bufferBytes: 2 ** 40 };
/** Shows that its loop turns, and answers every call with all that it was ever asked. */
const healthy = `
  const { parentPort, workerData } = require('node:worker_threads');
  const vitals = new Int32Array(workerData);
  const asked = [];
  setInterval(() => Atomics.add(vitals, 0, 1), 50);
  parentPort.on('message', ({ number, name, ask }) => {
    asked.push([name, ask]);
    parentPort.postMessage({ kind: 'answer', number, outcome: { ok: true, value: asked } });
  });`;

function planeOf(code: (worker: number) => string) {
  const begun: number[] = [];
  const causes: MediaEnd[] = [];
  const plane = new PlaneClient({
    startWorker: (vitals) => {
      begun.push(performance.now());
      return new Worker(code(begun.length), { eval: true, workerData: vitals });
    },
    resolve: () => Promise.reject(new Error('There are no cameras.')),
    askKeyframe: () => undefined,
    limits: roomy,
    replaced: (cause) => causes.push(cause),
    clock: systemClock,
    log: silentLogger,
  });
  return { plane, begun, causes };
}

test('a worker that is stuck in a system call, and cannot be ended, is left behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stuck-'));
  const pipe = join(folder, 'pipe');
  await runProgram('mkfifo', [pipe]);
  // Opening a pipe for reading waits in the system for somebody who writes.
  const stuck = `Atomics.add(new Int32Array(require('node:worker_threads').workerData), 0, 1); require('node:fs').readFileSync('${pipe}');`;
  const { plane, begun, causes } = planeOf((worker) => (worker === 1 ? stuck : healthy));
  try {
    await expect.poll(() => begun.length).toBe(2);
    expect(causes).toEqual(['stuck']);
    expect(await plane.telemetry()).toContainEqual(['telemetry', undefined]);
  } finally {
    writeFileSync(pipe, '');
    await plane[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
});

test('a worker that ends as soon as it has begun is replaced at once, then later each time', async () => {
  const { plane, begun, causes } = planeOf(() => 'process.exit(3)');
  await expect.poll(() => begun.length).toBe(5);
  const waits = begun.slice(1).map((at, index) => at - (begun[index] ?? 0));
  // 0.2, 0.4, 0.8 s, of which up to 0.3 is chance; the time that a thread takes comes on top.
  expect(waits.slice(1).every((wait, index) => wait >= 130 * 2 ** index)).toBe(true);
  // The fifth may have ended as well by now.
  expect(causes.slice(0, 4)).toEqual(Array(4).fill('stopped'));
  await plane[Symbol.asyncDispose]();
});

test('a worker that ends while it is asked to serve RTSP is followed by one that is asked as well; of those that all end the reason is told', async () => {
  const dying = `require('node:worker_threads').parentPort.on('message', () => process.exit(1));`;
  const { plane, begun } = planeOf((worker) => (worker < 3 ? dying : healthy));
  const listen = { address: '127.0.0.1', port: 0 };
  await plane.serveRtsp(listen);
  expect(begun).toHaveLength(3);
  expect(await plane.telemetry()).toContainEqual(['serveRtsp', listen]);
  await plane[Symbol.asyncDispose]();
  const hopeless = planeOf(() => dying);
  await expect(hopeless.plane.serveRtsp(listen)).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
  await hopeless.plane[Symbol.asyncDispose]();
});

test('keys that come while a worker is dying are told to its successor', async () => {
  const { plane, begun } = planeOf((worker) => (worker === 1 ? 'setTimeout(() => process.exit(1), 200)' : healthy));
  const keys = [{ username: 'wall', password: 'w4ll-key-of-many-bits' }];
  await plane.admit(keys);
  await expect.poll(() => begun.length).toBe(2);
  expect(await plane.telemetry()).toContainEqual(['admit', keys]);
  await plane[Symbol.asyncDispose]();
});
