/** Pictures and sound as frames of a program stream, on one time line. */
import { expect, test } from 'vitest';
import { audioTools, videoTools } from '../../../adapters/protocols/codecs.ts';
import { PsFrameReader, type ReceivedFrame } from '../../../adapters/protocols/ps/frames.ts';
import { PsMuxer } from '../../../adapters/protocols/ps/muxer.ts';
import { aacHighBitRate, packetiseAac } from '../../../adapters/protocols/rtp/aac-payload.ts';
import type { AudioTrack, VideoTrack } from '../../../gateway/domain/media.ts';
import type { WireSpan } from '../../../gateway/domain/media-ports.ts';
import { instant, millis, seconds } from '../../../gateway/domain/time.ts';
import type { Picture } from '../../../gateway/media/pictures.ts';
import { ProgramLine } from '../../../gateway/media/program-line.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { adtsFrames, hex, hexOf, mediaFixture, wireOf } from '../../support/rtp-captures.ts';
import { parameterSets, pictures } from '../../support/rtsp-camera.ts';

const video: VideoTrack = { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets };
const pcma: AudioTrack = { kind: 'audio', codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1 };
const aac: AudioTrack = {
  ...{ kind: 'audio', codec: 'aac', payloadType: 97, clockRate: 16_000, channels: 1 },
  aac: { config: hex('1408'), ...aacHighBitRate },
};
const aLaw = mediaFixture('ffmpeg-alaw.raw');
const keyframes = pictures.map((units) => units.some((unit) => (unit[0]! & 0x1f) === 5));
/** Of the camera, whose clocks begin anywhere. */
const [videoTicks, audioTicks] = [1_000_000, 77_000];

function open(sound = true) {
  const clock = new ManualClock();
  const reader = new PsFrameReader();
  const frames: (ReceivedFrame & { readonly timestamp: number })[] = [];
  const line = new ProgramLine({
    ...{ clock, log: silentLogger, sound },
    parts: {
      codecs: { video: videoTools, audio: audioTools },
      programMuxer: (tracks, version) => new PsMuxer(tracks, version),
    },
    out: (parts, timestamp) => frames.push({ ...reader.read(Buffer.concat(parts)), timestamp }),
  });
  /** The picture that is taken `at` ms after the first; the recording has a keyframe every so often. */
  const show = (index: number, at: number, more: Partial<Picture> = {}) => {
    const picture = {
      units: pictures[index]!,
      keyframe: keyframes[index]!,
      ticks: videoTicks + at * 90,
      capturedAt: instant(1_000 + at),
      number: index,
    };
    line.picture({ ...picture, ...more });
  };
  const say = (payload: Uint8Array, ticks: number, at: number) => {
    const [wire] = wireOf([payload], { sequence: 9, timestamp: ticks });
    const span = { wire: wire!, packets: 1, ticks, capturedAt: instant(1_000 + at), keyframe: false, starts: true, ends: true, last: 0 };
    line.sound({ track: 'audio', ...span } satisfies WireSpan);
  };
  return { clock, line, frames, show, say, violations: () => frames.flatMap(({ violations }) => violations) };
}

const alaw = (index: number) => aLaw.subarray(index * 320, (index + 1) * 320);

test('sound leaves with the next picture, at its own time, whatever the clock of its track', () => {
  const { line, frames, show, say, violations } = open();
  line.described({ video, audio: pcma });
  show(0, 0);
  for (let index = 1; index < 6; index += 1) {
    say(alaw(index), audioTicks + index * 320, index * 40);
    show(index, index * 40);
  }
  expect(violations()).toEqual([]);
  expect(frames.map(({ timestamp, pts }) => [timestamp, pts])).toEqual(frames.map((_, index) => [90_000 + index * 3_600, 90_000 + index * 3_600]));
  expect(frames.every(({ audio }) => audio === 'pcma')).toBe(true);
  const sounds = frames.flatMap((frame) => frame.sounds);
  expect(sounds.map(({ pts }) => pts)).toEqual([1, 2, 3, 4, 5].map((index) => 90_000 + index * 3_600));
  expect(hexOf(sounds.map(({ bytes }) => bytes))).toEqual(hexOf([1, 2, 3, 4, 5].map(alaw)));
});

test('sound that waits for its picture stays as it was, whatever becomes of the bytes that it came in', () => {
  const { line, frames, show } = open();
  line.described({ video, audio: pcma });
  show(0, 0);
  const [wire] = wireOf([alaw(1)], { sequence: 9, timestamp: audioTicks });
  const span = { wire: wire!, packets: 1, ticks: audioTicks, capturedAt: instant(1_040), keyframe: false, starts: true, ends: true, last: 0 };
  line.sound({ track: 'audio', ...span });
  wire!.fill(0);
  show(1, 40);
  expect(hexOf(frames.flatMap(({ sounds }) => sounds.map(({ bytes }) => bytes)))).toEqual(hexOf([alaw(1)]));
});

test('AAC is put in frame by frame', () => {
  const { line, frames, show, say, violations } = open();
  line.described({ video, audio: aac });
  const sent = adtsFrames('ffmpeg-lc-16k.adts').slice(0, 6);
  show(0, 0);
  sent.forEach((frame, index) => {
    for (const { payload } of packetiseAac([frame], 1_400)) say(payload, audioTicks + index * 1_024, index * 64);
  });
  show(1, 400);
  expect(violations()).toEqual([]);
  const sounds = frames.flatMap((frame) => frame.sounds);
  expect(sounds.map(({ pts }) => pts)).toEqual(sent.map((_, index) => 90_000 + index * 5_760));
  // Each behind its ADTS header of seven bytes.
  expect(hexOf(sounds.map(({ bytes }) => bytes.subarray(7)))).toEqual(hexOf(sent));
});

