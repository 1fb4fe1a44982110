/** What the main thread and the media worker say to each other. Cloneable data and MessagePorts only. */
import type { MessagePort } from 'node:worker_threads';
import { type ErrorCode, errorCodes, GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type {
  Endpoint,
  Keyframe,
  MediaFigures,
  RecordingPlan,
  RtpEnd,
  RtpOrder,
  RtspBound,
  RtspListen,
  SinkSpec,
  StreamAddress,
  StreamKey,
  StreamProfile,
  StreamTelemetry,
  WantedKeyframe,
} from '../domain/media.ts';
import type { MendedRecording } from '../domain/recording.ts';

/** Calls of the main thread, each answered once by `{ kind: 'answer' }` with the same number. */
export interface Calls {
  prepare: { readonly ask: SinkSpec; readonly answer: { readonly sink: number } };
  sendRtp: { readonly ask: RtpOrder; readonly answer: { readonly sink: number; readonly local: Endpoint } };
  keyframe: { readonly ask: WantedKeyframe; readonly answer: Keyframe };
  mendRecording: { readonly ask: string; readonly answer: MendedRecording };
  record: { readonly ask: readonly RecordingPlan[]; readonly answer: undefined };
  alarmed: { readonly ask: readonly ChannelId[]; readonly answer: undefined };
  refused: { readonly ask: readonly ChannelId[]; readonly answer: undefined };
  telemetry: { readonly ask: undefined; readonly answer: readonly StreamTelemetry[] };
  figures: { readonly ask: undefined; readonly answer: MediaFigures };
  serveRtsp: { readonly ask: RtspListen; readonly answer: RtspBound };
  admit: { readonly ask: readonly StreamKey[]; readonly answer: undefined };
  close: { readonly ask: undefined; readonly answer: undefined };
}
export type CallName = keyof Calls;

export type Call = {
  [Name in CallName]: { readonly kind: 'call'; readonly number: number; readonly name: Name; readonly ask: Calls[Name]['ask'] };
}[CallName];

export type Outcome<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: Failure };

export type ToWorker =
  | Call
  | { readonly kind: 'abandon'; readonly number: number }
  | { readonly kind: 'start' | 'dispose'; readonly sink: number }
  | { readonly kind: 'resolved'; readonly number: number; readonly outcome: Outcome<StreamAddress> };

export type FromWorker =
  | { readonly kind: 'answer'; readonly number: number; readonly outcome: Outcome<unknown> }
  /** Of a receiver of RTP. */
  | { readonly kind: 'ended'; readonly sink: number; readonly end: RtpEnd }
  | { readonly kind: 'resolve'; readonly number: number; readonly channel: string; readonly profile: StreamProfile }
  | { readonly kind: 'keyframe'; readonly channel: string; readonly profile: StreamProfile }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** Ports inside a call, which have to be named to cross. */
export function portsOf(call: Call): MessagePort[] {
  return call.name === 'prepare' ? [call.ask.port] : [];
}

/** An error as data: classes do not survive the crossing. */
export interface Failure {
  readonly code?: ErrorCode;
  readonly sentence: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof GatewayError) return { code: error.code, sentence: error.message, context: plain(error.context) };
  return { sentence: error instanceof Error ? error.message : String(error) };
}

export function errorOf(failure: Failure): Error {
  if (failure.code === undefined || !errorCodes.includes(failure.code)) return new Error(failure.sentence);
  return new GatewayError(failure.code, failure.sentence, { context: failure.context ?? {} });
}

/** A copy that can be cloned: errors become text, functions vanish. */
export function plain(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => typeof value !== 'function')
      .map(([name, value]) => [name, value instanceof Error ? failureOf(value) : typeof value === 'object' && value !== null ? json(value) : value]),
  );
}

function json(value: object): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    // A cycle or a bigint: the log line is worth more than this field.
    return '[unclonable]';
  }
}
