import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeG711, type G711Law } from '../../adapters/protocols/audio/g711.ts';
import { audioTools } from '../../adapters/protocols/codecs.ts';
import { h264Video } from '../../adapters/protocols/h26x/h264-video.ts';
import { h265Video } from '../../adapters/protocols/h26x/h265-video.ts';
import { peer } from '../support/peers.ts';
import { adtsFrames, captured, hex, mediaFixture, picturesOf } from '../support/rtp-captures.ts';
import { runProgram } from '../support/run-program.ts';

const ffmpeg = peer('ffmpeg');
const ffprobe = peer('ffprobe');
const gstreamer = peer('gst-launch-1.0');
const patience = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fmp4-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Decodes with every complaint an error; one line per picture or block of sound, with the hash of what came out. */
async function decoded(format: string, bytes: Uint8Array, stream: 'v' | 'a'): Promise<string[]> {
  const args = ['-v', 'error', '-xerror', '-f', format, '-i', 'pipe:0', '-map', `0:${stream}`, '-f', 'framemd5', '-'];
  const { code, output, errors } = await runProgram(ffmpeg!, args, patience, bytes);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return output.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const hashes = (lines: readonly string[]) => lines.map((line) => line.split(',').at(-1)!.trim());

const videos = [
  {
    capture: 'ffmpeg-rtp.interleaved',
    tools: h264Video,
    format: 'h264',
    file: 'ffmpeg-main-320x240.h264',
    rate: 25,
    decoder: 'avdec_h264',
    sized: '320x240',
  },
  {
    capture: 'ffmpeg-h265.interleaved',
    tools: h265Video,
    format: 'hevc',
    file: 'ffmpeg-main-160x120.h265',
    rate: 25,
    decoder: 'avdec_h265',
    sized: '160x120',
  },
  {
    capture: 'gstreamer-h265.rfc4571',
    tools: h265Video,
    format: 'hevc',
    file: 'gstreamer-main-64x64.h265',
    rate: 10,
    decoder: 'avdec_h265',
    sized: '64x64',
  },
] as const;

describe.each(videos)('fMP4 of $capture', ({ capture, tools, format, file, rate, decoder, sized }) => {
  const pictures = picturesOf(captured(capture));

  function muxed(): Buffer {
    const muxer = tools.fmp4(tools.parameterSets(tools.units(pictures[0]!))!, 90_000);
    const duration = 90_000 / rate;
    const fragments = pictures.map((packets, index) =>
      muxer.fragment({
        units: tools.units(packets),
        decodeTime: index * duration,
        offset: 0,
        duration,
        keyframe: packets.some((packet) => tools.opensPictureGroup(packet, 4, packet.length)),
      }),
    );
    return Buffer.concat([muxer.init, ...fragments]);
  }

  test.skipIf(!ffmpeg)('decodes in ffmpeg to the pictures of the file that was sent, each in its time', async () => {
    const ours = await decoded('mp4', muxed(), 'v');
    const theirs = await decoded(format, mediaFixture(file), 'v');
    expect(ours).toHaveLength(pictures.length);
    expect(hashes(ours)).toEqual(hashes(theirs).slice(0, ours.length));
  });

  test.skipIf(!ffprobe)('is what its facts say, in the eyes of ffprobe', async () => {
    const entries = 'stream=codec_tag_string,width,height,avg_frame_rate,nb_read_packets:packet=flags';
    const { errors, output } = await runProgram(
      ffprobe!,
      ['-v', 'error', '-f', 'mp4', '-count_packets', '-show_entries', entries, '-of', 'json', 'pipe:0'],
      patience,
      muxed(),
    );
    expect(errors).toBe('');
    const { streams, packets } = JSON.parse(output);
    const facts = tools.facts(tools.parameterSets(tools.units(pictures[0]!))!);
    expect(`${facts.width}x${facts.height}`).toBe(sized);
    expect(facts.framesPerSecond).toBe(rate);
    expect(streams).toMatchObject([
      { codec_tag_string: facts.codecs.slice(0, 4), width: facts.width, height: facts.height, nb_read_packets: `${pictures.length}` },
    ]);
    expect(packets.filter(({ flags }: { flags: string }) => flags.startsWith('K'))).toHaveLength(2);
  });

  test.skipIf(!gstreamer)('decodes in GStreamer', async () => {
    const path = join(folder, `${capture}.mp4`);
    await writeFile(path, muxed());
    const parser = format === 'h264' ? 'h264parse' : 'h265parse';
    const pipeline = ['filesrc', `location=${path}`, '!', 'qtdemux', '!', parser, '!', decoder, '!', 'identity', 'silent=false', '!', 'fakesink'];
    const { code, output, errors } = await runProgram(gstreamer!, ['-v', ...pipeline], patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
    expect(output.match(/last-message = chain/g)).toHaveLength(pictures.length);
  });
});

/** The PCM that a law's table makes of it, as bytes. */
function pcmOf(law: G711Law, sound: Uint8Array): Buffer {
  const samples = new Int16Array(sound.length);
  decodeG711(law, sound, samples);
  return Buffer.from(samples.buffer);
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

async function soundOf(format: readonly string[], bytes: Uint8Array): Promise<string> {
  const args = ['-v', 'error', '-xerror', ...format, '-i', 'pipe:0', '-c:a', 'pcm_s16le', '-f', 'md5', '-'];
  const { code, output, errors } = await runProgram(ffmpeg!, args, patience, bytes);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return output.trim().replace('MD5=', '');
}

describe('fMP4 of G.711', () => {
  const captures = [
    { codec: 'pcma', capture: 'ffmpeg-pcma.interleaved', file: 'ffmpeg-alaw.raw', format: 'alaw' },
    { codec: 'pcmu', capture: 'gstreamer-pcmu.rfc4571', file: 'gstreamer-mulaw.raw', format: 'mulaw' },
  ] as const;

  /** A fragment for each packet, and one for the second half. */
  function muxed(codec: G711Law, capture: string): Buffer {
    const packets = captured(capture);
    const tools = audioTools({ codec, clockRate: 8_000 });
    const muxer = tools.fmp4();
    const pieces: Uint8Array[] = [muxer.init];
    let time = 0;
    for (const run of [...packets.slice(0, 6).map((packet) => [packet]), packets.slice(6)]) {
      const frames = tools.frames(run);
      pieces.push(muxer.fragment(frames, time));
      time += frames.reduce((sum, { duration }) => sum + duration, 0);
    }
    return Buffer.concat(pieces);
  }

  test.skipIf(!ffmpeg).each(captures)(
    '$capture decodes in ffmpeg to exactly the samples that were sent',
    async ({ codec, capture, file, format }) => {
      const sent = mediaFixture(file);
      const theirs = await soundOf(['-f', format, '-ar', '8000', '-ac', '1'], sent);
      expect(theirs).toBe(md5(pcmOf(codec, sent)));
      expect(await soundOf(['-f', 'mp4'], muxed(codec, capture))).toBe(theirs);
    },
  );

  test.skipIf(!ffmpeg).each([8_000, 16_000, 11_025, 48_000])('any sound in blocks of any length is lossless at %i Hz', async (clockRate) => {
    const kinds = [
      () => 0xd5,
      (at: number) => (at % 40 < 20 ? 0xaa : 0x2a),
      (at: number) => Math.imul(at + 7, 2_654_435_761) >>> 24,
      (at: number) => at & 0xff,
      (at: number) => (0x55 ^ Math.round(60 * (1 + Math.sin(at / 9)))) & 0xff,
      (at: number) => (at % 97 === 0 ? 0x2a : 0xd5),
    ];
    const tools = audioTools({ codec: 'pcma', clockRate });
    const muxer = tools.fmp4();
    const pieces: Uint8Array[] = [muxer.init];
    const sounds: Uint8Array[] = [];
    // Past the places where the coded number of a frame gets longer.
    let time = 2 ** 16 - 9_000;
    for (const length of [1, 2, 3, 5, 16, 160, 320, 1_000, 4_096, 4_097, 9_001]) {
      for (const kind of kinds) {
        const sound = Uint8Array.from({ length }, (_, at) => kind(at));
        pieces.push(muxer.fragment([{ bytes: sound, duration: length }], time));
        time += length;
        sounds.push(sound);
      }
    }
    expect(await soundOf(['-f', 'mp4'], Buffer.concat(pieces))).toBe(md5(pcmOf('pcma', Buffer.concat(sounds))));
  });

  test.skipIf(!gstreamer).each(captures)('$capture decodes in GStreamer to exactly the samples that were sent', async ({ codec, capture, file }) => {
    const [path, out] = [join(folder, `${capture}.mp4`), join(folder, `${capture}.pcm`)];
    await writeFile(path, muxed(codec, capture));
    const pipeline = ['filesrc', `location=${path}`, '!', 'qtdemux', '!', 'flacparse', '!', 'flacdec', '!', 'filesink', `location=${out}`];
    const { code, errors } = await runProgram(gstreamer!, ['-q', ...pipeline], patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
    expect(md5(await readFile(out))).toBe(md5(pcmOf(codec, mediaFixture(file))));
  });

  test('is smaller than the sound without compression', () => {
    expect(muxed('pcmu', 'gstreamer-pcmu.rfc4571').length).toBeLessThan(2 * mediaFixture('gstreamer-mulaw.raw').length);
  });
});

describe('fMP4 of AAC', () => {
  const captures = [
    { capture: 'ffmpeg-aac.interleaved', file: 'ffmpeg-lc-16k.adts', config: '1408', clockRate: 16_000 },
    { capture: 'gstreamer-aac.rfc4571', file: 'gstreamer-lc-8k.adts', config: '1588', clockRate: 8_000 },
  ];

  function muxed({ capture, config, clockRate }: (typeof captures)[number]): { readonly file: Buffer; readonly frames: number } {
    const aac = { config: hex(config), sizeLength: 13, indexLength: 3, indexDeltaLength: 3 };
    const tools = audioTools({ codec: 'aac', clockRate, aac });
    const muxer = tools.fmp4();
    const pieces: Uint8Array[] = [muxer.init];
    let count = 0;
    for (const packet of captured(capture)) {
      const frames = tools.frames([packet]);
      if (frames.length === 0) continue;
      pieces.push(muxer.fragment(frames, count * 1_024));
      count += frames.length;
    }
    return { file: Buffer.concat(pieces), frames: count };
  }

  test.skipIf(!ffmpeg).each(captures)('$capture decodes in ffmpeg to the sound of the file that was sent', async (one) => {
    const { file, frames } = muxed(one);
    // ffmpeg keeps the last frames for a packet that it never sends.
    const sent = adtsFrames(one.file).slice(0, frames);
    const length = sent.reduce((sum, frame) => sum + 7 + frame.length, 0);
    expect(await soundOf(['-f', 'mp4'], file)).toBe(await soundOf(['-f', 'aac'], mediaFixture(one.file).subarray(0, length)));
  });

  test.skipIf(!ffprobe).each(captures)('$capture is what it is, in the eyes of ffprobe', async (one) => {
    const { file, frames } = muxed(one);
    const entries = 'stream=codec_name,codec_tag_string,profile,sample_rate,channels,time_base:packet=pts,duration';
    const { errors, output } = await runProgram(
      ffprobe!,
      ['-v', 'error', '-f', 'mp4', '-show_entries', entries, '-of', 'json', 'pipe:0'],
      patience,
      file,
    );
    expect(errors).toBe('');
    const { streams, packets } = JSON.parse(output);
    const rate = one.clockRate;
    expect(streams).toEqual([
      { codec_name: 'aac', codec_tag_string: 'mp4a', profile: 'LC', sample_rate: `${rate}`, channels: 1, time_base: `1/${rate}` },
    ]);
    expect(packets).toHaveLength(frames);
    expect(packets.map(({ pts }: { pts: number }) => pts)).toEqual(packets.map((_: unknown, index: number) => index * 1_024));
  });

  test.skipIf(!gstreamer).each(captures)('$capture decodes in GStreamer', async (one) => {
    const path = join(folder, `${one.capture}.mp4`);
    await writeFile(path, muxed(one).file);
    const pipeline = ['filesrc', `location=${path}`, '!', 'qtdemux', '!', 'aacparse', '!', 'avdec_aac', '!', 'fakesink'];
    const { code, errors } = await runProgram(gstreamer!, ['-q', ...pipeline], patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
  });
});
