/** The media plane's knobs. Plain data: they are cloned into the worker. */
import { type Millis, minutes, seconds } from '../domain/time.ts';

export interface MediaSettings {
  /** How long a camera is still pulled after its last viewer left. */
  readonly linger: Millis;
  /** How long a viewer waits for a stream to be described. */
  readonly patience: Millis;
  /** Silence after which a playing camera counts as gone. */
  readonly silence: Millis;
  /** A stream whose pictures come without a keyframe for so long is flawed: whoever joins sees nothing. */
  readonly keyframeWithin: Millis;
  /** Pause after a camera refused our credentials: further tries lock the account of many cameras. */
  readonly refusedPause: Millis;
  /** Cached picture group, bytes; beyond it the whole group is dropped. */
  readonly cacheBytes: number;
  /** Bytes that a viewer may owe before it skips to the next keyframe. */
  readonly viewerBytes: number;
  /** Bytes that all viewers together may owe; beyond it the one that owes most is closed. */
  readonly allViewersBytes: number;
  /** Time without any progress before a viewer skips, and before it is closed. */
  readonly viewerStalled: Millis;
  readonly viewerLost: Millis;
  /** How long a receiver of RTP may be out of reach before it is given up, and how long it is kept while no picture comes. */
  readonly rtpReach: Millis;
  readonly rtpSilence: Millis;
  /** How far back a recorder ring reaches, and the bytes that all of them may hold, in equal shares. */
  readonly ringLength: Millis;
  readonly ringsBytes: number;
  /** UDP ports on which cameras are heard that do not send over TCP; two for each track. */
  readonly cameraPorts: { readonly first: number; readonly last: number };
  /** Streams that are made into H.264 at once, and the ffmpeg that does it; absent: the one that is found. */
  readonly transcoding: { readonly slots: number; readonly ffmpeg?: string };
}

export const usualMediaSettings: MediaSettings = {
  linger: seconds(10),
  patience: seconds(12),
  silence: seconds(10),
  keyframeWithin: seconds(30),
  refusedPause: minutes(5),
  cacheBytes: 4 * 1024 * 1024,
  viewerBytes: 1024 * 1024,
  allViewersBytes: 64 * 1024 * 1024,
  viewerStalled: seconds(2),
  viewerLost: seconds(10),
  rtpReach: seconds(10),
  rtpSilence: seconds(30),
  ringLength: seconds(30),
  ringsBytes: 512 * 1024 * 1024,
  cameraPorts: { first: 22_000, last: 23_999 },
  transcoding: { slots: 2 },
};
