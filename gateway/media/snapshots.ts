/** JPEGs of the newest keyframes: one at a time per stream, few at once in all, and none made twice within a second. */
import type { ChannelId } from '../domain/ids.ts';
import type { Keyframe, Snapshot, StreamProfile } from '../domain/media.ts';
import type { Clock, MediaPlane } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { Turns } from '../runtime/turns.ts';

export interface SnapshotParts {
  readonly media: Pick<MediaPlane, 'keyframe'>;
  readonly clock: Clock;
  /** Throws TRANSCODER_MISSING, MEDIA_UNSUPPORTED or MEDIA_UNAVAILABLE. */
  jpegOf(keyframe: Keyframe, options: { readonly width?: number }, signal: AbortSignal): Promise<Uint8Array>;
}

export interface Snapshots {
  /** Throws what `MediaPlane.keyframe` and `jpegOf` throw. `width` in pixels; absent: as large as the stream. */
  take(channel: ChannelId, profile: StreamProfile, width: number | undefined): Promise<Snapshot>;
}

const fresh = seconds(1);
/** Of one picture, from the question to the JPEG. Not bound to one caller, who may leave: others share the answer. */
const within = seconds(20);
const mostAtOnce = 2;

export function openSnapshots({ media, clock, jpegOf }: SnapshotParts): Snapshots {
  const made = new Map<string, { readonly at: number; readonly snapshot: Promise<Snapshot> }>();
  const turns = new Turns(mostAtOnce);

  async function make(channel: ChannelId, profile: StreamProfile, width: number | undefined): Promise<Snapshot> {
    const signal = clock.deadline(within);
    const keyframe = await media.keyframe(channel, profile, signal);
    using _turn = await turns.take();
    const jpeg = await jpegOf(keyframe, width === undefined ? {} : { width }, signal);
    return { jpeg, capturedAt: keyframe.capturedAt };
  }

  return {
    take(channel, profile, width) {
      const now = clock.monotonic();
      const key = `${channel}/${profile}/${width ?? ''}`;
      for (const [other, { at }] of made) if (now - at >= fresh) made.delete(other);
      const known = made.get(key);
      if (known) return known.snapshot;
      const snapshot = make(channel, profile, width);
      made.set(key, { at: now, snapshot });
      snapshot.catch(() => {
        if (made.get(key)?.snapshot === snapshot) made.delete(key);
      });
      return snapshot;
    },
  };
}
