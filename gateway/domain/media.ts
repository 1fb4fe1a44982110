/** Stream words that may cross a thread: only cloneable data and MessagePorts. Access units, sources and sinks live inside the media plane. */
import type { ErrorCode } from './errors.ts';
import type { CameraId, ChannelId } from './ids.ts';
import type { RecordingSpec } from './recording.ts';
import type { Instant, Millis } from './time.ts';
import type { Words } from './words.ts';

export type StreamProfile = 'main' | 'sub';
export const streamTransports = ['auto', 'tcp', 'udp'] as const;
export type StreamTransport = (typeof streamTransports)[number];
export type StreamPurpose = 'alarm' | 'patrol' | 'local';

export type TrackKind = 'video' | 'audio';
export type VideoCodec = 'h264' | 'h265';
export type AudioCodec = 'pcma' | 'pcmu' | 'aac';

export interface VideoTrack {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** Of its RTP packets. */
  readonly payloadType: number;
  readonly clockRate: number;
  /** SPS and PPS, before them the VPS of H.265; empty where the camera sends them only in band. */
  readonly parameterSets: readonly Uint8Array[];
  /** So many pictures that are shown later may be sent before a picture (B pictures); absent: pictures are sent as they are shown. */
  readonly reordering?: number;
}

/** How AAC lies in its packets (RFC 3640 §4.1); `config` is the AudioSpecificConfig. Lengths in bits. */
export interface AacPacking {
  readonly config: Uint8Array;
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
}

export interface AudioTrack {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly channels: number;
  /** Present for `aac`. */
  readonly aac?: AacPacking;
}

/** The tracks of one stream: one of video, at most one of audio. */
export interface StreamDescription {
  readonly video: VideoTrack;
  readonly audio?: AudioTrack;
  /** Why sound that the camera offers is left out. */
  readonly audioReason?: Words;
}

