/** A tile's state in words: what is seen, why, and whether the camera's own trouble explains it. */
import type { PlayerNotes, PlayerState, Trouble } from '../player/player-state.ts';
import type { Language, Say } from './texts.ts';

export interface TileReason {
  readonly what: string;
  readonly why?: string;
  /** What is known of the camera belongs beside it. */
  readonly camera: boolean;
}

const silenceTexts = { none: 'silenceNone', codec: 'silenceCodec', blocked: 'silenceBlocked' } as const;

/** Undefined while the picture speaks for itself. */
export function reasonOf(state: PlayerState, say: Say, language: Language): TileReason | undefined {
  switch (state.kind) {
    case 'playing':
    case 'stalling':
    case 'resting':
      return undefined;
    case 'stale':
      return {
        what: say('tileStale', { n: state.seconds }),
        why: troubleText(state.trouble, say),
        camera: state.trouble.kind === 'no-signal',
      };
    case 'no-signal':
      return { what: troubleText(state, say), ...(state.reason ? { why: state.reason[language] } : {}), camera: true };
    case 'unplayable':
      return { what: troubleText(state, say), why: say('tileCodecHelp'), camera: false };
    default:
      return { what: troubleText(state, say), camera: false };
  }
}

function troubleText(trouble: Trouble, say: Say): string {
  switch (trouble.kind) {
    case 'connecting':
      return say('tileConnecting');
    case 'waiting':
      return say('tileWaiting');
    case 'link-lost':
      return say('tileLinkLost');
    case 'no-signal':
      return say('tileNoSignal');
    case 'not-permitted':
      return say('tileNotPermitted');
    case 'too-slow':
      return say('tileTooSlow');
    case 'unplayable':
      return say('tileCodec', { codec: trouble.codec });
  }
}

/** Why it is not quite the picture that was asked for. */
export function noteOf({ insteadOf, steppedDown }: PlayerNotes, say: Say, language: Language): string | undefined {
  if (insteadOf !== undefined) return say('tileInsteadOf', { codec: insteadOf });
  return steppedDown && say('tileSteppedDown', { reason: steppedDown[language] });
}

export function silenceOf({ silence }: PlayerNotes, say: Say): string | undefined {
  return silence && say(silenceTexts[silence]);
}
