/** The media plane itself. It lives in the worker; for tests also on the main thread. */
import { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type {
  Keyframe,
  MediaFigures,
  RecordingPlan,
  RtpOrder,
  RtspBound,
  RtspListen,
  SinkSpec,
  StreamKey,
  StreamTelemetry,
  WantedKeyframe,
} from '../domain/media.ts';
import type { ViewerDoor } from '../domain/media-ports.ts';
import type { MediaPlane, PreparedSink, RtpSending } from '../domain/ports.ts';
import type { MendedRecording } from '../domain/recording.ts';
import { Turns } from '../runtime/turns.ts';
import { ClipMemory } from './clips/memory.ts';
import { mendRecording } from './clips/mend.ts';
import { openRecording } from './clips/recording.ts';
import { Hub } from './hub.ts';
import type { MediaContext } from './ports.ts';
import { type OpenSink, openSink } from './sinks.ts';

/** Of the few threads that wait for disks, and that names are looked up on: the others are left to alarms. */
const mostAtDisk = 2;
/** What clips may hold of pictures that no ring holds any more, because the disk is slow. */
const unwrittenBytes = 64 * 1024 * 1024;

export class Plane implements MediaPlane {
  readonly #context: MediaContext;
  readonly #hub: Hub;
  readonly #sinks = new Set<OpenSink>();
  readonly #atDisk = new Turns(mostAtDisk);
  readonly #clipMemory: ClipMemory;
  #door: ViewerDoor | undefined;
  #keys: readonly StreamKey[] = [];
  #closed = false;

  constructor(context: MediaContext) {
    this.#context = context;
    this.#hub = new Hub(context);
    this.#clipMemory = new ClipMemory(context.settings.ringsBytes + unwrittenBytes);
  }

  async prepare(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink> {
    if (this.#closed) throw new GatewayError('MEDIA_UNAVAILABLE', 'The media plane is closed.');
    const hold = await this.#hub.open(sink, signal).catch((error) => {
      sink.port.close();
      throw error;
    });
    const { parts, clock, log } = this.#context;
    const closed = () => this.#sinks.delete(opened);
    const opened: OpenSink =
      sink.kind === 'recording'
        ? openRecording(sink, hold, { ...{ parts, clock, log, closed }, turns: this.#atDisk, memory: this.#clipMemory })
        : openSink(sink, hold, { codecs: parts.codecs, log, closed });
    this.#sinks.add(opened);
    return opened;
  }

  async mendRecording(file: string): Promise<MendedRecording> {
    using _turn = await this.#atDisk.take();
    return await mendRecording(file, this.#context.parts.clips);
  }

  async sendRtp(order: RtpOrder, signal: AbortSignal): Promise<RtpSending> {
    if (this.#closed) throw new GatewayError('MEDIA_UNAVAILABLE', 'The media plane is closed.');
    return this.#hub.send(order, signal);
  }

  keyframe(wanted: WantedKeyframe, signal: AbortSignal): Promise<Keyframe> {
    return this.#hub.keyframe(wanted, signal);
  }

  async record(plans: readonly RecordingPlan[]): Promise<void> {
    this.#hub.record(plans);
  }

  async alarmed(channels: readonly ChannelId[]): Promise<void> {
    this.#hub.alarmed(channels);
  }

  async refused(channels: readonly ChannelId[]): Promise<void> {
    this.#hub.refused(channels);
  }

  async telemetry(): Promise<readonly StreamTelemetry[]> {
    return this.#hub.telemetry();
  }

  async figures(): Promise<MediaFigures> {
    return this.#hub.figures();
  }

  async serveRtsp(listen: RtspListen): Promise<RtspBound> {
    await this.#door?.[Symbol.asyncDispose]();
    this.#door = await this.#context.parts.openRtsp(listen, this.#hub);
    this.#door.admit(this.#keys);
    return this.#door.bound;
  }

  async admit(keys: readonly StreamKey[]): Promise<void> {
    this.#keys = keys;
    this.#door?.admit(keys);
  }

  /** Tells every open sink why nothing more comes: for a crash, before the thread goes. */
  endSinks(reason: string): void {
    for (const sink of [...this.#sinks]) sink.end(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.endSinks('media plane closed');
    // Clips are finished first.
    await Promise.all([...this.#sinks].map((sink) => sink[Symbol.asyncDispose]()));
    await this.#door?.[Symbol.asyncDispose]();
    await this.#hub[Symbol.asyncDispose]();
  }
}