/** Wall clock of one RTP timestamp. */
export interface SenderClock {
  /** Epoch ms, with fractions. */
  readonly wallClock: number;
  readonly rtpTimestamp: number;
  readonly ssrc: number;
  /** Ours, not a camera's: believed whatever it says. */
  readonly certain?: true;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Where the media plane pulls a stream from. Plain data: it is cloned into the worker. */
export interface StreamAddress {
  readonly camera: CameraId;
  readonly profile: StreamProfile;
  /** rtsp:// or rtsps:// URL without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** SHA-256 of the certificate that a rtsps:// camera must show, in canonical form; without it none is good enough. */
  readonly fingerprint256?: string;
  /** How the packets come; `auto`: by TCP, by UDP where the camera refuses TCP or sends nothing over it. Default `auto`. */
  readonly transport?: StreamTransport;
}

/** Where the RTSP server listens; ports 0 let the system choose. */
export interface RtspListen extends Endpoint {
  /** RTSP over TLS; key and certificate as PEM. */
  readonly tls?: Endpoint & { readonly key: string; readonly cert: string };
  /** Packets by UDP: RTP from this port, RTCP from the next. Absent: interleaved only. */
  readonly udp?: Endpoint;
}

/** Where it listens indeed. */
export interface RtspBound extends Endpoint {
  readonly tls?: Endpoint;
  readonly udp?: Endpoint;
}

/** Lets one reader in by RTSP Digest. Generated, sealed in the inventory, revocable; never an account password. */
export interface StreamKey {
  readonly username: string;
  readonly password: string;
  /** Channels it opens; absent: all. */
  readonly channels?: readonly ChannelId[];
  /** Present: of the police side, and counts in the uplink budget. Absent: of the school. */
  readonly purpose?: 'patrol';
}

/**
 * What the media plane tells a browser viewer, over the MessagePort of a `fmp4` sink. Each track is an MP4 stream of its own, on one common
 * time line. The first video fragment after a video `init` is a keyframe; a later `init` replaces the first of its track. A port that closes
 * without `ended` is one whose media plane died.
 */
export type Fmp4Message =
  | {
      readonly kind: 'init';
      readonly track: 'video';
      readonly codecs: string;
      readonly width: number;
      readonly height: number;
      /** Not as the camera sends it, but made from that by ffmpeg. */
      readonly transcoded?: true;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'init'; readonly track: 'audio'; readonly codecs: string; readonly bytes: Uint8Array }
  /**
   * One picture, or some audio frames, as one moof+mdat. `capturedAt`: wall clock of its beginning if the camera gave one (RTCP sender report),
   * else of its arrival.
   */
  | { readonly kind: 'fragment'; readonly track: TrackKind; readonly keyframe: boolean; readonly capturedAt: Instant; readonly bytes: Uint8Array }
  /** `code`: where that has one. */
  | { readonly kind: 'ended'; readonly reason: string; readonly code?: ErrorCode };

/** What the media plane tells over the MessagePort of a `wire` sink: the camera's own RTP packets, for engines that send RTP themselves (WebRTC). */
export type WireMessage =
  /** First of all, and again when the parameter sets or tracks change. */
  | { readonly kind: 'begin'; readonly description: StreamDescription }
  /** Whole RTP packets in interleaved framing. `starts`: the first ones of their picture; `keyframe`: a decoder can start here. */
  | {
      readonly kind: 'packets';
      readonly track: TrackKind;
      readonly keyframe: boolean;
      readonly starts: boolean;
      readonly capturedAt: Instant;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'clock'; readonly track: TrackKind; readonly clock: SenderClock }
  | { readonly kind: 'ended'; readonly reason: string };

/** The viewer decodes no H.265: that comes transcoded, while a slot is free. `urgent`: it takes one from viewing that is not. */
export interface H264Only {
  readonly urgent: boolean;
}

export type SinkSpec = {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly purpose: StreamPurpose;
} & (
  | {
      readonly kind: 'fmp4';
      readonly audio: boolean;
      readonly h264?: H264Only;
      /** Memory of a FragmentRing. Fragments that find room there come through it, and nobody is told: look there. */
      readonly ring?: SharedArrayBuffer;
      readonly port: import('node:worker_threads').MessagePort;
    }
  | { readonly kind: 'wire'; readonly port: import('node:worker_threads').MessagePort }
  /** What the ring holds now, as `Fmp4Message`s, then `ended`. */
  | { readonly kind: 'clip'; readonly port: import('node:worker_threads').MessagePort }
  | RecordingSpec
);

/** How RTP reaches one receiver. `tcp-active`: we connect to it; `tcp-passive`: it connects to us, from one of these IP addresses. */
export type RtpWay =
  | { readonly transport: 'udp' | 'tcp-active'; readonly remote: Endpoint }
  | { readonly transport: 'tcp-passive'; readonly from: readonly string[] };

/** One receiver of RTP that carries a stream as MPEG program stream (GB/T 28181 annex C). */
export interface RtpOrder {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly purpose: StreamPurpose;
  readonly way: RtpWay;
  /** Own IP address that it leaves by, and the ports that may be taken there; absent: any. What connects takes any port. */
  readonly local: { readonly address: string; readonly ports?: { readonly first: number; readonly last: number } };
  readonly ssrc: number;
  readonly payloadType: number;
  /** The sound as well, where there is any. */
  readonly sound: boolean;
}

/**
 * Why nothing more is sent. stopped: by us · far-side: it hung up, or nobody listens there · no-connection: none came about in time ·
 * no-pictures: the camera sends none · let-go: too slow, or its stream ended · plane: the media worker ended
 */
export type RtpEndCause = 'stopped' | 'far-side' | 'no-connection' | 'no-pictures' | 'let-go' | 'plane';

export interface RtpEnd {
  readonly cause: RtpEndCause;
  readonly sentence: string;
  /** Sent in all; bytes of RTP packets, headers included. Unknown of a worker that ended: 0. */
  readonly packets: number;
  readonly bytes: number;
}

/** A stream that is pulled all the time, so that the seconds before an alarm are at hand. */
export interface RecordingPlan {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
}

/** How far back a recorder ring reaches, without a gap, and how far it should. */
export interface RingState {
  readonly reach: Millis;
  readonly wanted: Millis;
  readonly bytes: number;
}

/** The newest keyframe of a stream, ready for a decoder. */
export interface WantedKeyframe {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  /** As it stood so long ago, where that was recorded; absent: the newest. */
  readonly ago?: Millis;
}

export interface Keyframe {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly capturedAt: Instant;
  /** Annex-B, parameter sets included. */
  readonly bytes: Uint8Array;
}

export interface Snapshot {
  readonly jpeg: Uint8Array;
  readonly capturedAt: Instant;
}

/**
 * Slips of a moment: several within a minute are a flaw. garbage: unreadable bytes between packets · timestamps: they jump · formats: other
 * parameter sets · interruptions: the session ended.
 */
export const streamSlips = ['garbage', 'timestamps', 'formats', 'interruptions'] as const;
export type StreamSlip = (typeof streamSlips)[number];
/** What can stand against a stream that plays. parameter-sets: they cannot be read · no-keyframe: nothing that a decoder could begin with. */
export const streamFlaws = [...streamSlips, 'parameter-sets', 'no-keyframe'] as const;
export type StreamFlaw = (typeof streamFlaws)[number];

/** Streams that are made into H.264 now, how many may be, and how often one was refused for want of a slot. */
export interface TranscodingState {
  readonly slots: number;
  readonly used: number;
  readonly refused: number;
}

/** Of the media plane as a whole. */
export interface MediaFigures {
  /** Bytes that all its viewers together owe, and viewers that were let go because they owed too many. */
  readonly owedBytes: number;
  readonly viewersClosed: number;
  /** Receivers of RTP that were ordered and have not ended. */
  readonly rtpReceivers: number;
  readonly transcoding: TranscodingState;
}

export interface StreamTelemetry {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly state: 'connecting' | 'playing' | 'waiting' | 'failed';
  /** Why it is not playing, in words and as a code where that has one. */
  readonly reason?: string;
  readonly code?: ErrorCode;
  /** What stands against it although it plays. */
  readonly flaws?: readonly StreamFlaw[];
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
  readonly frames: number;
  readonly keyframes: number;
  readonly lostPackets: number;
  /** Interarrival jitter of pictures (RFC 3550 §6.4.1). */
  readonly jitter: Millis;
  /** Between the last two keyframes. */
  readonly keyframeInterval?: Millis;
  readonly audio?: AudioCodec;
  /** Why sound that the camera offers is left out. */
  readonly audioReason?: Words;
  readonly lastFrameAt?: Instant;
  readonly viewers: number;
  readonly skippedFrames: number;
  /** Present where the stream is recorded into a ring. */
  readonly ring?: RingState;
  readonly startedAt: Instant;
  readonly linger?: Millis;
}
