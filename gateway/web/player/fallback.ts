/** What to ask for where the browser cannot play everything: the stream that is wanted, the camera's other one, then the first made into H.264. */
import type { StreamProfile } from '../../domain/media.ts';
import type { Wish } from './media-link.ts';
import { codecName } from './player-state.ts';

export type StreamChoice = Pick<Wish, 'profile' | 'plays'>;

const other = (profile: StreamProfile): StreamProfile => (profile === 'main' ? 'sub' : 'main');

export class Fallback {
  /** Codecs that cannot be played here, as people know them, by stream. */
  readonly #unplayable = new Map<StreamProfile, string>();
  #transcodes = true;

  /** Undefined: there is nothing left that could be played. */
  choose(wanted: StreamProfile): StreamChoice | undefined {
    const profile = [wanted, other(wanted)].find((one) => !this.#unplayable.has(one));
    if (profile !== undefined) return { profile };
    return this.#transcodes && this.#unplayable.get(wanted) === 'H.265' ? { profile: wanted, plays: { h265: false } } : undefined;
  }

  cannotPlay({ profile, plays }: StreamChoice, codecs: string): void {
    this.#unplayable.set(profile, codecName(codecs));
    if (plays) this.cannotTranscode();
  }

  /** The gateway makes no H.264 of anything. */
  cannotTranscode(): void {
    this.#transcodes = false;
  }

  /** The codec for which another stream than the one that is wanted is shown. */
  insteadOf(wanted: StreamProfile): string | undefined {
    return this.#unplayable.get(wanted);
  }

  /** Cameras can be set to another codec, and gateways to transcode. */
  forget(): void {
    this.#unplayable.clear();
    this.#transcodes = true;
  }
}
