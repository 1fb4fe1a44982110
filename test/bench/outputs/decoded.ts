/** What a player made of a stream, told from outside: the number in each picture, the beeps in the sound, and when either was shown. */
import { readBlocks, stripColumns } from '../../../simulators/camera/strip.ts';

export interface Picture {
  /** Seconds on the time line that it shares with the sound. */
  readonly at: number;
  /** Its number in the camera's loop; undefined where the picture is not what the camera drew. */
  readonly number: number | undefined;
}

export interface Sound {
  readonly at: number;
  /** Samples of 16 bits, one channel, `soundRate` a second. */
  readonly samples: Int16Array;
}

export interface Decoded {
  /** What the player complained of. */
  readonly errors: readonly string[];
  readonly pictures: readonly Picture[];
  readonly sounds: readonly Sound[];
}

export const soundRate = 8_000;
/** Bytes of one picture as the players are told to write them: one grey pixel for each block of the strip along its lower edge. */
const stripBytes = stripColumns;

/** The beep is 9000 loud, the hiss between two of them 64. */
const loud = 2_000;
/** Seconds; a beep is 0.2 s long and comes every second. */
const quietBefore = 0.3;
/** Seconds between what has been played and what comes next; less is rounding. */
const soundGap = 0.03;

export function pictureOf(at: number, strip: Buffer): Picture {
  return { at, number: readBlocks(strip)?.frame };
}

export function soundOf(at: number, pcm: Buffer): Sound {
  return { at, samples: Int16Array.from({ length: pcm.length >> 1 }, (_, index) => pcm.readInt16LE(index * 2)) };
}

/** `at`: of each picture, in order; `strips`: their strips, one after the other. The last picture may have only one of the two. */
export function picturesOf(at: readonly number[], strips: Buffer): readonly Picture[] {
  const whole = at.slice(0, Math.floor(strips.length / stripBytes));
  return whole.map((time, index) => pictureOf(time, strips.subarray(index * stripBytes, (index + 1) * stripBytes)));
}

/** `blocks`: when each block of sound began, and how many samples it has; `pcm`: all of them, one after the other. */
export function soundsOf(blocks: readonly { readonly at: number; readonly samples: number }[], pcm: Buffer): readonly Sound[] {
  let from = 0;
  return blocks.map(({ at, samples }) => {
    from += samples * 2;
    return soundOf(at, pcm.subarray(from - samples * 2, from));
  });
}

/** Where a picture is not the one after the one before, in words. */
export function pictureGapsOf(pictures: readonly Picture[], loop: number): readonly string[] {
  return pictures.flatMap(({ at, number }, index) => {
    const before = pictures[index - 1];
    if (before?.number === undefined || number === (before.number + 1) % loop) return [];
    return [`picture ${number ?? 'that nobody knows'} after ${before.number}, at ${at.toFixed(3)} s`];
  });
}

/** Where sound does not begin where the sound before it ended. */
export function soundGapsOf(sounds: readonly Sound[]): readonly string[] {
  return sounds.flatMap(({ at }, index) => {
    const before = sounds[index - 1];
    const apart = before ? at - before.at - before.samples.length / soundRate : 0;
    return Math.abs(apart) <= soundGap ? [] : [`${apart.toFixed(3)} s of sound missing at ${at.toFixed(3)} s`];
  });
}

/** Seconds of sound that came out. */
export function lengthOf(sounds: readonly Sound[]): number {
  return sounds.reduce((sum, { samples }) => sum + samples.length, 0) / soundRate;
}

/**
 * Milliseconds by which each beep comes after the picture that it belongs to: a camera beeps when it takes the first picture of a second.
 * Nothing for a beep whose picture is not there.
 */
export function soundBehindOf({ pictures, sounds }: Decoded, picturesPerSecond: number): readonly number[] {
  const seconds = pictures.filter(({ number }) => number !== undefined && number % picturesPerSecond === 0).map(({ at }) => at);
  return beepsOf(sounds).flatMap((beep) => {
    const nearest = seconds.toSorted((one, other) => Math.abs(one - beep) - Math.abs(other - beep))[0];
    return nearest === undefined || Math.abs(nearest - beep) > 0.5 ? [] : [(beep - nearest) * 1_000];
  });
}

/** When each beep began; the one that is under way at first is none. */
function beepsOf(sounds: readonly Sound[]): readonly number[] {
  const beeps: number[] = [];
  let quietSince: number | undefined;
  for (const { at, samples } of sounds) {
    for (const [index, sample] of samples.entries()) {
      const time = at + index / soundRate;
      quietSince ??= time;
      if (Math.abs(sample) < loud) continue;
      if (time - quietSince > quietBefore) beeps.push(time);
      quietSince = time;
    }
  }
  return beeps;
}
