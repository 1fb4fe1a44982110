/** Makes H.264 of a camera's H.265, picture by picture, with ffmpeg in between: Matroska goes in, FLV comes out, RTP is what the media plane takes. */
import { randomInt } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { StreamReceiver } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Instant, type Millis, seconds } from '../../gateway/domain/time.ts';
import { type Ffmpeg, findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { linked } from '../../gateway/runtime/linked.ts';
import { FlvReader } from '../protocols/flv.ts';
import { MatroskaMuxer } from '../protocols/matroska.ts';
import { packetiseH264 } from '../protocols/rtp/h264-payload.ts';
import { writeRtp } from '../protocols/rtp/packet.ts';
import { writeFrame } from '../protocols/rtsp/scanner.ts';
import { renderLive } from './ffmpeg.ts';
import { Flight } from './flight.ts';

interface TimedPicture {
  readonly units: readonly Uint8Array[];
  readonly keyframe: boolean;
  /** Since the first one. */
  readonly at: Millis;
  readonly capturedAt: Instant;
}

interface PictureSource {
  readonly parameterSets: readonly Uint8Array[];
  follow(take: (picture: TimedPicture) => void): Disposable;
}

type Receiver = Pick<StreamReceiver, 'begin' | 'packet' | 'endOfRead' | 'clock'>;

const widest = 1280;
const highest = 720;
const clockRate = 90_000;
const payloadType = 96;
const lookEvery = seconds(1);

/** Throws TRANSCODER_MISSING. */
export async function openH264(clock: Clock, configuredPath?: string) {
  const ffmpeg = await findFfmpeg(configuredPath);
  if (!ffmpeg.encoders.has('libx264')) {
    throw new GatewayError('TRANSCODER_MISSING', `${ffmpeg.path} cannot write H.264: it has no libx264.`, { context: { path: ffmpeg.path } });
  }
  return { run: (pictures: PictureSource, receiver: Receiver, signal: AbortSignal) => run({ ffmpeg, clock, pictures, receiver }, signal) };
}

interface Run {
  readonly ffmpeg: Ffmpeg;
  readonly clock: Clock;
  readonly pictures: PictureSource;
  readonly receiver: Receiver;
}

async function run({ ffmpeg, clock, pictures, receiver }: Run, signal: AbortSignal): Promise<void> {
  const muxer = muxerOf(pictures.parameterSets);
  const flight = new Flight(() => clock.monotonic());
  const input = new PassThrough();
  input.write(muxer.head);
  using _following = pictures.follow((picture) => {
    if (flight.take(picture)) input.write(muxer.picture({ ...picture, millis: picture.at }));
  });
  using life = linked(signal);
  void stuck(flight, clock, life.signal).then((why) => why && life.abort(why));
  const { width, height } = fitted(muxer.facts);
  // What is there by now is the past: of it, only the newest picture is shown.
  const from = flight.newest / 1000 - 0.000_5;
  await renderLive(ffmpeg, { width, height, from, input, output: flvInto(new RtpSender(receiver), flight) }, life.signal);
  if (!signal.aborted) throw life.signal.reason;
}

function muxerOf(parameterSets: readonly Uint8Array[]): MatroskaMuxer {
  try {
    return new MatroskaMuxer(parameterSets);
  } catch (cause) {
    throw new GatewayError('MEDIA_UNSUPPORTED', 'The camera describes its H.265 in a way that cannot be read.', { cause });
  }
}

/** Even sides, as the codec wants them. */
function fitted({ width, height }: { readonly width: number; readonly height: number }): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, widest / width, highest / height);
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
  return { width: even(width), height: even(height) };
}

/** Resolves with the reason once ffmpeg does nothing any more, with nothing when aborted. */
async function stuck(flight: Flight, clock: Clock, signal: AbortSignal): Promise<GatewayError | undefined> {
  while (!signal.aborted) {
    await clock.sleep(lookEvery, signal).catch(() => undefined); // Aborted: the loop ends.
    if (flight.stuck) return new GatewayError('MEDIA_UNAVAILABLE', 'ffmpeg took pictures and made none of them: it is started again.');
  }
  return undefined;
}

function flvInto(sender: RtpSender, flight: Flight): Writable {
  const reader = new FlvReader();
  return new Writable({
    emitClose: false,
    write(chunk: Buffer, _encoding, done) {
      try {
        for (const video of reader.push(chunk)) {
          if (video.kind === 'sets') sender.begin(video.parameterSets);
          else {
            const capturedAt = flight.land(video.millis);
            if (capturedAt !== undefined) sender.picture(video, capturedAt);
          }
        }
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}

/** Hands pictures on as a camera would. */
class RtpSender {
  readonly #receiver: Receiver;
  readonly #ssrc = randomInt(1, 0xffff_ffff);
  #sequence = randomInt(0, 0x1_0000);
  #sets: readonly Uint8Array[] = [];

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  begin(parameterSets: readonly Uint8Array[]): void {
    this.#sets = parameterSets;
    this.#receiver.begin({ video: { kind: 'video', codec: 'h264', payloadType, clockRate, parameterSets } });
  }

  picture(
    { units, keyframe, millis }: { readonly units: readonly Uint8Array[]; readonly keyframe: boolean; readonly millis: number },
    capturedAt: Instant,
  ): void {
    const timestamp = (millis * (clockRate / 1000)) >>> 0;
    this.#receiver.clock('video', { wallClock: capturedAt, rtpTimestamp: timestamp, ssrc: this.#ssrc, certain: true });
    const payloads = packetiseH264(keyframe ? [...this.#sets, ...units] : units);
    payloads.forEach((payload, index) => {
      const marker = index === payloads.length - 1;
      const packet = writeFrame(0, writeRtp({ marker, payloadType, sequence: this.#sequence, timestamp, ssrc: this.#ssrc }, payload));
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#receiver.packet('video', packet, 0, packet.length);
    });
    this.#receiver.endOfRead();
  }
}
