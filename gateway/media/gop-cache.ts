/** The spans of a stream since its last keyframe. */
import { PictureGroup } from '../runtime/picture-group.ts';
import type { AccessUnit } from './access-unit.ts';

export const gopCache = (most: number, owed?: () => boolean): PictureGroup<AccessUnit> =>
  new PictureGroup({ most, ...(owed ? { owed } : {}), bytesOf: ({ wire }) => wire, withBytes: withWire });

/** One by one: a spread costs forty times as much. */
export function withWire({ track, packets, ticks, capturedAt, keyframe, starts, ends, last }: AccessUnit, wire: Buffer): AccessUnit {
  return { track, wire, packets, ticks, capturedAt, keyframe, starts, ends, last };
}