test('sound that no picture takes along leaves alone', () => {
  const { line, frames, show, say, violations } = open();
  line.described({ video, audio: pcma });
  show(0, 0);
  for (let index = 1; index <= 40; index += 1) say(alaw(index % 8), audioTicks + index * 320, index * 40);
  show(1, 1_640);
  expect(violations()).toEqual([]);
  expect(frames.map(({ units, sounds }) => [units.length > 0, sounds.length])).toEqual([
    [true, 0],
    [false, 16],
    [false, 16],
    [true, 8],
  ]);
});

test('only sound that is heard is announced; it may come and go with a keyframe', async () => {
  const { clock, line, frames, show, say, violations } = open();
  line.described({ video, audio: pcma });
  show(0, 0);
  await clock.advance(seconds(6));
  show(1, 6_000, { keyframe: true, units: pictures[0]! });
  say(alaw(1), audioTicks, 6_040);
  show(2, 6_040);
  show(3, 6_080, { keyframe: true, units: pictures[0]! });
  say(alaw(2), audioTicks + 320, 6_120);
  show(4, 6_120);
  line.described({ video });
  show(5, 6_160, { keyframe: true, units: pictures[0]! });
  expect(frames.map(({ audio, sounds }) => [audio, sounds.length])).toEqual([
    ['pcma', 0],
    [undefined, 0],
    [undefined, 0],
    ['pcma', 0],
    ['pcma', 1],
    [undefined, 0],
  ]);
  expect(violations()).toEqual([]);
});

test.each<[string, Partial<AudioTrack>, boolean]>([
  ['that nobody wants', {}, false],
  ['at a rate that a program stream cannot tell', { clockRate: 16_000 }, true],
  ['in stereo', { channels: 2 }, true],
  ['of an AAC that cannot be read', { codec: 'aac', aac: { config: hex('ffff'), ...aacHighBitRate } }, true],
])('sound %s is not announced, and costs no picture', (_, more, sound) => {
  const { line, frames, show, say, violations } = open(sound);
  line.described({ video, audio: { ...pcma, ...more } });
  show(0, 0);
  say(alaw(1), audioTicks, 40);
  show(1, 40);
  expect(frames.map(({ audio, sounds }) => [audio, sounds.length])).toEqual([
    [undefined, 0],
    [undefined, 0],
  ]);
  expect(violations()).toEqual([]);
});

test('a stream that was silent for a whole group is announced without sound', () => {
  const { line, frames, show } = open();
  line.described({ video, audio: pcma });
  line.quiet();
  show(0, 0);
  expect(frames[0]).toMatchObject({ keyframe: true });
  expect(frames[0]).not.toHaveProperty('audio');
});

test('after a missing picture everything is left out up to the next keyframe', () => {
  const { line, frames, show, violations } = open();
  line.described({ video });
  show(1, 0);
  show(2, 40);
  show(3, 80, { keyframe: true, units: pictures[0]! });
  show(4, 120);
  show(6, 200);
  show(7, 240);
  show(8, 280, { keyframe: true, units: pictures[0]! });
  expect(frames.map(({ pts }) => (pts! - 90_000) / 90)).toEqual([0, 40, 200]);
  expect(violations()).toEqual([]);
});

test('keyframes without parameter sets are given those of the description', () => {
  const { line, frames, show, violations } = open();
  line.described({ video });
  show(0, 0, { units: pictures[0]!.filter((unit) => (unit[0]! & 0x1f) === 5) });
  expect(frames[0]!.units.slice(0, 2).map((unit) => unit[0]! & 0x1f)).toEqual([7, 8]);
  expect(violations()).toEqual([]);
});

test('another stream goes on where the one before stopped, plus the time between', async () => {
  const { clock, line, frames, show, violations } = open();
  line.described({ video });
  show(0, 0);
  show(1, 40);
  line.change();
  line.described({ video });
  await clock.advance(millis(500));
  show(5, 900_000);
  show(6, 900_040, { keyframe: true, units: pictures[0]! });
  show(7, 900_080);
  expect(frames.map(({ timestamp }) => timestamp)).toEqual([90_000, 93_600, 93_600 + 45_000, 93_600 + 48_600]);
  expect(violations()).toEqual([]);
});

test('pictures that are sent in another order than they are shown in have both times, and RTP goes by the growing one', () => {
  const { line, frames, show, violations } = open();
  line.described({ video: { ...video, reordering: 1 } });
  [0, 80, 40, 160, 120, 240, 200].forEach((at, index) => {
    show(index, at, index === 0 ? {} : { keyframe: false });
  });
  const shown = frames.map(({ pts }) => (pts! - frames[0]!.pts!) / 90);
  expect(shown).toEqual([0, 80, 40, 160, 120, 240, 200]);
  const steps = frames.slice(1).map(({ timestamp }, index) => timestamp - frames[index]!.timestamp);
  expect(steps.every((step) => step > 0)).toBe(true);
  expect(violations()).toEqual([]);
});
