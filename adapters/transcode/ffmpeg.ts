/** The only file of the gateway that starts ffmpeg to work: by fluent-ffmpeg, with its one harmful habit taken away. Relaying never passes here. */
import { PassThrough, Readable, type Writable } from 'node:stream';
import ffmpegCommand, { type FfmpegCommand } from 'fluent-ffmpeg';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type Ffmpeg, findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';

// Of ffmpeg 7 and later it misreads the list of formats and then refuses ones that are there; `Ffmpeg` knows better (dependencies §3.3).
Object.assign(ffmpegCommand.prototype, { _checkCapabilities: (done: (error?: Error) => void) => done() });

export interface CodedPicture {
  readonly codec: 'h264' | 'h265';
  readonly bytes: Uint8Array;
}

export interface Transcoder {
  readonly ffmpeg: Ffmpeg;
  /**
   * JPEG of one keyframe: Annex-B bytes with its parameter sets and slices. `width`: of the JPEG in pixels, its height follows; absent: as it is.
   * Throws MEDIA_UNSUPPORTED for bytes that hold no picture, MEDIA_UNAVAILABLE where ffmpeg fails, and the signal's reason when aborted.
   */
  snapshot(keyframe: CodedPicture, options: { readonly width?: number }, signal: AbortSignal): Promise<Buffer>;
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
    snapshot: async ({ codec, bytes }, { width }, signal) => {
      signal.throwIfAborted();
      if (bytes.length === 0 || bytes.length > largestKeyframe) {
        throw new GatewayError('MEDIA_UNSUPPORTED', `A keyframe of ${bytes.length} bytes is no picture; at most ${largestKeyframe} are taken.`);
      }
      const scale = width === undefined ? [] : [`scale=${Math.max(2, Math.floor(width / 2) * 2)}:-2`];
      const command = ffmpegCommand(Readable.from([Buffer.from(bytes)], { objectMode: false }))
        .setFfmpegPath(ffmpeg.path)
        .inputFormat(codec === 'h265' ? 'hevc' : 'h264')
        .inputOptions(['-hide_banner', '-v', 'error', ...oneThread])
        .noAudio()
        .videoCodec('mjpeg')
        .outputOptions(['-frames:v', '1', ...oneThread, '-pix_fmt', 'yuvj420p', '-q:v', '4'])
        .format('image2pipe');
      if (scale.length > 0) command.videoFilters(scale);
      const jpeg = await outputOf(command, signal);
      if (jpeg.length === 0) throw new GatewayError('MEDIA_UNSUPPORTED', 'The keyframe holds no picture that ffmpeg can read.');
      return jpeg;
    },
  };
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
  const command = ffmpegCommand(input, { niceness })
    .setFfmpegPath(ffmpeg.path)
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
  const { failure, said } = await ended(command, output, signal);
  if (signal.aborted) return;
  throw new GatewayError('MEDIA_UNAVAILABLE', `ffmpeg stopped making the picture: ${lastLine(said)}`, { cause: failure });
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) || 'it said nothing';
}

/** Runs the command to its end, which is at hand when the signal is aborted. `said`: what ffmpeg wrote for people. */
function ended(command: FfmpegCommand, output: Writable, signal: AbortSignal): Promise<{ readonly failure?: unknown; readonly said: string }> {
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
    command.pipe(output, { end: true });
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
  const { failure, said } = await ended(command, output, signal);
  // Our own kill arrives as an error as well (dependencies §3.3): it is the end that was asked for, not a failure of ffmpeg.
  signal.throwIfAborted();
  if (failure === undefined) return Buffer.concat(chunks);
  if (!tooLarge && length === 0 && /invalid data|could not find codec|non-existing|does not contain any stream/i.test(said)) {
    throw new GatewayError('MEDIA_UNSUPPORTED', 'The keyframe holds no picture that ffmpeg can read.', { cause: failure });
  }
  throw new GatewayError('MEDIA_UNAVAILABLE', 'ffmpeg could not make the picture.', { cause: failure });
}
