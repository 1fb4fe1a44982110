/** What is said with the media plane of a stream that goes into a file. It crosses the thread: plain data. */
import type { Instant, Millis } from './time.ts';

/** A time without pictures. */
export interface Gap {
  readonly from: Instant;
  readonly to: Instant;
}

/** The pictures of a recorded stream, and their sound, into a file. Says `RecordingMessage`s over the port, and hears `RecordingOrder`s. */
export interface RecordingSpec {
  readonly kind: 'recording';
  /** Its name once it is finished. */
  readonly file: string;
  /** How far back it begins, and how long from now on it goes on. */
  readonly reach: Millis;
  readonly lasting: Millis;
  /** Bytes that it may take; it asks for more. */
  readonly room: number;
  /** Where the camera sends any. */
  readonly sound: boolean;
  readonly port: import('node:worker_threads').MessagePort;
}

/**
 * What ended a recording before its time. stopped: by us · disk: it could not be written · slow-disk: the disk did not follow · no-room: it was
 * given no more bytes · format: the camera sends another picture format, which does not go into the same file · plane: the media worker ended
 */
export type RecordingCut = 'stopped' | 'disk' | 'slow-disk' | 'no-room' | 'format' | 'plane';

export type RecordingMessage =
  | { readonly kind: 'grown'; readonly bytes: number; readonly from: Instant; readonly to: Instant }
  /** It needs so many bytes in all. Answered by `room`. */
  | { readonly kind: 'wants'; readonly room: number }
  | ({ readonly kind: 'ended' } & RecordingEnd);

/** The file is there, whole, where it has bytes. */
export interface RecordingEnd {
  readonly cut?: RecordingCut;
  /** What an engineer is told of it. */
  readonly detail?: string;
  readonly bytes: number;
  readonly sha256?: string;
  /** Arrival of its first picture and of its last. */
  readonly from?: Instant;
  readonly to?: Instant;
  readonly gaps: readonly Gap[];
}

export type RecordingOrder =
  /** So long from now on. */
  | { readonly kind: 'lasting'; readonly lasting: Millis }
  /** In all; absent: no more than it has. */
  | { readonly kind: 'room'; readonly room?: number };

/** What was left of a recording that nobody finished. */
export type MendedRecording = Pick<RecordingEnd, 'bytes' | 'sha256' | 'from' | 'to'>;
