/**
 * Ports INSIDE the media plane: between its hub and the adapters that pull from cameras or serve viewers.
 * They never appear in a main-thread signature; what may cross the thread is in `media.ts`.
 */
import type { ChannelId } from './ids.ts';
import type {
  Endpoint,
  RtspBound,
  SenderClock,
  StreamAddress,
  StreamDescription,
  StreamKey,
  StreamProfile,
  StreamPurpose,
  StreamSlip,
  TrackKind,
} from './media.ts';
import type { Instant } from './time.ts';

/** Where a source puts what it reads. */
export interface StreamReceiver {
  /** The tracks that will come, before the first packet of any. */
  begin(description: StreamDescription): void;
  /**
   * One whole RTP packet in interleaved framing ("$", channel, 16-bit length, packet) at bytes[start, end).
   * The receiver may change them, and copies what it keeps: at the end of the read they belong to the source again.
   */
  packet(track: TrackKind, bytes: Buffer, start: number, end: number): void;
  /** All that has come together was handed over. */
  endOfRead(): void;
  clock(track: TrackKind, clock: SenderClock): void;
  /** Something was wrong, and was got over. */
  slip(slip: StreamSlip): void;
}

export interface StreamSource {
  /**
   * Lives as long as the stream; ends when aborted, having said goodbye to the camera; throws CAMERA_CREDENTIALS, CAMERA_UNREACHABLE,
   * CAMERA_FORBIDDEN_HOST, RTSP_REPLY or MEDIA_UNSUPPORTED. Never retries.
   */
  pull(address: StreamAddress, receiver: StreamReceiver, signal: AbortSignal): Promise<void>;
}

/** The interleaved channel on which a track's packets lie in a span; its RTCP goes on the next one. */
export const trackChannels = { video: 0, audio: 2 } as const satisfies Record<TrackKind, number>;

/**
 * Whole RTP packets of one track in interleaved framing, on the track's channel. The bytes are shared: never change them. They stay as they are
 * until `write` returns, and for as long as they are part of the viewer's backlog.
 */
export interface WireSpan {
  readonly track: TrackKind;
  readonly wire: Buffer;
  readonly packets: number;
  /** RTP timestamp, unwrapped. */
  readonly ticks: number;
  readonly capturedAt: Instant;
  /** A decoder can start here; never true of audio. */
  readonly keyframe: boolean;
  /** First span of its timestamp. A picture has several where it is very large or slow, or where the camera sets the marker too early. */
  readonly starts: boolean;
  /** The camera says that the picture is complete. */
  readonly ends: boolean;
  /** Where the last packet begins. */
  readonly last: number;
}

/** One viewer that takes interleaved bytes. */
export interface WireOutlet {
  /** Before the first `write`, and at every change. `fresh`: what the viewer was told before no longer holds (another codec, audio that came or went). */
  described(description: StreamDescription, fresh: boolean): void;
  /** In order, to be sent in one write. Spans of a track that the viewer did not ask for are its own to leave out. */
  write(spans: readonly WireSpan[]): void;
  /** An RTCP sender report. */
  report(track: TrackKind, clock: SenderClock, packets: number, octets: number): void;
  /** A sentence for people, about what they see (RTCP SDES NOTE, RFC 3550 §6.5.7). */
  notice(text: string): void;
  /** Bytes handed to `write` that the kernel has not yet taken. */
  readonly backlog: number;
  /** The hub is done with this viewer. */
  close(reason: string): void;
}

/** A viewer's hold on a stream: the camera is pulled while one is held. */
export interface Watch extends Disposable {
  /** Parameter sets are always filled in. */
  readonly description: StreamDescription;
  /** Sends the cached picture group and everything after it; once per watch. */
  play(outlet: WireOutlet): void;
}

export interface MediaHub {
  /**
   * Resolves once the stream is described. Throws NOT_FOUND, MEDIA_UNAVAILABLE, MEDIA_UNSUPPORTED, UPLINK_BUDGET or the camera's own refusal.
   * A patrol viewer of a main stream may be moved to the sub-stream while it plays.
   */
  watch(
    wanted: { readonly channel: ChannelId; readonly profile: StreamProfile; readonly purpose: StreamPurpose },
    signal: AbortSignal,
  ): Promise<Watch>;
}

/** The way out to one receiver of program streams in RTP. */
export interface RtpExit extends AsyncDisposable {
  /** Where it sends from, or listens; port 9 where it will connect. */
  readonly local: Endpoint;
  /** Aborts, with a sentence in its reason, when the far side is gone. */
  readonly gone: AbortSignal;
  /** Resolves once frames can be sent; rejects with the reason of the signal, or that of `gone`. */
  open(signal: AbortSignal): Promise<void>;
  /** One frame of the program stream, in parts; `timestamp` in ticks of 90 kHz. It leaves with the next `flush`. */
  frame(parts: readonly Uint8Array[], timestamp: number): void;
  flush(): void;
  /** Bytes that the kernel has not yet taken. */
  readonly backlog: number;
  /** Bytes of RTP packets, headers included. */
  readonly sent: { readonly packets: number; readonly bytes: number };
}

/** A server that lets other programs watch. */
export interface ViewerDoor extends AsyncDisposable {
  readonly bound: RtspBound;
  admit(keys: readonly StreamKey[]): void;
}
