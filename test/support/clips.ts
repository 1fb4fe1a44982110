/** Fragmented MP4 made by ffmpeg, which is not our muxer, cut into what a media plane sends. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

export interface Clip {
  /** RFC 6381. */
  readonly codecs: string;
  readonly init: Uint8Array;
  /** One picture, or one stretch of sound, each. */
  readonly fragments: readonly Uint8Array[];
  /** Milliseconds that one lasts. */
  readonly step: number;
}

export const picturesPerSecond = 10;
/** A keyframe stands at every so many pictures. */
export const groupLength = 10;
const clipSeconds = 60;
const codecs = {
  h264: ['-c:v', 'libx264', '-profile:v', 'baseline', '-preset', 'ultrafast', '-g', String(groupLength), '-sc_threshold', '0', '-bf', '0'],
  h265: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `keyint=${groupLength}:bframes=0:scenecut=0:log-level=error`, '-tag:v', 'hvc1'],
};

export async function videoClip(codec: keyof typeof codecs, width = 320, height = 180): Promise<Clip> {
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${picturesPerSecond}:duration=${clipSeconds}`, '-pix_fmt', 'yuv420p'];
  const { init, fragments } = await made([...source, ...codecs[codec], '-movflags', 'frag_every_frame+empty_moov+default_base_moof']);
  return { codecs: codec === 'h264' ? avcString(init) : 'hvc1.1.6.L60.90', init, fragments, step: 1_000 / picturesPerSecond };
}

/** A tone, as G.711 reaches a browser. */
export async function soundClip(): Promise<Clip> {
  const source = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=8000:duration=${clipSeconds}`];
  const flac = ['-c:a', 'flac', '-frame_size', '1600', '-strict', '-2'];
  const { init, fragments } = await made([...source, ...flac, '-movflags', 'frag_every_frame+empty_moov+default_base_moof']);
  return { codecs: 'flac', init, fragments, step: 200 };
}

async function made(args: readonly string[]): Promise<{ init: Uint8Array; fragments: Uint8Array[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'clip-'));
  const file = join(folder, 'clip.mp4');
  try {
    const { code, errors } = await runProgram('ffmpeg', ['-v', 'error', ...args, '-y', file], 280_000);
    if (code !== 0) throw new Error(`ffmpeg made no clip: ${errors}`);
    return cut(await readFile(file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** ISO/IEC 14496-12 §4.2: a box is its size, its type, its bytes. A fragment is a moof with the mdat after it. */
function cut(bytes: Buffer): { init: Uint8Array; fragments: Uint8Array[] } {
  const fragments: Uint8Array[] = [];
  let initEnd = 0;
  let start = 0;
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + bytes.readUInt32BE(at);
    if (type === 'moov') initEnd = end;
    if (type === 'moof') start = at;
    if (type === 'mdat') fragments.push(bytes.subarray(start, end));
  }
  return { init: bytes.subarray(0, initEnd), fragments };
}

function avcString(init: Uint8Array): string {
  const bytes = Buffer.from(init);
  const at = bytes.indexOf('avcC') + 5;
  return `avc1.${bytes.toString('hex', at, at + 3)}`;
}
