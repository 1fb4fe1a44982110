/**
 * Ports INSIDE the media plane: between its hub and the adapters that pull from cameras or serve viewers.
 * They never appear in a main-thread signature; what may cross the thread is in `media.ts`.
 */
import type { ChannelId } from './ids.ts';
import type { StreamAddress, StreamKey, StreamProfile } from './media.ts';

/** What a source knows of its video before the first packet. */
export interface StreamDescription {
  readonly codec: 'h264';
  readonly payloadType: number;
  readonly clockRate: number;
  /** SPS and PPS; empty where the camera sends them only in band. */
  readonly parameterSets: readonly Uint8Array[];
}

/** Wall clock of one RTP timestamp. */
export interface SenderClock {
  /** Epoch ms, with fractions. */
  readonly wallClock: number;
  readonly rtpTimestamp: number;
  readonly ssrc: number;
}

/** Where a source puts what it reads. */
export interface StreamReceiver {
  begin(description: StreamDescription): void;
  /**
   * One whole RTP packet in interleaved framing ("$", channel, 16-bit length, packet) at bytes[start, end).
   * The receiver keeps the bytes and may change them: the source never touches them again.
   */
  packet(bytes: Buffer, start: number, end: number): void;
  clock(clock: SenderClock): void;
}

export interface StreamSource {
  /**
   * Lives as long as the stream; ends when aborted, having said goodbye to the camera; throws CAMERA_CREDENTIALS, CAMERA_UNREACHABLE,
   * CAMERA_FORBIDDEN_HOST, RTSP_REPLY or MEDIA_UNSUPPORTED. Never retries.
   */
  pull(address: StreamAddress, receiver: StreamReceiver, signal: AbortSignal): Promise<void>;
}

/** One viewer that takes interleaved bytes. */
export interface WireOutlet {
  /** Whole interleaved packets on channel 0, to be sent in one write. The buffers are shared: never change them. */
  write(bytes: readonly Buffer[]): void;
  /** An RTCP sender report. */
  report(clock: SenderClock, packets: number, octets: number): void;
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
  /** Resolves once the stream is described. Throws NOT_FOUND, MEDIA_UNAVAILABLE, MEDIA_UNSUPPORTED or the camera's own refusal. */
  watch(channel: ChannelId, profile: StreamProfile, signal: AbortSignal): Promise<Watch>;
}

/** A server that lets other programs watch. */
export interface ViewerDoor extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  admit(keys: readonly StreamKey[]): void;
}
