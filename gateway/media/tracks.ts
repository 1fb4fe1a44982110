/** The tracks of one stream as its viewers know them, over every session with the camera. */
import type { AudioTrack, SenderClock, StreamDescription, StreamSlip, TrackKind, VideoTrack } from '../domain/media.ts';
import type { StreamReceiver } from '../domain/media-ports.ts';
import type { Clock } from '../domain/ports.ts';
import { type AccessUnit, AudioCutter, VideoCutter } from './access-unit.ts';
import type { CodecTools, VideoTools } from './ports.ts';
import type { CameraClock } from './wall-clock.ts';

export interface TracksListener {
  /** A session with the camera, before it is described. */
  begun(): void;
  /** `description` is new to the viewers: `fresh` ones cannot be followed by whoever watches (another codec, audio that came or went). */
  described(description: StreamDescription, fresh: boolean): void;
  unit(unit: AccessUnit): void;
  slip(slip: StreamSlip): void;
}

export class Tracks implements StreamReceiver {
  readonly #codecs: CodecTools;
  readonly #listener: TracksListener;
  readonly #video: VideoCutter;
  readonly #audio: AudioCutter;
  readonly #camera: CameraClock = { ahead: undefined };
  #tools: VideoTools | undefined;
  #description: StreamDescription | undefined;
  /** The newest keyframe brought its parameter sets. */
  inBand = false;

  constructor(clock: Clock, codecs: CodecTools, listener: TracksListener) {
    this.#codecs = codecs;
    this.#listener = listener;
    this.#video = new VideoCutter(clock, this.#camera, {
      unit: (unit) => this.#deliver(unit),
      jumped: () => listener.slip('timestamps'),
      reorders: () => this.#describe(this.#description!.video),
    });
    this.#audio = new AudioCutter(clock, (unit) => listener.unit(unit), this.#camera);
  }

  /** Undefined until the first session has described itself. */
  get description(): StreamDescription | undefined {
    return this.#description;
  }

  /** The tools of the video's codec; only while there is a description. */
  get video(): VideoTools {
    return this.#tools!;
  }

  begin(description: StreamDescription): void {
    this.#listener.begun();
    const known = this.#description;
    this.#camera.ahead = undefined;
    const tools = this.#codecs.video(description.video.codec);
    this.#tools = tools;
    const payloadType = this.#video.begin(description.video, tools);
    const sameCodec = known?.video.codec === description.video.codec;
    // In-band sets of the session before are newer than none.
    const parameterSets = tools.parameterSets(description.video.parameterSets) ?? (sameCodec ? known.video.parameterSets : []);
    const video = this.#ordered({ ...description.video, payloadType, parameterSets });
    const audio = description.audio && { ...description.audio, payloadType: this.#audio.line.begin(description.audio) };
    this.#description = { ...description, video, ...(audio ? { audio } : {}) };
    this.#listener.described(this.#description, known !== undefined && !(sameCodec && sameAudio(known.audio, audio)));
  }

  packet(track: TrackKind, bytes: Buffer, start: number, end: number): void {
    if (track === 'video') this.#video.packet(bytes, start, end);
    else this.#audio.packet(bytes, start, end);
  }

  endOfRead(): void {
    this.#video.endOfRead();
  }

  clock(track: TrackKind, clock: SenderClock): void {
    this.#of(track).line.clock(clock);
  }

  slip(slip: StreamSlip): void {
    this.#listener.slip(slip);
  }

  /** Tells `outlet` the wall clock of every track that has begun. */
  report(outlet: (track: TrackKind, clock: SenderClock, packets: number, octets: number) => void): void {
    for (const track of ['video', 'audio'] as const) {
      const { line, packets, octets } = this.#of(track);
      const clock = packets > 0 ? line.senderClock : undefined;
      if (clock) outlet(track, clock, packets, octets);
    }
  }

  get lostPackets(): number {
    return this.#video.line.lostPackets + this.#audio.line.lostPackets;
  }

  get jitterMillis(): number {
    return this.#video.line.jitterMillis;
  }

  #of(track: TrackKind): VideoCutter | AudioCutter {
    return track === 'video' ? this.#video : this.#audio;
  }

  #deliver(unit: AccessUnit): void {
    if (unit.keyframe) this.#learn(unit);
    this.#listener.unit(unit);
  }

  /** In-band parameter sets beat those of the SDP (onvif-rtsp §3.2 quirk 20). */
  #learn(unit: AccessUnit): void {
    const description = this.#description;
    const tools = this.video;
    const sets = tools.parameterSets(tools.units([unit.wire]));
    this.inBand = sets !== undefined;
    if (!sets || !description || same(sets, description.video.parameterSets)) return;
    if (description.video.parameterSets.length > 0) this.#listener.slip('formats');
    this.#describe({ ...description.video, parameterSets: sets.map((set) => new Uint8Array(set)) });
  }

  /** The same pictures, better described. */
  #describe(video: VideoTrack): void {
    this.#description = { ...this.#description, video: this.#ordered(video) };
    this.#listener.described(this.#description, false);
  }

  /** With the order in which its pictures are sent, as its parameter sets tell it and as it was seen. */
  #ordered(video: VideoTrack): VideoTrack {
    const reordering = Math.max(this.#video.reordering, this.video.reordering(video.parameterSets));
    return reordering > 0 ? { ...video, reordering } : video;
  }
}

export function same(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((set, index) => Buffer.compare(set, other[index]!) === 0);
}

function sameAudio(one: AudioTrack | undefined, other: AudioTrack | undefined): boolean {
  if (!one || !other) return one === other;
  return one.codec === other.codec && one.clockRate === other.clockRate && one.channels === other.channels;
}
