/** What every way of bringing a picture into a video element has in common. */
import type { ErrorCode } from '../../domain/errors.ts';
import type { StreamProfile } from '../../domain/media.ts';
import type { Words } from '../../domain/words.ts';
import type { Wish } from './media-link.ts';

export type ModeName = 'webrtc' | 'mse';

export interface StreamFacts {
  /** RFC 6381 where the mode knows it, else a name such as `H264`. */
  readonly codecs: string;
  /** Made by the gateway. */
  readonly transcoded?: true;
}

/** Why nothing is heard although sound was asked for: the stream brings none, it cannot be played here, or the browser wants a click first. */
export type Silence = 'none' | 'codec' | 'blocked';

/** Why a mode shows nothing more. */
export type Over =
  /** The gateway ended it. */
  | { readonly kind: 'ended'; readonly code: ErrorCode; readonly reason: Words }
  | { readonly kind: 'lost' }
  /** The stream began anew: so must its decoder. */
  | { readonly kind: 'renewed' }
  | { readonly kind: 'unplayable'; readonly codecs: string }
  /** The decoder gave up, or the media never came. */
  | { readonly kind: 'broken' }
  /** This gateway, browser or network does not offer the mode now. */
  | { readonly kind: 'absent' };

export interface ModeEvents {
  facts(facts: StreamFacts): void;
  steppedDown(profile: StreamProfile, reason: Words): void;
  silent(why: Silence): void;
  /** Once; nothing comes after it. */
  over(why: Over): void;
}

export interface Connection {
  /** When the picture of this frame was taken, epoch ms by the gateway's clock; undefined where nobody knows. */
  capturedAt(frame: VideoFrameCallbackMetadata): number | undefined;
  /** Media still arrives, whether or not it is shown. */
  readonly flowing: boolean;
  /** Takes nothing more; the last picture stays. */
  close(): void;
}

export interface Mode {
  readonly name: ModeName;
  /** Plays into a muted video element that is in the document. */
  connect(video: HTMLVideoElement, wish: Wish, events: ModeEvents): Connection;
}
