/** The `f=` line of GB/T 28181 (annex G; gb28181 §5.2): what a stream is made of. `f=v/2/6/25/2/4096a/1/8/1`, every slash kept. */

export interface GbFormat {
  readonly video: GbVideoFormat;
  readonly audio: GbAudioFormat;
}

/** What is not said is undefined. */
export interface GbVideoFormat {
  readonly codec: string | undefined;
  /** `1080P`, or width and height: `2560x1440`. */
  readonly resolution: string | undefined;
  readonly framesPerSecond: number | undefined;
  readonly rate: 'CBR' | 'VBR' | undefined;
  readonly kbps: number | undefined;
}

export interface GbAudioFormat {
  readonly codec: string | undefined;
  readonly kbps: number | undefined;
  readonly kHz: number | undefined;
}

/** The code of each is its place, from 1. */
const videoCodecs = ['MPEG-4', 'H.264', 'SVAC', '3GP', 'H.265'];
const resolutions = ['QCIF', 'CIF', '4CIF', 'D1', '720P', '1080P'];
const rates = ['CBR', 'VBR'] as const;
const audioCodecs = ['G.711', 'G.723.1', 'G.729', 'G.722.1', 'SVAC', 'AAC'];
const audioRates = [5.3, 6.3, 8, 16, 24, 32, 48, 64, 12, 80, 96, 112, 128, 160, 192, 224, 256, 288, 320];
const sampleRates = [8, 14, 16, 32, 7, 11, 12, 22, 24, 44, 48, 64, 88, 96, 12.8, 25.6, 38.4];

/** Undefined where it says nothing at all, or nothing that can be read. */
export function parseGbFormat(text: string): GbFormat | undefined {
  const match = /^\s*v\/([^a]*)(?:a\/(.*))?$/.exec(text);
  if (!match) return undefined;
  const [codec, resolution, frames, rate, kbps] = fields(match[1]);
  const [audioCodec, audioRate, samples] = fields(match[2]);
  const format = {
    video: {
      codec: named(videoCodecs, codec),
      resolution: named(resolutions, resolution) ?? (/^\d{1,5}x\d{1,5}$/i.test(resolution ?? '') ? resolution?.toLowerCase() : undefined),
      framesPerSecond: number(frames, 99),
      rate: named(rates, rate),
      kbps: number(kbps, 100_000),
    },
    audio: { codec: named(audioCodecs, audioCodec), kbps: named(audioRates, audioRate), kHz: named(sampleRates, samples) },
  };
  const said = [...Object.values(format.video), ...Object.values(format.audio)];
  return said.some((value) => value !== undefined) ? format : undefined;
}

/** `v/////a///` where nothing is to be said. */
export function writeGbFormat(format?: GbFormat): string {
  const { video, audio } = format ?? {};
  const resolution = video?.resolution;
  const size = resolution === undefined ? '' : code(resolutions, resolution) || resolution;
  const pictures = [code(videoCodecs, video?.codec), size, video?.framesPerSecond ?? '', code(rates, video?.rate), video?.kbps ?? ''];
  return `v/${pictures.join('/')}a/${[code(audioCodecs, audio?.codec), code(audioRates, audio?.kbps), code(sampleRates, audio?.kHz)].join('/')}`;
}

const fields = (text = '') => text.split('/', 6).map((field) => field.trim());

function number(text: string | undefined, most: number): number | undefined {
  const value = /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0;
  // Some platforms write zeros for what they do not say.
  return value > 0 && value <= most ? value : undefined;
}

function named<Value>(values: readonly Value[], text: string | undefined): Value | undefined {
  return values[(number(text, values.length) ?? 0) - 1];
}

function code<Value>(values: readonly Value[], value: Value | undefined): string {
  const at = value === undefined ? -1 : values.indexOf(value);
  return at < 0 ? '' : String(at + 1);
}
