/** Stream words that may cross a thread: only cloneable data and MessagePorts. Access units, sources and sinks live inside the media plane. */
import type { CameraId, ChannelId } from './ids.ts';
import type { Instant, Millis } from './time.ts';

export type StreamProfile = 'main' | 'sub';
export type StreamPurpose = 'alarm' | 'patrol' | 'local';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Where the media plane pulls a stream from. Plain data: it is cloned into the worker. */
export interface StreamAddress {
  readonly camera: CameraId;
  readonly profile: StreamProfile;
  /** rtsp:// URL without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** Lets one reader in by RTSP Digest. Generated, sealed in the inventory, revocable; never an account password. */
export interface StreamKey {
  readonly username: string;
  readonly password: string;
  /** Channels it opens; absent: all. */
  readonly channels?: readonly ChannelId[];
}

/**
 * What the media plane tells a browser viewer, over the MessagePort of a `fmp4` sink. Every message is one picture; the first fragment after an
 * `init` is a keyframe; a later `init` replaces the first. A port that closes without `ended` is one whose media plane died.
 */
export type Fmp4Message =
  | { readonly kind: 'init'; readonly codecs: string; readonly width: number; readonly height: number; readonly bytes: Uint8Array }
  /** One access unit as one moof+mdat. `capturedAt`: wall clock of the picture if the camera gave one (RTCP sender report), else of its arrival. */
  | { readonly kind: 'fragment'; readonly keyframe: boolean; readonly capturedAt: Instant; readonly bytes: Uint8Array }
  | { readonly kind: 'ended'; readonly reason: string };

export type SinkSpec = {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly purpose: StreamPurpose;
} & { readonly kind: 'fmp4'; readonly port: import('node:worker_threads').MessagePort };

export interface StreamTelemetry {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly state: 'connecting' | 'playing' | 'waiting' | 'failed';
  /** Why it is not playing. */
  readonly reason?: string;
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
  readonly frames: number;
  readonly keyframes: number;
  readonly lostPackets: number;
  readonly lastFrameAt?: Instant;
  readonly viewers: number;
  readonly skippedFrames: number;
  readonly startedAt: Instant;
  readonly linger?: Millis;
}
