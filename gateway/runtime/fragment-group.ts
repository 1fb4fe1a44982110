/** The MP4 fragments of a stream since its last keyframe. */
import type { Fmp4Message } from '../domain/media.ts';
import { PictureGroup } from './picture-group.ts';

export type Fragment = Extract<Fmp4Message, { kind: 'fragment' }>;

export const fragmentGroup = (most: number): PictureGroup<Fragment> => new PictureGroup({ most, bytesOf: ({ bytes }) => bytes, withBytes });

function withBytes({ kind, track, keyframe, capturedAt }: Fragment, bytes: Buffer): Fragment {
  return { kind, track, keyframe, capturedAt, bytes };
}
