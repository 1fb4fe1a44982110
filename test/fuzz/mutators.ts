/** Ways to bend an input. All chance comes from one seeded source, so that a run can be repeated. */
import { join, split } from './pieces.ts';

export interface Chance {
  /** A whole number in [0, below). */
  below(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
}

export function chanceFrom(random: () => number): Chance {
  const below = (limit: number) => Math.floor(random() * limit);
  return { below, once: (times) => below(times) === 0 };
}

export interface Kit {
  readonly chance: Chance;
  readonly words: readonly Uint8Array[];
  /** Another input of the corpus, to take parts from. */
  other(): Uint8Array;
  readonly longest: number;
  readonly pieces: boolean;
}

type Mutation = (input: Uint8Array, kit: Kit) => Uint8Array;

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x22, 0x24, 0x2c, 0x2f, 0x30, 0x39, 0x3a, 0x3b, 0x3d, 0x41, 0x7a];
const numbers = ['0', '-1', '1', '9', '255', '256', '65535', '65536', '4294967295', '4294967296', '99999999999999999999', '1e9', '0x10', ''];
const ends = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff];
/** Bytes of a range that is moved, cut or repeated. */
const usualRange = 64;
/** Repetitions up to the longest input: they cost as much as hundreds of usual ones. */
const hugeOnceIn = 500;

/** Between one and a few mutations, one after the other. */
export function mutate(input: Uint8Array, kit: Kit): Uint8Array {
  const times = 1 << kit.chance.below(4);
  let bent = input;
  for (let time = 0; time < times; time += 1) bent = kit.pieces && !kit.chance.once(4) ? bendPieces(bent, kit) : bendBytes(bent, kit);
  return bent.length > kit.longest ? bent.subarray(0, kit.longest) : bent;
}

function bendBytes(input: Uint8Array, kit: Kit): Uint8Array {
  return pick(input.length === 0 ? growing : mutations, kit.chance)(input, kit);
}

function bendPieces(input: Uint8Array, kit: Kit): Uint8Array {
  const pieces = split(input);
  return join(pick(pieceMutations, kit.chance)(pieces, kit));
}

export function pick<Item>(items: readonly Item[], chance: Chance): Item {
  return items[chance.below(items.length)]!;
}

/** [from, to) somewhere in the input, not empty, short more often than long; now and then an element, as formats have them. */
function range(input: Uint8Array, chance: Chance): [number, number] {
  const { length } = input;
  const from = chance.below(length);
  switch (chance.below(6)) {
    case 0: {
      // Behind a length of two bytes.
      const to = from + 2 + ((input[from]! << 8) | (input[from + 1] ?? 0));
      if (to <= length) return [from, to];
      break;
    }
    case 1: {
      // From one separator to the next.
      const to = input.indexOf(input[from]!, from + 1);
      if (to > from) return [from, to];
      break;
    }
  }
  const most = chance.once(8) ? length - from : Math.min(length - from, 1 + chance.below(usualRange));
  return [from, from + 1 + chance.below(most)];
}

function splice(input: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const spliced = new Uint8Array(input.length - (to - from) + middle.length);
  spliced.set(input.subarray(0, from));
  spliced.set(middle, from);
  spliced.set(input.subarray(to), from + middle.length);
  return spliced;
}

function written(input: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(input);
  copy.set(bytes.subarray(0, copy.length - at), at);
  return copy;
}

function randomBytes(chance: Chance): Uint8Array {
  const bytes = new Uint8Array(1 + chance.below(8));
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = chance.once(2) ? pick(interesting, chance) : chance.below(256);
  return bytes;
}

const insertRandom: Mutation = (input, { chance }) => {
  const at = chance.below(input.length + 1);
  return splice(input, at, at, randomBytes(chance));
};

const insertWord: Mutation = (input, { chance, words }) => {
  const at = chance.below(input.length + 1);
  return words.length === 0 ? input : splice(input, at, at, pick(words, chance));
};

const insertOther: Mutation = (input, kit) => {
  const other = kit.other();
  if (other.length === 0) return input;
  const [from, to] = range(other, kit.chance);
  const at = kit.chance.below(input.length + 1);
  return splice(input, at, at, other.subarray(from, to));
};

/** One's head, the other's tail. */
const cross: Mutation = (input, kit) => {
  const other = kit.other();
  const at = kit.chance.below(input.length + 1);
  return splice(input, at, input.length, other.subarray(Math.min(other.length, kit.chance.once(2) ? at : kit.chance.below(other.length + 1))));
};

const growing: readonly Mutation[] = [insertRandom, insertWord, insertOther];

const flipBit: Mutation = (input, { chance }) => {
  const at = chance.below(input.length);
  return written(input, at, Uint8Array.of(input[at]! ^ (1 << chance.below(8))));
};

const setByte: Mutation = (input, { chance }) =>
  written(input, chance.below(input.length), Uint8Array.of(chance.once(2) ? pick(interesting, chance) : chance.below(256)));

const addToByte: Mutation = (input, { chance }) => {
  const at = chance.below(input.length);
  return written(input, at, Uint8Array.of(input[at]! + chance.below(35) - 17));
};

/** A length field: an end of the range, or what is left. */
const setNumber: Mutation = (input, { chance }) => {
  const at = chance.below(input.length);
  const left = input.length - at;
  const value = chance.once(2) ? pick(ends, chance) : Math.max(0, left - chance.below(6));
  const bytes = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
  return written(input, at, bytes.subarray(chance.once(2) ? 2 : chance.below(4)));
};

