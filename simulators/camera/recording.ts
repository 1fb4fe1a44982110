/** The picture of a camera, encoded once into a folder and played in a loop ever after. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { h264Nal, h264NalType, h265Nal, h265NalType, isH264Slice, isH265Slice, splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Ffmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { outcome, start } from './encoder.ts';
import { openPainter, type PictureSettings, smallestPicture } from './picture.ts';

export interface RecordingSettings extends PictureSettings {
  readonly codec: 'h264' | 'h265';
  /** Most kbit/s. */
  readonly kbps: number;
  readonly loopSeconds: number;
  /** Between two keyframes. */
  readonly gopSeconds: number;
}

export interface Recording {
  readonly settings: RecordingSettings;
  /** SPS and PPS, before them the VPS of H.265, as they also stand before every keyframe. */
  readonly parameterSets: readonly Uint8Array[];
  /** One access unit each, in order; the first is a keyframe. */
  readonly pictures: readonly { readonly keyframe: boolean; readonly nals: readonly Uint8Array[] }[];
  /** JPEG of each keyframe. */
  readonly stills: readonly Uint8Array[];
}

/** Part of every file's name: to be raised whenever the drawing or the encoding changes. */
const edition = 4;

const encoders = { h264: 'libx264', h265: 'libx265' } as const;

/** What the two codecs call the same things. */
const units = {
  h264: {
    isSlice: isH264Slice,
    isKey: (nal: Uint8Array) => h264NalType(nal) === h264Nal.idr,
    isSei: (nal: Uint8Array) => h264NalType(nal) === h264Nal.sei,
    sets: 2,
  },
  h265: {
    isSlice: isH265Slice,
    isKey: (nal: Uint8Array) => h265NalType(nal) >= h265Nal.firstIrap && h265NalType(nal) <= h265Nal.lastIrap,
    isSei: (nal: Uint8Array) => h265NalType(nal) === h265Nal.prefixSei || h265NalType(nal) === h265Nal.suffixSei,
    sets: 3,
  },
} as const;

/** From the folder if it is there, else drawn, encoded and put there. Safe for several processes at once. Throws TRANSCODER_MISSING, REQUEST_INVALID. */
export async function openRecording(settings: RecordingSettings, cacheFolder: string, ffmpeg: () => Promise<Ffmpeg>): Promise<Recording> {
  check(settings);
  const name = `${settings.camera}-${settings.width}x${settings.height}-${createHash('sha256')
    .update(JSON.stringify([edition, Object.entries(settings).sort()]))
    .digest('hex')
    .slice(0, 16)}`;
  const { codec } = settings;
  const [video, stills] = [join(cacheFolder, `${name}.${codec}`), join(cacheFolder, `${name}.mjpeg`)];
  const kept = await read(settings, video, stills).catch(() => undefined); // not there, or not whole: made anew below
  if (kept) return kept;
  await mkdir(cacheFolder, { recursive: true });
  const program = await ffmpeg();
  if (!program.encoders.has(encoders[codec])) {
    throw new GatewayError(
      'TRANSCODER_MISSING',
      `The ffmpeg ${program.path} has no ${encoders[codec]}, so no camera can be simulated that sends ${codec.toUpperCase()}.`,
      { context: { path: program.path, version: program.version } },
    );
  }
  // Under a name of its own until it is whole: whoever else makes the same picture now only does the work twice.
  const draft = join(cacheFolder, `${name}.${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await encode(settings, program.path, `${draft}.${codec}`);
    await makeStills(program.path, `${draft}.${codec}`, { codec, file: `${draft}.mjpeg` });
    await rename(`${draft}.mjpeg`, stills);
    await rename(`${draft}.${codec}`, video);
  } finally {
    await rm(`${draft}.${codec}`, { force: true });
    await rm(`${draft}.mjpeg`, { force: true });
  }
  return read(settings, video, stills);
}

function check({ width, height, framesPerSecond, kbps, loopSeconds, gopSeconds }: RecordingSettings): void {
  const fits =
    width >= smallestPicture.width && height >= smallestPicture.height && width <= 3_840 && height <= 2_160 && width % 2 === 0 && height % 2 === 0;
  if (!fits) {
    throw new GatewayError('REQUEST_INVALID', `A simulated picture has even sides from 160x90 to 3840x2160, but ${width}x${height} was asked for.`);
  }
  const positive = [framesPerSecond, kbps, loopSeconds, gopSeconds].every((value) => value > 0);
  if (!positive || framesPerSecond > 60 || kbps > 20_000 || loopSeconds > 60 || gopSeconds > loopSeconds) {
    throw new GatewayError(
      'REQUEST_INVALID',
      `A simulated stream has at most 60 frames/s, 20000 kbit/s and a loop of 60 s that is not shorter than a GOP, but ` +
        `${framesPerSecond} frames/s, ${kbps} kbit/s, a loop of ${loopSeconds} s and a GOP of ${gopSeconds} s were asked for.`,
    );
  }
}

async function encode(settings: RecordingSettings, program: string, file: string): Promise<void> {
  const { codec, width, height, framesPerSecond, kbps, loopSeconds, gopSeconds } = settings;
  const gop = String(Math.max(1, Math.round(framesPerSecond * gopSeconds)));
  const rate = `${kbps}k`;
  const options = [
    ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`, '-framerate', String(framesPerSecond), '-i', 'pipe:0'],
    // One thread and no look-ahead: a picture of one slice, and four cameras encode side by side on a small box.
    ...['-an', '-c:v', encoders[codec], '-preset', 'ultrafast', '-profile:v', 'main', '-threads', '1', '-bf', '0'],
    ...['-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-b:v', rate, '-maxrate', rate, '-bufsize', rate],
    ...(codec === 'h264'
      ? ['-x264-params', 'repeat-headers=1:cabac=1', '-f', 'h264', file]
      : [
          '-x265-params',
          `repeat-headers=1:pools=none:frame-threads=1:bframes=0:keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0:log-level=error`,
          '-f',
          'hevc',
          file,
        ]),
  ];
  const child = start(program, options);
  const ended = outcome(child, program);
  const paint = openPainter(settings);
  const feed = async () => {
    const input = child.stdin!;
    for (let frame = 0; frame < framesPerSecond * loopSeconds; frame += 1) {
      // A copy: the painter draws the next frame over the same bytes.
      if (!input.write(Buffer.from(paint(frame)))) await Promise.race([once(input, 'drain'), ended]);
    }
    input.end();
    await finished(input);
  };
  // A pipe that breaks is a child that ended: `outcome` knows why, the pipe does not.
  await Promise.all([ended, feed().catch((error: unknown) => ended.then(() => Promise.reject(error)))]);
}

