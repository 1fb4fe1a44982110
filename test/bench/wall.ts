/** A wall of sixteen in Chromium for as long as one likes: memory, dropped pictures, and how soon a cut is told and mended. */
import { type Millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf } from '../support/measure-figures.ts';
import { openMeasuredWall } from '../support/measured-wall.ts';
import { watchWall } from '../support/wall-figures.ts';
import type { Bench } from './alarms.ts';

/** `leaky-page`: the page keeps every message that it hears, so that it must be seen to grow. */
export const wallBreaks = ['leaky-page'] as const;

const cameras = 16;
const picture = { width: 640, height: 360, framesPerSecond: 15 };
const usualLength = minutes(30);
const quickLength = minutes(3);
const cutLength = seconds(30);

export async function benchWall({ quick, seed, minutes: wanted, broken }: Bench): Promise<readonly Figure[]> {
  const length: Millis = wanted === undefined ? (quick ? quickLength : usualLength) : minutes(wanted);
  const openedAt = systemClock.monotonic();
  await using wall = await openMeasuredWall({ cameras, picture, leaky: broken === 'leaky-page' });
  await wall.playing(seconds(120));
  const opened = systemClock.monotonic() - openedAt;
  const figures = await watchWall(wall, { cameras, framesPerSecond: picture.framesPerSecond, length, cutLength });
  const dose = `${cameras} tiles, ${picture.width}x${picture.height} at ${picture.framesPerSecond}/s, ${length / 60_000} min, ${figures.cuts.length} cuts`;
  return figuresOf({ test: 'wall', dose, seed }, [
    { metric: 'dropped pictures', value: (100 * figures.dropped) / (figures.shown + figures.dropped), unit: '%', limit: 1 },
    { metric: 'pictures that never came', value: 100 * figures.missing, unit: '%' },
    { metric: 'growth of the page', value: figures.heapGrowth, unit: 'MB', limit: 50 },
    { metric: 'growth of the browser', value: figures.residentGrowth, unit: 'MB', limit: 50 },
    { metric: 'last picture to STALE, most', value: mostOf(figures.cuts.map(({ marked }) => marked)), unit: 'ms', limit: 5_000 },
    { metric: 'return of the camera to its picture, most', value: mostOf(figures.cuts.map(({ back }) => back)), unit: 'ms', limit: 5_000 },
    { metric: 'errors and violations of the content policy', value: wall.problems.length, unit: 'count', limit: 0 },
    { metric: 'cameras, gateway and browser started until all tiles play', value: opened, unit: 'ms' },
  ]);
}
