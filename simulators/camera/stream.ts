/** One profile's stream: picture and sound played in a loop at their true pace, once for all readers. Numbers and times never notice the loop. */
import { packetiseH264 } from '../../adapters/protocols/rtp/h264-payload.ts';
import { packetiseH265 } from '../../adapters/protocols/rtp/h265-payload.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { Faults } from './faults.ts';
import type { Recording } from './recording.ts';
import { asOneUnit, foreignReport, packetsOfOldSession } from './rtsp-faults.ts';
import { payloadOf, type Sound } from './sound.ts';
import { timed } from './time-sei.ts';
import { Burst, type TrackOutlet, TrackSender } from './track-sender.ts';

export const videoNumbers = { payloadType: 96, clockRate: 90_000 } as const;
const reportEvery = seconds(5);
/** Further behind than this, pictures are left out instead of sent late: the machine slept. */
const mostBehind = seconds(2);

export interface Reader {
  readonly video?: TrackOutlet;
  readonly audio?: TrackOutlet;
}

class Reading {
  readonly outlet: TrackOutlet;
  readonly #sender: TrackSender;
  packets = 0;
  octets = 0;
  #reportAt = 0;

  constructor(outlet: TrackOutlet, sender: TrackSender) {
    this.outlet = outlet;
    this.#sender = sender;
  }

  /** `at`: ms since the camera's start, of what is sent, and now. */
  send(burst: Burst, now: { readonly at: number; readonly wallClock: number }): void {
    // The report first: whoever needs the time of the first picture has it before the picture.
    if (now.at >= this.#reportAt) {
      this.outlet.rtcp(this.#sender.report(now.at, now.wallClock, this));
      this.#reportAt = now.at + reportEvery;
    }
    this.packets += burst.packets.length;
    this.octets += burst.octets;
    this.outlet.rtp(burst);
  }
}

export interface CameraStreamOptions {
  readonly recording: Recording;
  readonly sound?: Sound;
  readonly clock: Clock;
  /** The camera's own idea of the time, epoch ms. */
  readonly wallClock: () => number;
  readonly faults: Faults;
}

export class CameraStream {
  readonly recording: Recording;
  readonly sound: Sound | undefined;
  readonly video: TrackSender;
  readonly audio: TrackSender | undefined;
  readonly #options: CameraStreamOptions;
  readonly #epoch: number;
  readonly #interval: number;
  readonly #soundInterval: number;
  /** The ones of video have had their first keyframe once `started` names them. */
  readonly #videos = new Set<Reading>();
  readonly #audios = new Set<Reading>();
  readonly #started = new WeakSet<Reading>();
  /** Number of the next picture, and of the next packet of sound, since the start; they pace and stamp. */
  #number = 0;
  #soundNumber = 0;
  /** What to add to the number to get the place in the loop; grows with every jump to a keyframe. */
  #ahead = 0;
  #wake: () => void = () => undefined;
  #frames = 0;

  constructor(options: CameraStreamOptions) {
    const { recording, sound, clock } = options;
    this.#options = options;
    this.recording = recording;
    this.sound = sound;
    this.video = new TrackSender(videoNumbers);
    this.audio = sound && new TrackSender(sound);
    this.#epoch = clock.monotonic();
    this.#interval = 1_000 / recording.settings.framesPerSecond;
    this.#soundInterval = sound ? (sound.frameTicks * 1_000) / sound.clockRate : Number.POSITIVE_INFINITY;
  }

