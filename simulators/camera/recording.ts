/** The picture of a camera, encoded once into a folder and played in a loop ever after. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { h264Nal, h264NalType, isH264Slice, splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Ffmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { openPainter, type PictureSettings, smallestPicture } from './picture.ts';

export interface RecordingSettings extends PictureSettings {
  /** Most kbit/s. */
  readonly kbps: number;
  readonly loopSeconds: number;
  /** Between two keyframes. */
  readonly gopSeconds: number;
}

export interface Recording {
  readonly settings: RecordingSettings;
  /** SPS and PPS, as they also stand before every keyframe. */
  readonly parameterSets: readonly Uint8Array[];
  /** One access unit each, in order; the first is a keyframe. */
  readonly pictures: readonly { readonly keyframe: boolean; readonly nals: readonly Uint8Array[] }[];
  /** JPEG of each keyframe. */
  readonly stills: readonly Uint8Array[];
}

/** Part of every file's name: to be raised whenever the drawing or the encoding changes. */
const edition = 3;

/** From the folder if it is there, else drawn, encoded and put there. Safe for several processes at once. Throws TRANSCODER_MISSING, REQUEST_INVALID. */
export async function openRecording(settings: RecordingSettings, cacheFolder: string, ffmpeg: () => Promise<Ffmpeg>): Promise<Recording> {
  check(settings);
  const name = `${settings.camera}-${settings.width}x${settings.height}-${createHash('sha256')
    .update(JSON.stringify([edition, Object.entries(settings).sort()]))
    .digest('hex')
    .slice(0, 16)}`;
  const [video, stills] = [join(cacheFolder, `${name}.h264`), join(cacheFolder, `${name}.mjpeg`)];
  const kept = await read(settings, video, stills).catch(() => undefined); // not there, or not whole: made anew below
  if (kept) return kept;
  await mkdir(cacheFolder, { recursive: true });
  const program = await ffmpeg();
  if (!program.encoders.has('libx264')) {
    throw new GatewayError(
      'TRANSCODER_MISSING',
      `The ffmpeg ${program.path} cannot encode H.264 (it has no libx264), so no camera can be simulated.`,
      {
        context: { path: program.path, version: program.version },
      },
    );
  }
  // Under a name of its own until it is whole: whoever else makes the same picture now only does the work twice.
  const draft = join(cacheFolder, `${name}.${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await encode(settings, program.path, `${draft}.h264`);
    await makeStills(program.path, `${draft}.h264`, `${draft}.mjpeg`);
    await rename(`${draft}.mjpeg`, stills);
    await rename(`${draft}.h264`, video);
  } finally {
    await rm(`${draft}.h264`, { force: true });
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
  const { width, height, framesPerSecond, kbps, loopSeconds, gopSeconds } = settings;
  const gop = String(Math.max(1, Math.round(framesPerSecond * gopSeconds)));
  const rate = `${kbps}k`;
  const options = [
    ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`, '-framerate', String(framesPerSecond), '-i', 'pipe:0'],
    // One thread and no look-ahead: a picture of one slice, and four cameras encode side by side on a small box.
    ...['-an', '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'main', '-threads', '1', '-bf', '0'],
    ...['-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-b:v', rate, '-maxrate', rate, '-bufsize', rate],
    ...['-x264-params', 'repeat-headers=1:cabac=1', '-f', 'h264', file],
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

async function makeStills(program: string, video: string, file: string): Promise<void> {
  const options = ['-skip_frame', 'nokey', '-f', 'h264', '-i', video, '-vsync', '0', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '5'];
  await outcome(start(program, [...options, '-f', 'image2pipe', file]), program);
}

function start(program: string, options: readonly string[]): ChildProcess {
  const child = spawn(program, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
    windowsHide: true,
  });
  child.stdin?.on('error', () => undefined); // the child ended early: its exit code tells why
  return child;
}

function outcome(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    const fail = (why: string, cause?: unknown) =>
      reject(new GatewayError('TRANSCODER_MISSING', `The ffmpeg ${program} could not encode a simulated picture: ${why}`, { cause }));
    child.once('error', (error) => fail(error.message, error));
    child.once('close', (code, signal) => (code === 0 ? resolve() : fail(said.trim() || `it ended with ${code ?? signal}`)));
  });
}

async function read(settings: RecordingSettings, video: string, stillsFile: string): Promise<Recording> {
  const [bytes, images] = await Promise.all([readFile(video), readFile(stillsFile)]);
  const pictures: { keyframe: boolean; nals: Uint8Array[] }[] = [];
  let open: Uint8Array[] = [];
  for (const nal of splitAnnexB(bytes)) {
    // x264 writes its settings into a SEI; the only SEI of a simulated camera is the time, at sending.
    if (h264NalType(nal) === h264Nal.sei) continue;
    open.push(nal);
    if (!isH264Slice(nal)) continue;
    pictures.push({ keyframe: h264NalType(nal) === h264Nal.idr, nals: open });
    open = [];
  }
  const parameterSets = pictures[0]?.nals.slice(0, -1) ?? [];
  const stills = splitJpegs(images);
  const whole = pictures.length === Math.ceil(settings.framesPerSecond * settings.loopSeconds) && pictures[0]?.keyframe && parameterSets.length === 2;
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
