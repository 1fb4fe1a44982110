/** What the media plane is handed by `gateway/assemble-media.ts`: it knows cameras, codecs and viewers only through these. */
import type { AudioCodec, AudioTrack, RtpOrder, RtspListen, TrackKind, VideoCodec } from '../domain/media.ts';
import type { MediaHub, RtpExit, StreamReceiver, StreamSource, ViewerDoor } from '../domain/media-ports.ts';
import type { Clock, KeyframeAsker, Logger, StreamResolver } from '../domain/ports.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { UplinkBudget } from '../runtime/uplink-budget.ts';
import type { Picture, Room } from './pictures.ts';
import type { MediaSettings } from './settings.ts';

export interface VideoFacts {
  /** RFC 6381, for example `avc1.64001f`. */
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  /** Frames per second as the stream itself claims. */
  readonly framesPerSecond?: number;
}

export interface Fmp4Muxer {
  readonly facts: VideoFacts;
  /** ftyp + moov. */
  readonly init: Uint8Array;
  /** moof + mdat of one picture, written into `room`; times in ticks of the clock rate. */
  fragment(
    frame: {
      readonly units: readonly Uint8Array[];
      readonly decodeTime: number;
      /** From being decoded to being shown. */
      readonly offset: number;
      readonly duration: number;
      readonly keyframe: boolean;
    },
    room?: Room,
  ): Uint8Array;
}

/** What depends on the video codec. Pure. */
export interface VideoTools {
  /** Does the RTP packet at bytes[start, end) carry (the beginning of) a parameter set or of a picture that needs no other? */
  opensPictureGroup(bytes: Buffer, start: number, end: number): boolean;
  /** NAL units in a run of whole interleaved RTP packets; malformed ones are left out. `room`: where those in pieces are put together. */
  units(wire: readonly Buffer[], room?: Room): Uint8Array[];
  /** Is there picture data among them? */
  hasPicture(units: readonly Uint8Array[]): boolean;
  /** The parameter sets among them; undefined unless complete. */
  parameterSets(units: readonly Uint8Array[]): readonly Uint8Array[] | undefined;
  /** How many pictures that are shown later may be sent before a picture; 0 where the sets do not say it, or cannot be read. */
  reordering(parameterSets: readonly Uint8Array[]): number;
  /** Throws for parameter sets that cannot be read. */
  facts(parameterSets: readonly Uint8Array[]): VideoFacts;
  fmp4(parameterSets: readonly Uint8Array[], clockRate: number): Fmp4Muxer;
}

export interface AudioFrame {
  readonly bytes: Uint8Array;
  /** In ticks of the track's clock rate. */
  readonly duration: number;
}

export interface AudioMuxer {
  /** RFC 6381, for example `mp4a.40.2` or `flac`. */
  readonly codecs: string;
  readonly init: Uint8Array;
  /** moof + mdat of frames that follow one another; times in ticks of the track's clock rate. */
  fragment(frames: readonly AudioFrame[], decodeTime: number): Uint8Array;
}

/** What depends on one audio track. */
export interface AudioTools {
  /** Frames in runs of whole interleaved RTP packets; malformed ones are left out. */
  frames(wire: readonly Buffer[]): readonly AudioFrame[];
  fmp4(): AudioMuxer;
}

export interface CodecTools {
  video(codec: VideoCodec): VideoTools;
  /** State of a frame that lies in several packets is kept: one for each consumer. */
  audio(track: AudioTrack): AudioTools;
}

export interface ProgramTracks {
  readonly video: VideoCodec;
  /** `config`: of AAC. */
  readonly audio?: { readonly codec: Exclude<AudioCodec, 'aac'> } | { readonly codec: 'aac'; readonly config: Uint8Array };
}

/** An MPEG program stream, one frame at a time. */
export interface ProgramMuxer {
  /** Times in ticks of 90 kHz. In parts that share the bytes of units and sounds. */
  frame(frame: {
    readonly pts: number;
    readonly dts?: number;
    readonly keyframe: boolean;
    readonly units: readonly Uint8Array[];
    /** For a keyframe that brings none of its own. */
    readonly parameterSets?: readonly Uint8Array[];
    readonly sounds?: readonly { readonly bytes: Uint8Array; readonly pts: number }[];
  }): Uint8Array[];
}

/** A picture of a stream, on a line of time that begins with its first one: whole, growing. */
export interface TimedPicture extends Omit<Picture, 'ticks' | 'number'> {
  readonly at: Millis;
}

/** H.265 to be made into H.264. */
export interface PictureSource {
  readonly parameterSets: readonly Uint8Array[];
  /** Hands over the newest group at once, and then each picture as it comes, until disposed of. */
  follow(take: (picture: TimedPicture) => void): Disposable;
}

export interface VideoTranscoder {
  /**
   * Makes H.264 of them until aborted; each picture keeps the time at which it was taken. Throws MEDIA_UNSUPPORTED for parameter sets that
   * cannot be read, MEDIA_UNAVAILABLE where ffmpeg ends or brings nothing for 5 s.
   */
  run(pictures: PictureSource, receiver: Pick<StreamReceiver, 'begin' | 'packet' | 'clock'>, signal: AbortSignal): Promise<void>;
}

/** What files of fragments are told apart by. Pure. */
export interface ClipTools {
  /** To stand before the first fragment, whose first picture came then: the file tells by itself when it was. */
  referenceTime(at: Instant): Uint8Array;
  /** What a file of pictures and sound begins with, out of what one of each begins with. */
  initOfBoth(pictures: Uint8Array, sound: Uint8Array): Uint8Array;
  /** Makes a fragment of one track the so-manyth of such a file, in place. */
  placeFragment(fragment: Buffer, sequence: number, track: TrackKind): void;
  /** Up to where the file holds whole fragments, and what it says of its time: epoch ms, and ms from first picture to last. */
  wholeFragments(
    size: number,
    read: (at: number, length: number) => Promise<Buffer>,
  ): Promise<{ readonly end: number; readonly began?: number; readonly length: number }>;
}

export interface MediaParts {
  readonly source: StreamSource;
  /** Throws TRANSCODER_MISSING. */
  openTranscoder(): Promise<VideoTranscoder>;
  readonly codecs: CodecTools;
  readonly clips: ClipTools;
  openRtsp(listen: RtspListen, hub: MediaHub): Promise<ViewerDoor>;
  /** Throws for an AAC config that cannot be read. `version`: another one when the tracks change. */
  programMuxer(tracks: ProgramTracks, version: number): ProgramMuxer;
  /** Throws MEDIA_UNAVAILABLE where no port is free. */
  openExit(order: Pick<RtpOrder, 'way' | 'local' | 'ssrc' | 'payloadType'>): Promise<RtpExit>;
}

export interface MediaContext {
  readonly resolve: StreamResolver;
  readonly askKeyframe: KeyframeAsker;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: MediaSettings;
  readonly uplink: UplinkBudget;
  readonly parts: MediaParts;
}
