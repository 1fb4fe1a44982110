/** What a camera says by itself, in its own time, beside its pictures. The gateway decides later what of it is an alarm (camera-events.ts). */
import type { CameraEventKind } from './camera-events.ts';
import type { CameraId } from './ids.ts';
import type { Instant } from './time.ts';
import type { Words } from './words.ts';

export type CameraReport =
  | {
      readonly kind: 'event';
      readonly camera: CameraId;
      readonly event: CameraEventKind;
      /** Token of an input or disk, name of a line or area; empty where there is but one. */
      readonly source: string;
      /** Local names joined by `/`. */
      readonly topic: string;
      /** `still`, `quiet`: its state as it told it when it was asked; that begins nothing, and fills in what was missed. */
      readonly state: 'raised' | 'restored' | 'still' | 'quiet';
      /** The camera's own clock; absent where it gave none, or where nothing was said and the end follows from that. */
      readonly deviceTime?: Instant;
      /** The message as it came. */
      readonly raw: Uint8Array;
      /** No two reports have the same, and one keeps it however often it is handed over. */
      readonly dedupe: string;
    }
  /** From here on what it says is heard; `lost`: what it said since `until` may not have been. */
  | {
      readonly kind: 'heard';
      readonly camera: CameraId /** A message or a state came in answer: it is not merely silent. */;
      readonly proven: boolean;
    }
  | { readonly kind: 'lost'; readonly camera: CameraId; readonly until?: Instant; readonly why: Words }
  /** Said of each topic once a session: nobody knows what it means, or it cannot be read. */
  | {
      readonly kind: 'unknown';
      readonly camera: CameraId;
      readonly topic: string;
      readonly vendor?: string;
      readonly why: string;
      readonly raw: Uint8Array;
    };

/** One of the topics that a camera says it has. */
export interface OfferedEvent {
  /** Undefined: a topic that the table does not know, which a rule of kind `other` can name. */
  readonly kind?: CameraEventKind;
  readonly topic: string;
}
