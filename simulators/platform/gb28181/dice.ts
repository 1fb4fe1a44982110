/** Chance that can be repeated: one seed, one course of events. */
export interface Dice {
  /** 0 ≤ x < 1. */
  roll(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
}

/** mulberry32: small, fast, and even enough for faults. */
export function diceFrom(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { roll, between: (least, most) => least + Math.floor(roll() * (most - least + 1)) };
}
