/** The Matroska that we write for ffmpeg, judged by ffmpeg and GStreamer. */
import { expect, test } from 'vitest';
import { h265Video } from '../../adapters/protocols/h26x/h265-video.ts';
import { MatroskaMuxer } from '../../adapters/protocols/matroska.ts';
import { peer } from '../support/peers.ts';
import { captured, mediaFixture, picturesOf } from '../support/rtp-captures.ts';
import { runProgram } from '../support/run-program.ts';

const ffmpeg = peer('ffmpeg');
const ffprobe = peer('ffprobe');
const gstreamer = peer('gst-launch-1.0');
const patience = 60_000;

/** 30 pictures, with uneven times. */
const times = Array.from({ length: 30 }, (_, index) => index * 40 + (index % 3));
const file = (() => {
  const pictures = picturesOf(captured('ffmpeg-h265.interleaved')).map((wire) => h265Video.units(wire));
  const muxer = new MatroskaMuxer(h265Video.parameterSets(pictures[0]!)!);
  return Buffer.concat([muxer.head, ...pictures.map((units, index) => muxer.picture({ units, keyframe: index % 15 === 0, millis: times[index]! }))]);
})();

test.skipIf(!ffmpeg)('ffmpeg decodes from it exactly what it decodes from its own file', async () => {
  const decode = async (format: string, bytes: Uint8Array) => {
    const args = ['-v', 'error', '-xerror', '-f', format, '-i', 'pipe:0', '-f', 'framemd5', '-'];
    const { code, output, errors } = await runProgram(ffmpeg!, args, patience, bytes);
    expect(errors).toBe('');
    expect(code).toBe(0);
    return output.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(',').at(-1)]));
  };
  const own = await decode('hevc', mediaFixture('ffmpeg-main-160x120.h265'));
  expect(own).toHaveLength(30);
  expect(await decode('matroska', file)).toEqual(own);
});

test.skipIf(!ffprobe)('ffprobe tells the times and keyframes that were written', async () => {
  const args = ['-v', 'error', '-f', 'matroska', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', '-i', 'pipe:0'];
  const { output, errors } = await runProgram(ffprobe!, args, patience, file);
  expect(errors).toBe('');
  const seen = output
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  expect(seen.map(([at]) => Math.round(Number(at) * 1000))).toEqual(times);
  expect(seen.map(([, flags]) => flags?.startsWith('K'))).toEqual(times.map((_, index) => index % 15 === 0));
});

test.skipIf(!gstreamer)('GStreamer plays it', async () => {
  const pipeline = ['-q', 'fdsrc', '!', 'matroskademux', '!', 'h265parse', '!', 'avdec_h265', '!', 'identity', 'eos-after=25', '!', 'fakesink'];
  const { code, errors } = await runProgram(gstreamer!, pipeline, patience, file);
  expect(errors).not.toMatch(/ERROR/);
  expect(code).toBe(0);
});