const setWord: Mutation = (input, { chance, words }) =>
  words.length === 0 ? input : written(input, chance.below(input.length), pick(words, chance));

const cut: Mutation = (input, { chance }) => {
  const [from, to] = range(input, chance);
  return splice(input, from, to, new Uint8Array(0));
};

const cutTail: Mutation = (input, { chance }) => input.subarray(0, chance.below(input.length + 1));

const copyRange: Mutation = (input, { chance }) => {
  const [from, to] = range(input, chance);
  const at = chance.below(input.length + 1);
  return splice(input, at, at, input.subarray(from, to));
};

const moveRange: Mutation = (input, { chance }) => {
  const [from, to] = range(input, chance);
  const rest = splice(input, from, to, new Uint8Array(0));
  const at = chance.below(rest.length + 1);
  return splice(rest, at, at, input.subarray(from, to));
};

/** The same again and again, or nearly so: what costs a little each time may cost too much, and more so where each is compared with all others. */
const repeat: Mutation = (input, { chance, longest }) => {
  const [from, to] = range(input, chance);
  const room = Math.max(0, longest - input.length);
  const much = chance.once(hugeOnceIn) ? room : Math.min(room, 1 << chance.below(10));
  const part = input.subarray(from, to);
  const times = Math.floor(much / part.length);
  return splice(input, to, to, copies(part, times, chance));
};

function copies(part: Uint8Array, times: number, chance: Chance): Uint8Array {
  const joined = new Uint8Array(part.length * times);
  // Where each copy carries its number, if it does: in two bytes, or in letters.
  const place = chance.once(2) ? chance.below(part.length) : part.length;
  const letters = chance.once(2);
  for (let copy = 0; copy < times; copy += 1) {
    const at = copy * part.length;
    joined.set(part, at);
    const [high, low] = letters ? [0x61 + (Math.floor(copy / 26) % 26), 0x61 + (copy % 26)] : [copy >> 8, copy & 0xff];
    if (place < part.length) joined[at + place] = low;
    if (place + 1 < part.length) joined[at + place + 1] = high;
  }
  return joined;
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** A number written in digits. */
const setDigits: Mutation = (input, { chance }) => {
  const start = chance.below(input.length);
  for (let step = 0; step < input.length; step += 1) {
    const at = (start + step) % input.length;
    if (!isDigit(input[at])) continue;
    let to = at + 1;
    while (isDigit(input[to])) to += 1;
    return splice(input, at, to, Buffer.from(pick(numbers, chance)));
  }
  return input;
};

/** A whole line is doubled, dropped or moved. */
const bendLines: Mutation = (input, { chance }) => {
  const starts = [0];
  for (let at = input.indexOf(0x0a); at >= 0 && starts.length < 200; at = input.indexOf(0x0a, at + 1)) starts.push(at + 1);
  const line = chance.below(starts.length);
  const [from, to] = [starts[line]!, starts[line + 1] ?? input.length];
  const place = pick(starts, chance);
  if (chance.once(3)) return splice(input, from, to, new Uint8Array(0));
  return splice(input, place, place, input.subarray(from, to));
};

const mutations: readonly Mutation[] = [
  flipBit,
  setByte,
  setByte,
  addToByte,
  setNumber,
  setWord,
  setDigits,
  insertRandom,
  insertWord,
  insertWord,
  insertOther,
  cross,
  cut,
  cut,
  cutTail,
  copyRange,
  moveRange,
  repeat,
  bendLines,
];

type PieceMutation = (pieces: Uint8Array[], kit: Kit) => Uint8Array[];

const bendOne: PieceMutation = (pieces, kit) => {
  if (pieces.length === 0) return [randomBytes(kit.chance)];
  const at = kit.chance.below(pieces.length);
  return pieces.with(at, bendBytes(pieces[at]!, kit));
};

const pieceMutations: readonly PieceMutation[] = [
  bendOne,
  bendOne,
  bendOne,
  bendOne,
  (pieces, { chance }) => pieces.toSpliced(chance.below(pieces.length + 1), 1 + (chance.once(4) ? chance.below(8) : 0)),
  (pieces, { chance }) => (pieces.length === 0 ? pieces : pieces.toSpliced(chance.below(pieces.length + 1), 0, pick(pieces, chance))),
  (pieces, { chance }) => {
    if (pieces.length === 0) return pieces;
    const from = chance.below(pieces.length);
    return pieces.toSpliced(from, 1).toSpliced(chance.below(pieces.length), 0, pieces[from]!);
  },
  (pieces, kit) => {
    const others = split(kit.other());
    const from = kit.chance.below(others.length + 1);
    return pieces.toSpliced(kit.chance.below(pieces.length + 1), 0, ...others.slice(from, from + 1 + kit.chance.below(4)));
  },
  /** One piece in two. */
  (pieces, { chance }) => {
    if (pieces.length === 0) return pieces;
    const at = chance.below(pieces.length);
    const cutAt = chance.below(pieces[at]!.length + 1);
    return pieces.toSpliced(at, 1, pieces[at]!.subarray(0, cutAt), pieces[at]!.subarray(cutAt));
  },
  (pieces, { chance, longest }) => {
    if (pieces.length === 0) return pieces;
    const at = chance.below(pieces.length);
    const most = chance.once(hugeOnceIn) ? longest : Math.min(longest, 1 << chance.below(11));
    const times = Math.floor(most / (pieces[at]!.length + 2));
    return [...pieces.slice(0, at), ...new Array<Uint8Array>(times).fill(pieces[at]!), ...pieces.slice(at)];
  },
];
