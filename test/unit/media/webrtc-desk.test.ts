import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { WebRtcDesk } from '../../../gateway/media/webrtc-desk.ts';
import { systemClock as clock } from '../../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../../gateway/runtime/logger.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';
import { gate } from '../../contract/media-plane.ts';

/** Shows that its loop turns until it is asked for an answer. */
const engine = (whenAsked: string) => `
  const { parentPort, workerData } = require('node:worker_threads');
  const turn = () => Atomics.add(new Int32Array(workerData), 0, 1);
  turn();
  setInterval(turn, 50);
  parentPort.on('message', ({ kind, session }) => { if (kind === 'offer') { ${whenAsked} } });`;
const hangs = engine('for (;;);');
const answers = engine("parentPort.postMessage({ kind: 'answer', session, outcome: { ok: true, value: 'v=0' } });");

test('an engine that hangs is ended within a second or so, its viewer is told, and the next one finds a new engine', async () => {
  const codes = [hangs, answers];
  await using desk = new WebRtcDesk({
    media: { prepare: async () => ({ start: () => undefined, [Symbol.asyncDispose]: async () => undefined }) },
    uplink: UplinkBudget.open(0, clock),
    limits: { heapBytes: 2 ** 40, bufferBytes: 2 ** 40 },
    startWorker: (vitals) => new Worker(codes.shift() ?? '', { eval: true, workerData: vitals }),
    viewers: 2,
    clock,
    log,
  });
  const ask = { channel: gate, profile: 'main', purpose: 'local', offer: 'v=0', local: true } as const;
  const none = new AbortController().signal;
  const began = performance.now();
  await expect(desk.answer(ask, none)).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
  expect(performance.now() - began).toBeLessThan(10_000); // 15 s is the patience for an answer
  expect(desk.viewers).toBe(0);
  expect(await desk.answer(ask, none)).toMatchObject({ sdp: 'v=0' });
  expect(codes).toEqual([]);
});
