/** Our program streams in the eyes of ffmpeg and GStreamer, and theirs in ours. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { PsDemuxer } from '../../adapters/protocols/ps/demuxer.ts';
import { PsFrameReader } from '../../adapters/protocols/ps/frames.ts';
import { PsMuxer } from '../../adapters/protocols/ps/muxer.ts';
import { PsPacketiser } from '../../adapters/protocols/rtp/ps-packetiser.ts';
import { peer } from '../support/peers.ts';
import { soundPackets } from '../support/program-stream-sound.ts';
import { framesOf, muxed } from '../support/program-streams.ts';
import { adtsFrames, hex, mediaFixture } from '../support/rtp-captures.ts';
import { runBytes, runProgram } from '../support/run-program.ts';

const ffmpeg = peer('ffmpeg');
const ffprobe = peer('ffprobe');
const gstreamer = peer('gst-launch-1.0');
const patience = 60_000;
const md5s = (units: readonly Uint8Array[]) => units.map((unit) => createHash('md5').update(unit).digest('hex'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ps-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bytesOf(args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const { code, output, errors } = await runBytes(ffmpeg!, ['-v', 'error', '-xerror', ...args, '-'], patience, input);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return output;
}

/** One hash per decoded picture; every complaint is an error. */
async function pictures(format: string, bytes: Uint8Array): Promise<string[]> {
  const lines = (await bytesOf(['-f', format, '-i', 'pipe:0', '-map', '0:v', '-f', 'framemd5'], bytes)).toString().split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(',').at(-1)!.trim());
}

const videos = [
  { codec: 'h264', format: 'h264', file: 'ffmpeg-main-320x240.h264' },
  { codec: 'h265', format: 'hevc', file: 'ffmpeg-main-160x120.h265' },
] as const;

describe.each(videos)('a program stream of $codec', ({ codec, format, file }) => {
  const frames = framesOf(codec, mediaFixture(file));
  const stream = Buffer.concat(muxed({ video: codec }, frames));

  test.skipIf(!ffmpeg)('decodes in ffmpeg to the pictures of its file', async () => {
    expect(await pictures('mpeg', stream)).toEqual(await pictures(format, mediaFixture(file)));
  });

  test.skipIf(!ffprobe)('has its codec and its times, in the eyes of ffprobe', async () => {
    const args = ['-v', 'error', '-f', 'mpeg', '-show_entries', 'stream=codec_name,id:packet=pts', '-of', 'json', 'pipe:0'];
    const { output, errors } = await runProgram(ffprobe!, args, patience, stream);
    expect(errors).toBe('');
    const { streams, packets } = JSON.parse(output);
    expect(streams).toEqual([{ codec_name: format, id: '0x1e0' }]);
    expect(packets.map(({ pts }: { pts: number }) => pts)).toEqual(frames.map(({ pts }) => pts));
  });

  test.skipIf(!gstreamer)('decodes in GStreamer', async () => {
    const path = join(folder, `${codec}.ps`);
    await writeFile(path, stream);
    const decoder = codec === 'h264' ? ['h264parse', '!', 'avdec_h264'] : ['h265parse', '!', 'avdec_h265'];
    const pipeline = ['filesrc', `location=${path}`, '!', 'mpegpsdemux', '!', ...decoder, '!', 'identity', 'silent=false', '!', 'fakesink'];
    const { code, output, errors } = await runProgram(gstreamer!, ['-v', ...pipeline], patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
    // It does not let go of the last picture: another one might belong to it.
    expect(output.match(/last-message = chain/g)?.length).toBeGreaterThanOrEqual(frames.length - 1);
  });
});

describe.skipIf(!gstreamer)('RTP over TCP', () => {
  // Any depayloader that changes nothing will do: GStreamer has none for program streams, and that of PCMA hands payloads over as they are.
  test('is unframed by GStreamer, which misses no packet, to the very stream', async () => {
    const [path, out] = [join(folder, 'frames.rfc4571'), join(folder, 'frames.ps')];
    const frames = framesOf('h264', mediaFixture('ffmpeg-main-320x240.h264'));
    const muxer = new PsMuxer({ video: 'h264' });
    const packetiser = new PsPacketiser({ ssrc: 200_000_001, sequence: 65_500, transport: 'tcp' });
    const parts = frames.map((frame) => muxer.frame(frame));
    await writeFile(path, Buffer.concat(parts.map((frame, index) => packetiser.packets(frame, frames[index]!.pts))));
    const caps = 'application/x-rtp-stream,media=audio,clock-rate=8000,encoding-name=PCMA,payload=96';
    const pipeline = ['filesrc', `location=${path}`, '!', caps, '!', 'rtpstreamdepay', '!', 'rtppcmadepay', '!', 'filesink', `location=${out}`];
    const { code, errors } = await runProgram(gstreamer!, ['-q', ...pipeline], patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
    expect((await readFile(out)).equals(Buffer.concat(parts.flat()))).toBe(true);
  });
});

describe.skipIf(!ffmpeg)('keyframes of more than a megabyte', () => {
  const noise = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25,noise=alls=100:allf=t', '-frames:v', '2', '-pix_fmt', 'yuv420p'];
  const encoders = {
    h264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '1', '-g', '1', '-threads', '1', '-x264-params', 'sliced-threads=0', '-f', 'h264'],
    h265: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'qp=1:keyint=1:log-level=error:repeat-headers=1:pools=1', '-f', 'hevc'],
  };

  test.each(videos)(
    'of $codec come through in many packets, whole',
    async ({ codec, format }) => {
      const file = await bytesOf([...noise, ...encoders[codec]]);
      const frames = muxed({ video: codec }, framesOf(codec, file));
      expect(frames).toHaveLength(2);
      expect(Math.min(...frames.map(({ length }) => length))).toBeGreaterThan(1_000_000);
      const reader = new PsFrameReader();
      const received = frames.map((frame) => reader.read(frame));
      expect(received.flatMap(({ violations }) => violations)).toEqual([]);
      expect(md5s(received.flatMap(({ units }) => units))).toEqual(md5s(splitAnnexB(file)));
      expect(await pictures('mpeg', Buffer.concat(frames))).toEqual(await pictures(format, file));
    },
    3 * patience,
  );
});

