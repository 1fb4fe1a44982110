/** The only file of the gateway that starts ffmpeg to work: by fluent-ffmpeg, with its one harmful habit taken away. Relaying never passes here. */
import { PassThrough, Readable } from 'node:stream';
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
        .inputOptions(['-hide_banner', '-v', 'error'])
        .noAudio()
        .videoCodec('mjpeg')
        .outputOptions(['-frames:v', '1', '-pix_fmt', 'yuvj420p', '-q:v', '4'])
        .format('image2pipe');
      if (scale.length > 0) command.videoFilters(scale);
      const jpeg = await outputOf(command, signal);
      if (jpeg.length === 0) throw new GatewayError('MEDIA_UNSUPPORTED', 'The keyframe holds no picture that ffmpeg can read.');
      return jpeg;
    },
  };
}

/** Everything that the command writes. The process has ended when this settles. */
function outputOf(command: FfmpegCommand, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
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
    const kill = () => command.kill('SIGKILL');
    const settle = (failure?: unknown, said?: string | null) => {
      signal.removeEventListener('abort', kill);
      // Our own kill arrives as an error as well (dependencies §3.3): it is the end that was asked for, not a failure of ffmpeg.
      if (signal.aborted) reject(signal.reason);
      else if (failure === undefined) resolve(Buffer.concat(chunks));
      else if (!tooLarge && length === 0 && /invalid data|could not find codec|non-existing|does not contain any stream/i.test(`${said}`)) {
        reject(new GatewayError('MEDIA_UNSUPPORTED', 'The keyframe holds no picture that ffmpeg can read.', { cause: failure }));
      } else reject(new GatewayError('MEDIA_UNAVAILABLE', 'ffmpeg could not make the picture.', { cause: failure }));
    };
    // A child that could not start at all, or was killed before it did, still ends in 'error'.
    command.on('error', (error: Error, _stdout: string | null, stderr: string | null) => settle(error, `${error.message} ${stderr}`));
    command.on('end', () => settle());
    signal.addEventListener('abort', kill, { once: true });
    command.pipe(output, { end: true });
  });
}
