/** What a wall of sixteen costs and tells over a length of time, with camera cuts on the way. */
import { type Millis, millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type CutSeen, type MeasuredWall, wallCamera } from './measured-wall.ts';

export interface WallFigures {
  readonly shown: number;
  readonly dropped: number;
  /** Of the pictures that the cameras took, those that never came onto the screen; the cut ones are not counted. */
  readonly missing: number;
  /** MiB. */
  readonly heapGrowth: number;
  readonly residentGrowth: number;
  readonly cuts: readonly CutSeen[];
}

export interface WallWatch {
  readonly cameras: number;
  readonly framesPerSecond: number;
  readonly length: Millis;
  readonly cutLength: Millis;
}

const warmUp = seconds(10);
const cutEvery = minutes(5);

/** The wall plays already. */
export async function watchWall(wall: MeasuredWall, { cameras, framesPerSecond, length, cutLength }: WallWatch): Promise<WallFigures> {
  await systemClock.sleep(length < minutes(1) ? seconds(2) : warmUp);
  const memory = await wall.memory();
  const before = await wall.pictures();
  const startedAt = systemClock.monotonic();
  const cuts: CutSeen[] = [];
  const rounds = Math.max(1, Math.floor(length / cutEvery));
  for (let round = 0; round < rounds; round += 1) {
    const half = millis(Math.max(0, (length / rounds - cutLength) / 2));
    await systemClock.sleep(half);
    cuts.push(await wall.cut(wallCamera((round % cameras) + 1), cutLength));
    await systemClock.sleep(half);
  }
  const after = await wall.pictures();
  const elapsed = (systemClock.monotonic() - startedAt) / 1_000;
  const dark = cuts.reduce((sum, { back }) => sum + (cutLength + back) / 1_000, 0);
  const grown = await wall.memory();
  const shown = after.shown - before.shown;
  return {
    shown,
    dropped: after.dropped - before.dropped,
    missing: Math.max(0, 1 - shown / ((elapsed * cameras - dark) * framesPerSecond)),
    heapGrowth: grown.heap - memory.heap,
    residentGrowth: grown.resident - memory.resident,
    cuts,
  };
}