describe('sound in a program stream', () => {
  // ffmpeg 5.1 has no number for G.711 in a stream map and takes it for mp2: what is judged is which bytes it takes out, and when.
  test.skipIf(!ffprobe).each([
    ['pcma', 'ffmpeg-alaw.raw'],
    ['pcmu', 'ffmpeg-mulaw.raw'],
  ] as const)('of %s is taken out by ffmpeg as it was put in', async (codec, file) => {
    const sound = mediaFixture(file);
    const frames = framesOf('h264', mediaFixture('ffmpeg-main-320x240.h264')).slice(0, Math.ceil(sound.length / 320));
    const heard = frames.map((frame, index) => ({ ...frame, sounds: [{ bytes: sound.subarray(index * 320, (index + 1) * 320), pts: frame.pts }] }));
    const stream = Buffer.concat(muxed({ video: 'h264', audio: { codec } }, heard));
    const wanted = { shown: ['-show_data'], entries: 'pts,data', patience };
    const packets = await soundPackets<{ readonly pts: number; readonly data: string }>(ffprobe!, stream, wanted);
    expect(packets.map(({ pts }) => pts)).toEqual(frames.map(({ pts }) => pts));
    expect(Buffer.concat(packets.map(({ data }) => dumped(data))).equals(sound)).toBe(true);
  });

  /** Lines as `00000000: d5d5 d5d5  ....`. */
  const dumped = (data: string) => hex([...data.matchAll(/^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)/gm)].map(([, bytes]) => bytes).join(''));

  function withAac(): Buffer {
    const frames = framesOf('h264', mediaFixture('ffmpeg-main-320x240.h264'));
    const aac = adtsFrames('ffmpeg-lc-16k.adts');
    const heard = frames.map((frame, index) => {
      const bytes = aac[index];
      return bytes
        ? { ...frame, pts: 90_000 + index * 5_760, sounds: [{ bytes, pts: 90_000 + index * 5_760 }] }
        : { ...frame, pts: 90_000 + index * 5_760 };
    });
    return Buffer.concat(muxed({ video: 'h264', audio: { codec: 'aac', config: hex('1408') } }, heard));
  }

  const decodedAac = (format: string, bytes: Uint8Array) =>
    bytesOf(['-f', format, '-i', 'pipe:0', '-map', '0:a', '-c:a', 'pcm_s16le', '-f', 's16le'], bytes);

  test.skipIf(!ffmpeg)('of AAC decodes in ffmpeg to the sound of its file', async () => {
    expect((await decodedAac('mpeg', withAac())).equals(await decodedAac('aac', mediaFixture('ffmpeg-lc-16k.adts')))).toBe(true);
  });

  test.skipIf(!gstreamer)('of AAC decodes in GStreamer', async () => {
    const path = join(folder, 'aac.ps');
    await writeFile(path, withAac());
    const pipeline = [
      'filesrc',
      `location=${path}`,
      '!',
      'mpegpsdemux',
      'name=d',
      'd.audio_c0',
      '!',
      'queue',
      '!',
      'aacparse',
      '!',
      'avdec_aac',
      '!',
      'fakesink',
    ];
    const video = ['d.video_e0', '!', 'queue', '!', 'h264parse', '!', 'fakesink'];
    const { code, errors } = await runProgram(gstreamer!, ['-q', ...pipeline, ...video], patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
  });
});

describe.skipIf(!ffmpeg)('a program stream of ffmpeg', () => {
  test.each([
    ['vob', 'h264'],
    ['vob', 'hevc'],
  ])('(%s, %s) holds in our eyes what it put in', async (format, codec) => {
    const source = mediaFixture(codec === 'h264' ? 'ffmpeg-main-320x240.h264' : 'ffmpeg-main-160x120.h265');
    const stream = await bytesOf(['-f', codec, '-framerate', '25', '-i', 'pipe:0', '-c', 'copy', '-f', format], source);
    const demuxer = new PsDemuxer();
    const pieces = [...demuxer.push(stream), ...demuxer.end()];
    const video = pieces.flatMap((piece) => (piece.kind === 'packet' && piece.id >= 0xe0 && piece.id <= 0xef ? [piece.payload] : []));
    expect(md5s(splitAnnexB(Buffer.concat(video)))).toEqual(md5s(splitAnnexB(source)));
    // What it leaves out, and what it adds: no stream map, and padding.
    const rules = new Set(pieces.flatMap((piece) => (piece.kind === 'violation' ? [piece.rule] : [])));
    expect([...rules].sort()).toEqual(['undeclared', 'unexpected-stream']);
  });

  test('of MPEG-1 is told from one of MPEG-2', async () => {
    const stream = await bytesOf(['-f', 'h264', '-i', 'pipe:0', '-c', 'copy', '-f', 'mpeg'], mediaFixture('ffmpeg-main-320x240.h264'));
    expect(new PsDemuxer().push(stream)[0]).toMatchObject({ kind: 'violation', rule: 'mpeg-1', offset: 0 });
  });
});
