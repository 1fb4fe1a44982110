/** Composition of WebRTC: the worker in which the engine runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { WhepEngine } from '../adapters/viewers/whep/engine.ts';
import { remoteLogger } from './media/remote-logger.ts';
import { failureOf } from './media/rpc.ts';
import { Vitals } from './media/vitals.ts';
import type { FromWebRtcWorker, ToWebRtcWorker, WebRtcWorkerData } from './media/webrtc-desk.ts';
import { systemClock } from './runtime/clock.ts';
import { UplinkBudget } from './runtime/uplink-budget.ts';

const { ports, uplink, vitals } = workerData as WebRtcWorkerData;
const port = parentPort!;
void new Vitals(vitals).show(systemClock, new AbortController().signal); // It is ended from outside.
const say = (message: FromWebRtcWorker) => port.postMessage(message);
const engine = new WhepEngine({
  clock: systemClock,
  log: remoteLogger(say),
  uplink: UplinkBudget.join(uplink, systemClock),
  ...(ports ? { ports } : {}),
  peerEnded: (session) => say({ kind: 'ended', session }),
  streamEnded: (stream) => say({ kind: 'streamEnded', stream }),
});
port.on('message', (message: ToWebRtcWorker) => {
  switch (message.kind) {
    case 'stream':
      engine.open(message.stream, message.port);
      return;
    case 'offer':
      engine.answer(message).then(
        (sdp) => say({ kind: 'answer', session: message.session, outcome: { ok: true, value: sdp } }),
        (error) => say({ kind: 'answer', session: message.session, outcome: { ok: false, failure: failureOf(error) } }),
      );
      return;
    case 'end':
      engine.end(message.session, message.reason);
      return;
    case 'close':
      engine.close();
      return;
  }
});
