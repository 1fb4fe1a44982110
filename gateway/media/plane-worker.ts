/** The worker's side: answers the main thread's calls with the plane that it is handed. */
import type { MessagePort } from 'node:worker_threads';
import { GatewayError } from '../domain/errors.ts';
import type { RtpOrder, StreamAddress } from '../domain/media.ts';
import type { KeyframeAsker, Logger, PreparedSink, StreamResolver } from '../domain/ports.ts';
import type { Plane } from './plane.ts';
import { remoteLogger } from './remote-logger.ts';
import { type Call, errorOf, type FromWorker, failureOf, type Outcome, type ToWorker } from './rpc.ts';

/** What a plane is given; it reaches the main thread. */
interface MainThread {
  readonly resolve: StreamResolver;
  readonly askKeyframe: KeyframeAsker;
  readonly log: Logger;
}

/** Runs `openPlane` behind `port`. */
export function servePlane(port: MessagePort, openPlane: (main: MainThread) => Plane): void {
  const say = (message: FromWorker) => port.postMessage(message);
  const questions = new Map<number, { resolve(address: StreamAddress): void; reject(error: unknown): void }>();
  const running = new Map<number, AbortController>();
  const sinks = new Map<number, PreparedSink>();
  let asked = 0;
  let prepared = 0;

  const resolver: StreamResolver = (channel, profile) =>
    new Promise((resolve, reject) => {
      asked += 1;
      questions.set(asked, { resolve, reject });
      say({ kind: 'resolve', number: asked, channel, profile });
    });
  const plane = openPlane({
    resolve: resolver,
    askKeyframe: (channel, profile) => say({ kind: 'keyframe', channel, profile }),
    log: remoteLogger(say),
  });

  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'call':
        void answer(message);
        return;
      case 'abandon':
        running.get(message.number)?.abort();
        return;
      case 'start':
        sinks.get(message.sink)?.start();
        return;
      case 'dispose':
        void sinks.get(message.sink)?.[Symbol.asyncDispose]();
        sinks.delete(message.sink);
        return;
      case 'resolved':
        settle(message.number, message.outcome);
        return;
    }
  });

  function settle(number: number, outcome: Outcome<StreamAddress>): void {
    const question = questions.get(number);
    questions.delete(number);
    if (outcome.ok) question?.resolve(outcome.value);
    else question?.reject(errorOf(outcome.failure));
  }

  async function answer(call: Call): Promise<void> {
    const life = new AbortController();
    running.set(call.number, life);
    let outcome: Outcome<unknown>;
    try {
      outcome = { ok: true, value: await perform(call, life.signal) };
    } catch (error) {
      outcome = { ok: false, failure: failureOf(error) };
    }
    running.delete(call.number);
    say({ kind: 'answer', number: call.number, outcome });
    if (call.name === 'close') port.close();
  }

  async function send(order: RtpOrder, signal: AbortSignal) {
    const sending = await plane.sendRtp(order, signal);
    if (signal.aborted) {
      await sending[Symbol.asyncDispose]();
      throw new GatewayError('MEDIA_UNAVAILABLE', 'The receiver left before the stream was ready.');
    }
    prepared += 1;
    const sink = prepared;
    sinks.set(sink, sending);
    void sending.ended.then((end) => {
      sinks.delete(sink);
      say({ kind: 'ended', sink, end });
    });
    return { sink, local: sending.local };
  }

  async function perform(call: Call, signal: AbortSignal): Promise<unknown> {
    switch (call.name) {
      case 'prepare': {
        const sink = await plane.prepare(call.ask, signal);
        if (signal.aborted) {
          await sink[Symbol.asyncDispose]();
          throw new GatewayError('MEDIA_UNAVAILABLE', 'The viewer left before the stream was ready.');
        }
        prepared += 1;
        sinks.set(prepared, sink);
        const number = prepared;
        call.ask.port.once('close', () => sinks.delete(number));
        return { sink: prepared };
      }
      case 'sendRtp':
        return send(call.ask, signal);
      case 'keyframe':
        return plane.keyframe(call.ask, signal);
      case 'mendRecording':
        return plane.mendRecording(call.ask);
      case 'record':
        return plane.record(call.ask);
      case 'alarmed':
        return plane.alarmed(call.ask);
      case 'refused':
        return plane.refused(call.ask);
      case 'telemetry':
        return plane.telemetry();
      case 'figures':
        return plane.figures();
      case 'serveRtsp':
        return plane.serveRtsp(call.ask);
      case 'admit':
        return plane.admit(call.ask);
      case 'close':
        return plane[Symbol.asyncDispose]();
    }
  }
}
