/** One camera for each kind of stream. */

export interface PlayedCamera {
  /** Of its channel as well. */
  readonly id: string;
  readonly codec: 'h264' | 'h265';
  readonly sound: 'none' | 'pcma' | 'pcmu' | 'aac';
}

/** The main stream of each; the sub-stream is H.264, smaller, with the same sound. */
export const cameras: readonly PlayedCamera[] = [
  { id: 'h264', codec: 'h264', sound: 'none' },
  { id: 'h264-pcma', codec: 'h264', sound: 'pcma' },
  { id: 'h264-aac', codec: 'h264', sound: 'aac' },
  { id: 'h265', codec: 'h265', sound: 'none' },
  { id: 'h265-pcmu', codec: 'h265', sound: 'pcmu' },
];
export const picture = { width: 640, height: 360, framesPerSecond: 15 } as const;
/** Pictures after which a camera shows the same ones again. */
export const loop = 150;
export const account = { username: 'gateway', password: 'only-for-this-bench' };
