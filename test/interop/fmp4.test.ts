import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { h264Video } from '../../adapters/protocols/h26x/h264-video.ts';
import { h265Video } from '../../adapters/protocols/h26x/h265-video.ts';
import { peer } from '../support/peers.ts';
import { captured, mediaFixture, picturesOf } from '../support/rtp-captures.ts';
import { runProgram } from '../support/run-program.ts';

const ffmpeg = peer('ffmpeg');
const ffprobe = peer('ffprobe');
const gstreamer = peer('gst-launch-1.0');
const patience = 30_000;

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
