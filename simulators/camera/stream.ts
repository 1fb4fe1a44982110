/** One profile's stream: the recording played in a loop at its true pace, once for all readers. Sequence numbers and timestamps never notice the loop. */
import { randomInt } from 'node:crypto';
import { h264Nal, h264NalType } from '../../adapters/protocols/h26x/nal.ts';
import { packetiseH264 } from '../../adapters/protocols/rtp/h264-payload.ts';
import { writeRtp } from '../../adapters/protocols/rtp/packet.ts';
import { writeSenderReport } from '../../adapters/protocols/rtp/rtcp.ts';
import { writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { Recording } from './recording.ts';
import { timeSei } from './time-sei.ts';

export const payloadType = 96;
export const clockRate = 90_000;
const reportEvery = seconds(5);
/** Further behind than this, pictures are left out instead of sent late: the machine slept. */
const mostBehind = seconds(2);

export interface Reader {
  /** Interleaved channels (RFC 2326 §10.12). */
  readonly rtp: number;
  readonly rtcp: number;
  send(bytes: Buffer): void;
}

interface Reading {
  readonly reader: Reader;
  /** It has had its first keyframe. */
  started: boolean;
  packets: number;
  octets: number;
  reportAt: number;
}

export interface CameraStreamOptions {
  readonly recording: Recording;
  readonly clock: Clock;
  /** The camera's own idea of the time, epoch ms. */
  readonly wallClock: () => number;
  /** True: pictures pass unsent. */
  readonly stalled: () => boolean;
}

export class CameraStream {
  readonly recording: Recording;
  readonly ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #options: CameraStreamOptions;
  readonly #readings = new Set<Reading>();
  readonly #firstTimestamp = randomInt(0, 2 ** 32 - 1);
  readonly #epoch: number;
  readonly #interval: number;
  #sequence = randomInt(0, 2 ** 16 - 1);
  /** Number of the next picture since the start; it paces and stamps. */
  #number = 0;
  /** What to add to the number to get the place in the loop; grows with every jump to a keyframe. */
  #ahead = 0;
  #wake: () => void = () => undefined;
  #frames = 0;

  constructor(options: CameraStreamOptions) {
    this.#options = options;
    this.recording = options.recording;
    this.#epoch = options.clock.monotonic();
    this.#interval = 1_000 / options.recording.settings.framesPerSecond;
  }

  get readers(): number {
    return this.#readings.size;
  }

  /** Pictures sent, to however many readers. */
  get frames(): number {
    return this.#frames;
  }

  /** From the next keyframe on, until disposed. */
  join(reader: Reader): Disposable {
    if (this.#readings.size === 0) this.#number = this.#due();
    const reading: Reading = { reader, started: false, packets: 0, octets: 0, reportAt: 0 };
    this.#readings.add(reading);
    this.#wake();
    return { [Symbol.dispose]: () => void this.#readings.delete(reading) };
  }

  /** SetSynchronizationPoint: the next picture is a keyframe. */
  synchronise(): void {
    const { pictures } = this.recording;
    while (!pictures[this.#place()]!.keyframe) this.#ahead += 1;
  }

  /** JPEG of about now. */
  still(): Uint8Array {
    const { stills, pictures } = this.recording;
    const number = this.#readings.size > 0 ? this.#number : this.#due();
    const place = (number + this.#ahead) % pictures.length;
    return stills[Math.min(stills.length - 1, Math.floor((place * stills.length) / pictures.length))]!;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, stalled } = this.#options;
    let still = false;
    while (!signal.aborted) {
      if (this.#readings.size === 0) {
        await this.#somebody(signal);
        continue;
      }
      const late = clock.monotonic() - this.#timeOf(this.#number);
      if (late < 0) await clock.sleep(millis(-late), signal).catch(() => undefined); // aborted: the loop ends
      if (signal.aborted) return;
      if (late > mostBehind) this.#number = this.#due();
      const stands = stalled();
      // An encoder that hung begins anew: what it would go on with refers to pictures that nobody got.
      if (still && !stands) this.synchronise();
      still = stands;
      if (!stands) this.#sendPicture();
      this.#number += 1;
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
    const picture = this.recording.pictures[this.#place()]!;
    const now = this.#options.clock.monotonic();
    const readings = [...this.#readings].filter((reading) => {
      reading.started ||= picture.keyframe;
      return reading.started;
    });
    if (readings.length === 0) return;
    const packets = this.#packets(picture.keyframe ? this.#timed(picture.nals) : picture.nals);
    const octets = packets.reduce((sum, packet) => sum + packet.length - 12, 0);
    const wires = new Map<number, Buffer>();
    this.#frames += 1;
    for (const reading of readings) {
      const { rtp, rtcp } = reading.reader;
      let wire = wires.get(rtp);
      if (!wire) {
        wire = Buffer.concat(packets.map((packet) => writeFrame(rtp, packet)));
        wires.set(rtp, wire);
      }
      // The report first: whoever needs the time of the first picture has it before the picture.
      if (now >= reading.reportAt) {
        reading.reader.send(writeFrame(rtcp, this.#report(now, reading)));
        reading.reportAt = now + reportEvery;
      }
      reading.packets += packets.length;
      reading.octets += octets;
      reading.reader.send(wire);
    }
  }

  /** The access unit with the time of sending before its first slice. */
  #timed(nals: readonly Uint8Array[]): readonly Uint8Array[] {
    const sets = nals.filter((nal) => h264NalType(nal) !== h264Nal.idr);
    return [...sets, timeSei(this.#options.wallClock()), ...nals.filter((nal) => h264NalType(nal) === h264Nal.idr)];
  }

  #packets(nals: readonly Uint8Array[]): Buffer[] {
    const payloads = packetiseH264(nals);
    const timestamp = this.#timestamp(this.#number);
    return payloads.map((payload, index) => {
      const sequence = this.#sequence;
      this.#sequence = (this.#sequence + 1) & 0xffff;
      return writeRtp({ marker: index === payloads.length - 1, payloadType, sequence, timestamp, ssrc: this.ssrc }, payload);
    });
  }

  #report(now: number, { packets, octets }: Reading): Buffer {
    const since = ((now - this.#timeOf(this.#number)) * clockRate) / 1_000;
    const rtpTimestamp = (this.#timestamp(this.#number) + Math.round(since)) >>> 0;
    return writeSenderReport({ ssrc: this.ssrc, wallClock: this.#options.wallClock(), rtpTimestamp, packets, octets });
  }

  #place(): number {
    return (this.#number + this.#ahead) % this.recording.pictures.length;
  }

  #timestamp(number: number): number {
    return (this.#firstTimestamp + Math.round((number * clockRate * this.#interval) / 1_000)) % 2 ** 32;
  }

  #timeOf(number: number): number {
    return this.#epoch + number * this.#interval;
  }

  #due(): number {
    return Math.max(0, Math.ceil((this.#options.clock.monotonic() - this.#epoch) / this.#interval));
  }
}
