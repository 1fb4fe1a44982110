/** What a simulated camera hears: a beep every second, at a pitch of its own. G.711 is made here, AAC once by ffmpeg into the folder of pictures. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeG711 } from '../../adapters/protocols/audio/g711.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Ffmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { outcome, start } from './encoder.ts';
import { cameraCode } from './strip.ts';

export const soundCodecs = ['pcma', 'pcmu', 'aac'] as const;
export type SoundCodec = (typeof soundCodecs)[number];

export interface Sound {
  readonly codec: SoundCodec;
  readonly payloadType: number;
  readonly clockRate: number;
  /** AudioSpecificConfig of AAC. */
  readonly config?: Uint8Array;
  /** One packet's worth each, in order, played in a loop. */
  readonly frames: readonly Uint8Array[];
  /** Length of a frame in ticks of the clock rate. */
  readonly frameTicks: number;
}

/** G.711 has its own numbers (RFC 3551 §6). */
const payloadTypes = { pcmu: 0, pcma: 8, aac: 97 } as const satisfies Record<SoundCodec, number>;
/** Whole seconds, and whole frames of AAC too: 125 of 64 ms. Or the beeps would not stay at the beginning of every second. */
const seconds = 8;
/** Part of the file's name: to be raised whenever the sound or the encoding changes. */
const edition = 2;
const g711Rate = 8_000;
const g711Frame = 160;
const aacRate = 16_000;
const aacFrame = 1_024;

/** Safe for several processes at once. Throws TRANSCODER_MISSING for AAC where no ffmpeg is. */
export async function openSound(codec: SoundCodec, camera: string, cacheFolder: string, ffmpeg: () => Promise<Ffmpeg>): Promise<Sound> {
  if (codec === 'aac') return aacSound(camera, cacheFolder, ffmpeg);
  const encode = g711Encoder(codec);
  const samples = beeps(camera, g711Rate, seconds);
  const frames = Array.from({ length: samples.length / g711Frame }, (_, index) =>
    Uint8Array.from(samples.subarray(index * g711Frame, (index + 1) * g711Frame), encode),
  );
  return { codec, payloadType: payloadTypes[codec], clockRate: g711Rate, frames, frameTicks: g711Frame };
}

/** What of a frame goes into its packet: of AAC one unit with its header of 16 bits (RFC 3640 §3.3.6). */
export function payloadOf({ codec }: Sound, frame: Uint8Array): Uint8Array {
  if (codec !== 'aac') return frame;
  const payload = Buffer.allocUnsafe(4 + frame.length);
  payload.writeUInt16BE(16, 0);
  payload.writeUInt16BE(frame.length << 3, 2);
  payload.set(frame, 4);
  return payload;
}

/** A fifth of a second of tone at the beginning of every second, and hiss between: silence would say nothing of a broken track. */
function beeps(camera: string, rate: number, length: number): Int16Array {
  const pitch = 500 + (cameraCode(camera) % 1_000);
  let state = cameraCode(camera);
  return Int16Array.from({ length: length * rate }, (_, index) => {
    const time = (index % rate) / rate;
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return time < 0.2 ? Math.round(9_000 * Math.sin(2 * Math.PI * pitch * time)) : (state >> 26) * 2;
  });
}

/** The code whose sample is nearest: the reverse of the decoder's own table. */
function g711Encoder(law: 'pcma' | 'pcmu'): (sample: number) => number {
  const values = new Int16Array(256);
  decodeG711(
    law,
    Uint8Array.from({ length: 256 }, (_, code) => code),
    values,
  );
  const codes = [...values.keys()].sort((one, other) => values[one]! - values[other]!);
  return (sample) => {
    let [low, high] = [0, 255];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (values[codes[middle]!]! <= sample) low = middle;
      else high = middle;
    }
    const [under, over] = [codes[low]!, codes[high]!];
    return sample - values[under]! <= values[over]! - sample ? under : over;
  };
}

async function aacSound(camera: string, cacheFolder: string, ffmpeg: () => Promise<Ffmpeg>): Promise<Sound> {
  const file = join(cacheFolder, `${camera}-${createHash('sha256').update(`${edition} ${camera}`).digest('hex').slice(0, 16)}.aac`);
  const kept = await readFile(file).catch(() => undefined); // not there: made below
  return readAdts(kept ?? (await encodeAac(camera, file, (await ffmpeg()).path)));
}

async function encodeAac(camera: string, file: string, program: string): Promise<Buffer> {
  const folder = join(file, '..');
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const child = start(program, [
    ...['-f', 's16le', '-ar', String(aacRate), '-ac', '1', '-i', 'pipe:0'],
    ...['-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', '32k', '-f', 'adts', draft],
  ]);
  try {
    const ended = outcome(child, program);
    child.stdin!.end(Buffer.from(beeps(camera, aacRate, 3 * seconds).buffer));
    await ended;
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file);
}

/** ISO/IEC 13818-7 §6.2: each frame has a head of 7 bytes that says what it is and how long. */
function readAdts(bytes: Buffer): Sound {
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 7 <= bytes.length; ) {
    const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    if (length <= 7 || at + length > bytes.length) break;
    frames.push(bytes.subarray(at + 7, at + length));
    at += length;
  }
  // The second of three rounds, so that its end goes on at its beginning; what comes out of a frame went in one frame earlier.
  const round = (seconds * aacRate) / aacFrame;
  if (frames.length < 2 * round + 1) throw new GatewayError('INTERNAL', 'The recorded sound is not whole.');
  const [objectType, rate, channels] = [(bytes[2]! >> 6) + 1, (bytes[2]! >> 2) & 15, ((bytes[2]! & 1) << 2) | (bytes[3]! >> 6)];
  const config = Uint8Array.of((objectType << 3) | (rate >> 1), ((rate & 1) << 7) | (channels << 3));
  return {
    codec: 'aac',
    payloadType: payloadTypes.aac,
    clockRate: aacRate,
    config,
    frames: frames.slice(round + 1, 2 * round + 1),
    frameTicks: aacFrame,
  };
}
