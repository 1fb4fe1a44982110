/** A tile's state in words: what is seen, and why. */
import type { Words } from '../../domain/words.ts';
import type { PlayerNotes, PlayerState, Trouble } from '../player/player-state.ts';
import type { Language, Say } from './texts.ts';

export interface TileReason {
  readonly what: string;
  /** One line each. */
  readonly why: readonly string[];
}

const silenceTexts = { none: 'silenceNone', codec: 'silenceCodec', blocked: 'silenceBlocked' } as const;

/** Undefined while the picture speaks for itself. `camera`: what health knows of the camera behind it. */
export function reasonOf(state: PlayerState, camera: Words | undefined, say: Say, language: Language): TileReason | undefined {
  const known = camera ? [camera[language]] : [];
  switch (state.kind) {
    case 'playing':
    case 'stalling':
    case 'resting':
      return undefined;
    case 'stale':
      return {
        what: say('tileStale', { n: state.seconds }),
        why: [troubleText(state.trouble, say), ...(state.trouble.kind === 'no-signal' ? known : [])],
      };
    case 'no-signal':
      return { what: troubleText(state, say), why: known.length > 0 || !state.reason ? known : [state.reason[language]] };
    case 'connecting':
    case 'waiting':
      return { what: troubleText(state, say), why: known };
    case 'unplayable':
      return { what: troubleText(state, say), why: [...(state.reason ? [state.reason[language]] : []), say('tileCodecHelp')] };
    case 'link-lost':
    case 'not-permitted':
    case 'too-slow':
      return { what: troubleText(state, say), why: [] };
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