async function makeStills(program: string, video: string, { codec, file }: { codec: RecordingSettings['codec']; file: string }): Promise<void> {
  const options = [
    '-skip_frame',
    'nokey',
    '-f',
    codec === 'h264' ? 'h264' : 'hevc',
    '-i',
    video,
    '-vsync',
    '0',
    '-c:v',
    'mjpeg',
    '-pix_fmt',
    'yuvj420p',
    '-q:v',
    '5',
  ];
  await outcome(start(program, [...options, '-f', 'image2pipe', file]), program);
}

async function read(settings: RecordingSettings, video: string, stillsFile: string): Promise<Recording> {
  const [bytes, images] = await Promise.all([readFile(video), readFile(stillsFile)]);
  const pictures: { keyframe: boolean; nals: Uint8Array[] }[] = [];
  let open: Uint8Array[] = [];
  const { isSlice, isKey, isSei, sets } = units[settings.codec];
  for (const nal of splitAnnexB(bytes)) {
    // The encoders write their settings into a SEI; the only SEI of a simulated camera is the time, at sending.
    if (isSei(nal)) continue;
    open.push(nal);
    if (!isSlice(nal)) continue;
    pictures.push({ keyframe: isKey(nal), nals: open });
    open = [];
  }
  const parameterSets = pictures[0]?.nals.slice(0, -1) ?? [];
  const stills = splitJpegs(images);
  const whole =
    pictures.length === Math.ceil(settings.framesPerSecond * settings.loopSeconds) && pictures[0]?.keyframe && parameterSets.length === sets;
  if (!whole || stills.length !== pictures.filter((picture) => picture.keyframe).length) {
    throw new GatewayError('INTERNAL', `The recording ${video} is not whole: ${pictures.length} pictures, ${stills.length} stills.`);
  }
  return { settings, parameterSets, pictures, stills };
}

/** JPEG ends with FF D9, and inside entropy-coded data FF is always followed by 00 or a restart marker (ITU-T T.81 §B.1.1). */
function splitJpegs(bytes: Buffer): Uint8Array[] {
  const images: Uint8Array[] = [];
  const endMark = Buffer.of(0xff, 0xd9);
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(endMark, from);
    if (end < 0) break;
    images.push(bytes.subarray(from, end + 2));
    from = end + 2;
  }
  return images;
}