  get readers(): number {
    return Math.max(this.#videos.size, this.#audios.size);
  }

  /** Pictures sent, to however many readers. */
  get frames(): number {
    return this.#frames;
  }

  /** From the next keyframe on, until disposed. */
  join({ video, audio }: Reader): Disposable {
    if (this.readers === 0) this.#catchUp();
    const picture = video && new Reading(video, this.video);
    const sound = audio && this.audio && new Reading(audio, this.audio);
    if (picture) this.#videos.add(picture);
    if (sound) this.#audios.add(sound);
    this.#wake();
    return {
      [Symbol.dispose]: () => {
        if (picture) this.#videos.delete(picture);
        if (sound) this.#audios.delete(sound);
      },
    };
  }

  /** SetSynchronizationPoint: the next picture is a keyframe. */
  synchronise(): void {
    const { pictures } = this.recording;
    while (!pictures[this.#place()]!.keyframe) this.#ahead += 1;
  }

  /** JPEG of about now. */
  still(): Uint8Array {
    const { stills, pictures } = this.recording;
    const number = this.readers > 0 ? this.#number : this.#due(this.#interval);
    const place = (number + this.#ahead) % pictures.length;
    return stills[Math.min(stills.length - 1, Math.floor((place * stills.length) / pictures.length))]!;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, faults } = this.#options;
    let still = false;
    while (!signal.aborted) {
      if (this.readers === 0) {
        await this.#somebody(signal);
        continue;
      }
      const [picture, sound] = [this.#number * this.#interval, this.#soundTime()];
      const late = this.#now() - Math.min(picture, sound);
      if (late < 0) await clock.sleep(millis(-late), signal).catch(() => undefined); // aborted: the loop ends
      if (signal.aborted) return;
      if (late > mostBehind) this.#catchUp();
      const stands = faults.has('stalled');
      // An encoder that hung begins anew: what it would go on with refers to pictures that nobody got.
      if (still && !stands) this.synchronise();
      still = stands;
      if (sound < picture) {
        if (!stands) this.#sendSound();
        this.#soundNumber += 1;
      } else {
        if (!stands) this.#sendPicture();
        this.#number += 1;
      }
    }
  }

  #somebody(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#wake = () => undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #sendPicture(): void {
    const { faults, wallClock } = this.#options;
    const { keyframe, nals } = this.recording.pictures[this.#place()]!;
    const readings = [...this.#videos].filter((reading) => {
      if (keyframe) this.#started.add(reading);
      return this.#started.has(reading);
    });
    if (readings.length === 0) return;
    this.#frames += 1;
    const at = this.#number * this.#interval;
    const burst = this.#pictureBurst(keyframe ? timed(this.recording.settings.codec, nals, wallClock()) : nals, at);
    const now = { at: this.#now(), wallClock: wallClock() };
    for (const reading of readings) {
      reading.send(burst, now);
      if (faults.has('crooked-rtp-info')) reading.outlet.rtcp(foreignReport(this.video.ssrc));
      if (faults.has('old-session-data')) reading.outlet.rtp(new Burst(packetsOfOldSession(burst.packets)));
    }
  }

  #pictureBurst(nals: readonly Uint8Array[], at: number): Burst {
    const { faults } = this.#options;
    const { codec } = this.recording.settings;
    const packetise = codec === 'h264' ? packetiseH264 : packetiseH265;
    // Everything before the slice in packets of its own, whose last one says that it is a picture.
    const apart = faults.has('early-marker') ? packetise(nals.slice(0, -1)) : [];
    const together = faults.has('early-marker') ? nals.slice(-1) : nals;
    const payloads = [...apart, ...packetise(codec === 'h264' && faults.has('start-codes') ? [asOneUnit(together)] : together)];
    return this.video.burst(payloads, at, (index) => index === payloads.length - 1 || index === apart.length - 1);
  }

  #sendSound(): void {
    const { sound, audio } = this;
    if (!sound || !audio || this.#audios.size === 0) return;
    const frame = sound.frames[this.#soundNumber % sound.frames.length]!;
    // RFC 3640 §3.1: the marker ends a frame; RFC 3551 §4.1: of G.711 it begins speech after silence, which never comes.
    const burst = audio.burst([payloadOf(sound, frame)], this.#soundTime(), () => sound.codec === 'aac');
    const now = { at: this.#now(), wallClock: this.#options.wallClock() };
    for (const reading of this.#audios) reading.send(burst, now);
  }

  #place(): number {
    return (this.#number + this.#ahead) % this.recording.pictures.length;
  }

  /** ms since the camera's start. */
  #now(): number {
    return this.#options.clock.monotonic() - this.#epoch;
  }

  #soundTime(): number {
    return this.sound ? this.#soundNumber * this.#soundInterval : Number.POSITIVE_INFINITY;
  }

  #catchUp(): void {
    this.#number = this.#due(this.#interval);
    if (this.sound) this.#soundNumber = this.#due(this.#soundInterval);
  }

  #due(interval: number): number {
    return Math.max(0, Math.ceil(this.#now() / interval));
  }
}
