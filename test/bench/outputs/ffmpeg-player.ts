/** ffmpeg as a player: decodes with every complaint an error, and tells each picture and each block of sound with its time. */
import type { Writable } from 'node:stream';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { type Decoded, picturesOf, soundRate, soundsOf } from './decoded.ts';
import { startPlayer } from './player-program.ts';

export interface Playing {
  /** Pixels; the strip is cut out of it. */
  readonly width: number;
  readonly picture: boolean;
  readonly sound: boolean;
}

export interface RunningFfmpeg {
  readonly inputs: readonly [Writable, Writable];
  readonly ended: Promise<Decoded>;
}

/** What it may take beyond the media itself: to connect, and to begin on a busy machine. */
export const grace: Millis = seconds(30);

/**
 * `input`: arguments up to and with `-i`; `length`: of the media, where it does not end by itself. Times are told in the stream's own units:
 * none is rounded to a frame rate.
 */
export function startFfmpeg(input: readonly string[], { width, picture, sound }: Playing, length: Millis | undefined, within: Millis): RunningFfmpeg {
  const limit = length === undefined ? [] : ['-t', String(length / 1_000)];
  const [video, audio] = [
    picture ? ['-map', '0:v:0', ...stripOf(width)] : [],
    sound ? ['-map', `${input.includes('pipe:5') ? 1 : 0}:a:0`, ...pcm] : [],
  ];
  const outputs = [
    [...video, ...audio, '-enc_time_base', '-1', '-f', 'framecrc', 'pipe:1'],
    ...(picture ? [[...video, '-f', 'rawvideo', 'pipe:3']] : []),
    ...(sound ? [[...audio, '-f', 's16le', 'pipe:4']] : []),
  ];
  const at: number[] = [];
  const blocks: { at: number; samples: number }[] = [];
  const units: number[] = [];
  const line = (text: string) => {
    const [, track, from, to] = /^#tb (\d): (\d+)\/(\d+)/.exec(text) ?? [];
    if (track !== undefined) units[Number(track)] = Number(from) / Number(to);
    if (text.startsWith('#')) return;
    const [stream = 0, , pts = 0, , bytes = 0] = text.split(',').map(Number);
    const time = pts * (units[stream] ?? Number.NaN);
    if (picture && stream === 0) at.push(time);
    else blocks.push({ at: time, samples: bytes / 2 });
  };
  const args = ['-v', 'error', '-xerror', '-nostdin', ...input, ...outputs.flatMap((output) => [...limit, ...output])];
  const [strips, samples]: [Buffer[], Buffer[]] = [[], []];
  const taken = { picture: (bytes: Buffer) => void strips.push(bytes), sound: (bytes: Buffer) => void samples.push(bytes) };
  const { inputs, ended } = startPlayer({ program: 'ffmpeg', args, line, ...taken, within });
  return {
    inputs,
    ended: ended.then((errors) => ({
      errors,
      pictures: picturesOf(at, Buffer.concat(strips)),
      sounds: soundsOf(blocks, Buffer.concat(samples)),
    })),
  };
}

/** From an address, for so long. */
export function playByFfmpeg(input: readonly string[], playing: Playing, length: Millis): Promise<Decoded> {
  return startFfmpeg(input, playing, length, millis(length + grace)).ended;
}

const pcm = ['-ac', '1', '-ar', String(soundRate)];

/** One grey pixel out of each block of the strip; no picture is left out or shown twice. */
function stripOf(width: number): readonly string[] {
  const block = Math.floor(width / 80) * 2;
  return ['-vf', `crop=${block * 40}:2:0:ih-${block / 2 + 1},scale=40:1:flags=neighbor,format=gray`, '-fps_mode', 'passthrough'];
}
