/** What viewers saw while a relay was measured, whoever they are: RTSP players or pages. */

export interface Spread {
  readonly count: number;
  /** Milliseconds; null where there is no sample. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly most: number | null;
}

export interface ViewerSeen {
  /** Since the last `mark`. */
  readonly packets: number;
  readonly pictures: number;
  readonly sequenceGaps: number;
  readonly pictureGaps: number;
  /** Milliseconds after it called; null: not yet. */
  readonly played: number | null;
  readonly firstPacket: number | null;
  readonly firstKeyframe: number | null;
  readonly closed: boolean;
}

export interface Seen {
  /** From the camera's sending of a picture to the arrival of its first bytes. */
  readonly first: Spread;
  /** … and of its last. */
  readonly whole: Spread;
  readonly viewers: readonly ViewerSeen[];
}

export interface Viewers extends AsyncDisposable {
  /** Counts and latencies start anew. */
  mark(): void;
  tell(): Promise<Seen>;
}

export function gapsOf({ viewers }: Seen): number {
  return viewers.reduce((sum, { sequenceGaps, pictureGaps }) => sum + sequenceGaps + pictureGaps, 0);
}

export const picturesPerSecond = 25;

/** Viewers that got too few pictures in that time: no gap is seen by whoever sees nothing. */
export function starvedOf({ viewers }: Seen, seconds: number): number {
  return viewers.filter(({ pictures }) => pictures < picturesPerSecond * seconds * 0.95 - 1).length;
}
