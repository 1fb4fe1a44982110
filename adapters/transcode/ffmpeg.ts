/** The only file of the gateway that starts ffmpeg to work: by fluent-ffmpeg, with its one harmful habit taken away. Relaying never passes here. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import type { FfmpegCommand, FfmpegCommandOptions } from 'fluent-ffmpeg';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type Ffmpeg, findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';

/** Loaded with the first picture: a megabyte of heap in each thread, for what many boxes do not do for days. */
async function newCommand(ffmpeg: Ffmpeg, options: FfmpegCommandOptions = {}): Promise<FfmpegCommand> {
  const { default: ffmpegCommand } = await import('fluent-ffmpeg');
  // Of ffmpeg 7 and later it misreads the list of formats and then refuses ones that are there; `Ffmpeg` knows better (dependencies §3.3).
  Object.assign(ffmpegCommand.prototype, { _checkCapabilities: (done: (error?: Error) => void) => done() });
  return ffmpegCommand(options).setFfmpegPath(ffmpeg.path);
}

/** Annex-B bytes of one keyframe with its parameter sets and slices. */
export interface CodedPicture {
  readonly codec: 'h264' | 'h265';
  readonly bytes: Uint8Array;
}

export interface WantedPicture {
  readonly keyframe: CodedPicture;
  /** Of the JPEG in pixels, its height follows; absent: as it is. */
  readonly width?: number;
}

export interface Transcoder {
  readonly ffmpeg: Ffmpeg;
  /**
   * JPEGs, by one ffmpeg: the start of one takes as long as several pictures. Each is made by itself, and none is made of the bytes of another.
   * Answers may be MEDIA_UNSUPPORTED, for bytes that hold no picture, and MEDIA_UNAVAILABLE where ffmpeg fails; throws the signal's reason when aborted.
   */
  snapshots(wanted: readonly WantedPicture[], signal: AbortSignal): Promise<readonly PromiseSettledResult<Buffer>[]>;
}

/** One picture: more threads only take longer to start. */
const oneThread = ['-threads', '1'] as const;
const largestKeyframe = 16 * 1024 * 1024;
const largestJpeg = 16 * 1024 * 1024;

/** Finds ffmpeg once (see findFfmpeg). Throws TRANSCODER_MISSING. */
export async function openTranscoder(configuredPath?: string): Promise<Transcoder> {
  const ffmpeg = await findFfmpeg(configuredPath);
  return {
    ffmpeg,
    async snapshots(wanted, signal) {
      signal.throwIfAborted();
      const together = wanted.length > 1 ? await snapshotsTogether(ffmpeg, wanted, signal).catch(() => []) : [];
      const all: PromiseSettledResult<Buffer>[] = [];
      // What is lacking is made alone, and says why it cannot be.
      for (const [index, one] of wanted.entries()) {
        signal.throwIfAborted();
        const made = together[index] ?? snapshotAlone(ffmpeg, one, signal);
        all.push(...(await Promise.allSettled([made])));
      }
      signal.throwIfAborted();
      return all;
    },
  };
}

function withPicture(command: FfmpegCommand, input: string | Readable, { keyframe: { codec } }: WantedPicture): FfmpegCommand {
  return command
    .input(input)
    .inputFormat(codec === 'h265' ? 'hevc' : 'h264')
    .inputOptions(['-hide_banner', '-v', 'error', ...oneThread]);
}

function intoJpeg(command: FfmpegCommand, { width }: WantedPicture): void {
  command.noAudio().videoCodec('mjpeg');
  command.outputOptions(['-frames:v', '1', ...oneThread, '-pix_fmt', 'yuvj420p', '-q:v', '4']);
  if (width !== undefined) command.videoFilters([`scale=${Math.max(2, Math.floor(width / 2) * 2)}:-2`]);
}

async function snapshotAlone(ffmpeg: Ffmpeg, wanted: WantedPicture, signal: AbortSignal): Promise<Buffer> {
  const { bytes } = wanted.keyframe;
  if (!isTakeable(wanted)) {
    throw new GatewayError('MEDIA_UNSUPPORTED', `A keyframe of ${bytes.length} bytes is no picture; at most ${largestKeyframe} are taken.`);
  }
  const command = withPicture(await newCommand(ffmpeg), Readable.from([Buffer.from(bytes)], { objectMode: false }), wanted);
  intoJpeg(command, wanted);
  const jpeg = await outputOf(command.format('image2pipe'), signal);
  if (jpeg.length === 0) throw new GatewayError('MEDIA_UNSUPPORTED', 'The keyframe holds no picture that ffmpeg can read.');
  return jpeg;
}

/**
 * ffmpeg has one standard input: several pictures are files, for as long as it takes. Each has an input and an output of its own, so that no
 * picture can be taken for another. Undefined: it was not made.
 */
