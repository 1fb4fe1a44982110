/** What is asked of `playRtsp`, and what it tells while it plays. */
import type { AudioTrack, VideoTrack } from '../sdp/tracks.ts';
import type { Timers } from '../timers.ts';
import type { CameraHabits } from './habits.ts';
import type { UdpPorts } from './udp-ports.ts';

type TrackKind = 'video' | 'audio';

/** Why sound that a camera offers does not come. `seen`: what it offers, or how it refused. */
export interface MissingAudio {
  readonly why: 'codec' | 'parameters' | 'refused';
  readonly seen: string;
}

export interface PlayedTracks {
  readonly video: VideoTrack;
  readonly audio?: AudioTrack;
  readonly missingAudio?: MissingAudio;
}

export interface RtspPlayer {
  /** Before the first packet; again if the camera has to be asked in another way. */
  begin(tracks: PlayedTracks): void;
  /** One whole RTP packet with its 4-byte interleaved header, at bytes[start, end); they are there until the end of the read. */
  packet(track: TrackKind, bytes: Buffer, start: number, end: number): void;
  /** All packets that came together have been told. */
  endOfRead?(): void;
  clock(track: TrackKind, clock: { readonly wallClock: number; readonly rtpTimestamp: number; readonly ssrc: number }): void;
  /** Bytes that are neither came between packets, and were skipped. */
  garbage(): void;
}

export interface RtspCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RtspOrderToPlay {
  /** rtsp:// or rtsps:// URL; credentials in it are not used. */
  readonly url: string;
  readonly credentials?: RtspCredentials;
  /** Asked when it ends: false where the credentials are not to be used again, not even to say so. */
  readonly mayStillSign?: () => boolean;
  /** SHA-256 of the certificate that a rtsps:// camera must show, upper-case hex pairs with colons. */
  readonly fingerprint256?: string;
  /** `auto`: TCP, and UDP where the camera refuses TCP or sends nothing over it. Default `auto`; of rtsps:// always TCP, for UDP is in clear. */
  readonly transport?: 'auto' | 'tcp' | 'udp';
  /** Needed for UDP. */
  readonly ports?: UdpPorts;
  /** What is known of this camera; changed by what is learned. */
  readonly habits?: CameraHabits;
  readonly timers: Timers;
  readonly userAgent?: string;
  /** Absolute limit of the connection and of each exchange, ms; default 5000. */
  readonly within?: number;
  /** Silence after which a playing camera counts as gone, ms; default 10000. */
  readonly silence?: number;
}
