/** What a tile says about its picture. */
import type { Words } from '../../domain/words.ts';
import type { Over, Silence } from './mode.ts';

/** Why there is no new picture. */
export type Trouble =
  | { readonly kind: 'connecting' }
  /** The stream is there; its next keyframe is not. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'link-lost' }
  | { readonly kind: 'no-signal'; readonly reason?: Words }
  | { readonly kind: 'not-permitted' }
  | { readonly kind: 'too-slow' }
  /** `reason`: why the gateway makes nothing of it that could be played. */
  | { readonly kind: 'unplayable'; readonly codec: string; readonly reason?: Words };

export type PlayerState =
  | { readonly kind: 'playing' }
  | { readonly kind: 'stalling' }
  | { readonly kind: 'stale'; readonly seconds: number; readonly trouble: Trouble }
  | { readonly kind: 'resting' }
  | Trouble;

export interface PlayerNotes {
  /** This browser cannot play the stream that was wanted: the camera's other stream is shown instead. */
  readonly insteadOf?: string;
  /** The gateway gave another stream than the one that was wanted. */
  readonly steppedDown?: Words;
  readonly silence?: Silence;
}

export interface PlayerFigures {
  readonly mode: string;
  readonly codec: string;
  /** Made by the gateway, from a codec that this browser cannot play. */
  readonly transcoded: boolean;
  readonly profile: string;
  readonly width: number;
  readonly height: number;
  readonly millisBehind?: number;
  readonly shown: number;
  readonly dropped: number;
}

export function troubleOf(why: Over): Trouble | undefined {
  switch (why.kind) {
    case 'ended':
      if (why.code === 'UNAUTHENTICATED' || why.code === 'FORBIDDEN') return { kind: 'not-permitted' };
      if (why.code === 'MEDIA_TOO_SLOW' || why.code === 'TOO_MANY_REQUESTS') return { kind: 'too-slow' };
      if (/^TRANSCODER_/.test(why.code)) return { kind: 'unplayable', codec: 'H.265', reason: why.reason };
      return { kind: 'no-signal', reason: why.reason };
    case 'unplayable':
      return { kind: 'unplayable', codec: codecName(why.codecs) };
    case 'lost':
    case 'renewed':
    case 'broken':
    case 'absent':
      return undefined;
  }
}

/** As people know it: `hvc1.1.6.L93.B0` is H.265. */
export function codecName(codecs: string): string {
  if (/^(hvc1|hev1|h265|hevc)/i.test(codecs)) return 'H.265';
  if (/^(avc1|avc3|h264)/i.test(codecs)) return 'H.264';
  return codecs;
}