async function snapshotsTogether(ffmpeg: Ffmpeg, wanted: readonly WantedPicture[], signal: AbortSignal): Promise<readonly (Buffer | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'campus-gateway-'));
  try {
    const places = wanted.map((one, index) => ({ one, coded: join(folder, `${index}.${one.keyframe.codec}`), jpeg: join(folder, `${index}.jpg`) }));
    const takeable = places.filter(({ one }) => isTakeable(one));
    await Promise.all(takeable.map(({ one, coded }) => writeFile(coded, one.keyframe.bytes, { mode: 0o600 })));
    const command = await newCommand(ffmpeg);
    for (const { one, coded } of takeable) withPicture(command, coded, one);
    for (const [index, { one, jpeg }] of takeable.entries()) {
      command
        .output(jpeg)
        .outputOptions(['-map', `${index}:v`, '-update', '1'])
        .format('image2');
      intoJpeg(command, one);
    }
    await ended(command, () => command.run(), signal); // What it did not make is seen below.
    return await Promise.all(places.map(({ jpeg }) => readFile(jpeg).then(wholeJpeg, () => undefined)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isTakeable({ keyframe: { bytes } }: WantedPicture): boolean {
  return bytes.length > 0 && bytes.length <= largestKeyframe;
}

/** One that ffmpeg was torn away from lacks its end (ITU-T T.81 B.1.1.3). */
function wholeJpeg(bytes: Buffer): Buffer | undefined {
  return bytes.length > 4 && bytes.readUInt16BE(0) === 0xff_d8 && bytes.readUInt16BE(bytes.length - 2) === 0xff_d9 ? bytes : undefined;
}

/** How live pictures are made into H.264. */
export interface LiveRendition {
  /** Of its pictures. */
  readonly width: number;
  readonly height: number;
  /** Pictures before this time, in seconds, are decoded and not shown. */
  readonly from: number;
  /** H.265 in Matroska, without an end. */
  readonly input: Readable;
  /** Takes FLV, each picture as soon as it is there, with the very time that it had. Must not emit `close`. */
  readonly output: Writable;
}

/** Seconds between pictures, at least: 15 of 30 a second stay, 12.5 of 25. */
const leastStep = 0.06;
const keyframeEvery = 1.9;
/** So that alarms and the relay never wait for it. */
const niceness = 10;

/** Lives until aborted, or until ffmpeg ends by itself, which is a failure: MEDIA_UNAVAILABLE. The process has ended when this settles. */
export async function renderLive(ffmpeg: Ffmpeg, { width, height, from, input, output }: LiveRendition, signal: AbortSignal): Promise<void> {
  const shown = `gte(t,${from.toFixed(4)})*(isnan(prev_selected_t)+gte(t-prev_selected_t,${leastStep}))`;
  const command = (await newCommand(ffmpeg, { niceness }))
    .input(input)
    .inputFormat('matroska')
    // One thread each: more would hold pictures back, and take cores that others need.
    .inputOptions([
      '-hide_banner',
      '-v',
      'error',
      '-fflags',
      'nobuffer',
      '-flags',
      'low_delay',
      '-probesize',
      '32',
      '-analyzeduration',
      '0',
      '-threads',
      '1',
    ])
    .noAudio()
    .videoFilters([`select='${shown}'`, `scale=${width}:${height}:flags=fast_bilinear`])
    .videoCodec('libx264')
    // Times pass as they are: they tell which picture is which.
    .outputOptions([ffmpeg.keepTimes, 'passthrough', '-enc_time_base', '-1'])
    .outputOptions([
      '-threads',
      '1',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
      '-profile:v',
      'baseline',
      '-level',
      '3.1',
      '-pix_fmt',
      'yuv420p',
    ])
    .outputOptions(['-crf', '27', '-maxrate', '1500k', '-bufsize', '1500k', '-x264-params', 'fps=15'])
    .outputOptions(['-force_key_frames', `expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+${keyframeEvery}))`, '-g', '600', '-sc_threshold', '0'])
    .outputOptions(['-flush_packets', '1', '-flvflags', 'no_duration_filesize'])
    .format('flv');
  const { failure, said } = await ended(command, () => command.pipe(output, { end: true }), signal);
  if (signal.aborted) return;
  throw new GatewayError('MEDIA_UNAVAILABLE', `ffmpeg stopped making the picture: ${lastLine(said)}`, { cause: failure });
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) || 'it said nothing';
}

/** Has the command begun, and resolves at its end, which is at hand when the signal is aborted. `said`: what ffmpeg wrote for people. */
function ended(command: FfmpegCommand, begin: () => void, signal: AbortSignal): Promise<{ readonly failure?: unknown; readonly said: string }> {
  return new Promise((resolve) => {
    const kill = () => command.kill('SIGKILL');
    const settle = (said: string, failure?: unknown) => {
      signal.removeEventListener('abort', kill);
      resolve({ said, ...(failure === undefined ? {} : { failure }) });
    };
    // Aborted before there was a process to kill.
    command.on('start', () => signal.aborted && kill());
    // A child that could not start at all, or was killed before it did, still ends in 'error'.
    command.on('error', (error: Error, _stdout: string | null, stderr: string | null) => settle(`${error.message}\n${stderr ?? ''}`, error));
    command.on('end', (_stdout: string | null, stderr: string | null) => settle(stderr ?? ''));
    signal.addEventListener('abort', kill, { once: true });
    begin();
  });
}

/** Everything that the command writes. The process has ended when this settles. */
async function outputOf(command: FfmpegCommand, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  let tooLarge = false;
  const output = new PassThrough();
  output.on('data', (chunk: Buffer) => {
    length += chunk.length;
    tooLarge ||= length > largestJpeg;
    if (tooLarge) command.kill('SIGKILL');
    else chunks.push(chunk);
  });
  const { failure, said } = await ended(command, () => command.pipe(output, { end: true }), signal);
  // Our own kill arrives as an error as well (dependencies §3.3): it is the end that was asked for, not a failure of ffmpeg.
  signal.throwIfAborted();
  if (failure === undefined) return Buffer.concat(chunks);
  if (!tooLarge && length === 0 && /invalid data|could not find codec|non-existing|does not contain any stream/i.test(said)) {
    throw new GatewayError('MEDIA_UNSUPPORTED', 'The keyframe holds no picture that ffmpeg can read.', { cause: failure });
  }
  throw new GatewayError('MEDIA_UNAVAILABLE', 'ffmpeg could not make the picture.', { cause: failure });
}
