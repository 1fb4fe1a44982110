/** Inputs that showed something new, and how the next one to be bent is chosen. */
import { loopOf, turnsOf } from './coverage.ts';
import type { Chance } from './mutators.ts';

/** They are long, and take as long as a hundred others. */
const championOnceIn = 100;

export class Pool {
  readonly inputs: Uint8Array[] = [];
  /** For each branch the input that took it most often: what grows further from there may take too long. */
  readonly #champions = new Map<number, { readonly turns: number; readonly input: Uint8Array }>();

  add(input: Uint8Array, fresh: readonly number[]): void {
    this.inputs.push(input);
    for (const feature of fresh) {
      const turns = turnsOf(feature);
      if (turns > (this.#champions.get(loopOf(feature))?.turns ?? 0)) this.#champions.set(loopOf(feature), { turns, input });
    }
  }

  choose(chance: Chance): Uint8Array {
    return chance.once(championOnceIn) ? this.#champion(chance) : this.#short(chance);
  }

  #champion(chance: Chance): Uint8Array {
    const champions = [...this.#champions.values()];
    const one = champions[chance.below(champions.length)];
    const rival = champions[chance.below(champions.length)];
    const better = one && rival && rival.turns > one.turns ? rival : one;
    return better?.input ?? new Uint8Array(0);
  }

  /** Of three the shortest: a thousand short inputs tell more than ten long ones. */
  #short(chance: Chance): Uint8Array {
    let chosen = this.#any(chance);
    for (let other = 0; other < 2; other += 1) {
      const rival = this.#any(chance);
      if (rival.length < chosen.length) chosen = rival;
    }
    return chosen;
  }

  /** Rather a late one: it stands where few have been. */
  #any(chance: Chance): Uint8Array {
    const { length } = this.inputs;
    const place = chance.once(2) ? chance.below(length) : length - 1 - Math.floor((chance.below(length) * chance.below(1_000)) / 1_000);
    return this.inputs[place] ?? new Uint8Array(0);
  }
}
