import { describe, expect, test } from 'vitest';
import { splitAnnexB } from '../../../adapters/protocols/h26x/nal.ts';
import { PsFrameReader } from '../../../adapters/protocols/ps/frames.ts';
import { type PsFrame, PsMuxer } from '../../../adapters/protocols/ps/muxer.ts';
import { framesOf, muxed } from '../../support/program-streams.ts';
import { adtsFrames, hex, hexOf, mediaFixture } from '../../support/rtp-captures.ts';

const rulesOf = (reader: PsFrameReader, frame: Buffer) => reader.read(frame).violations.map(({ rule, what }) => `${rule}: ${what}`);
const framed = (frame: Partial<PsFrame>) => Buffer.concat(new PsMuxer({ video: 'h264' }).frame({ pts: 3_600, keyframe: false, units: [], ...frame }));
const key: Partial<PsFrame> = { keyframe: true, units: [hex('6742'), hex('68ce'), hex('658884')] };

describe.each([
  ['h264', 'ffmpeg-main-320x240.h264', 4],
  ['h265', 'ffmpeg-main-160x120.h265', 2],
] as const)('frames of %s', (codec, file, keyframes) => {
  test('with and without sound come back as they were, and break no rule', () => {
    const sound = mediaFixture('ffmpeg-alaw.raw');
    const frames = framesOf(codec, mediaFixture(file)).map((frame, index) =>
      index % 2 === 0 ? frame : { ...frame, sounds: [{ bytes: sound.subarray(index * 100, index * 100 + 320), pts: frame.pts - 1_800 }] },
    );
    const reader = new PsFrameReader();
    const received = muxed({ video: codec, audio: { codec: 'pcma' } }, frames).map((bytes) => reader.read(bytes));
    expect(received.flatMap(({ violations }) => violations)).toEqual([]);
    expect(received.filter(({ keyframe }) => keyframe)).toHaveLength(keyframes);
    expect(received.map(({ pts }) => pts)).toEqual(frames.map(({ pts }) => pts));
    expect(hexOf(received.flatMap(({ units }) => units))).toEqual(hexOf(splitAnnexB(mediaFixture(file))));
    expect(received.every(({ video, audio }) => video === codec && audio === 'pcma')).toBe(true);
    const heard = frames.flatMap(({ sounds = [] }) => sounds.map(({ bytes, pts }) => ({ bytes: Buffer.from(bytes), pts })));
    expect(received.flatMap(({ sounds }) => sounds)).toEqual(heard.filter(({ bytes }) => bytes.length > 0));
  });
});

test('AAC comes out in the ADTS frames of the file that it was taken from', () => {
  const muxer = new PsMuxer({ video: 'h264', audio: { codec: 'aac', config: hex('1408') } });
  const reader = new PsFrameReader();
  const frames = adtsFrames('ffmpeg-lc-16k.adts').map((bytes, index) =>
    reader.read(
      Buffer.concat(
        muxer.frame({ pts: 90_000 + index * 5_760, ...key, keyframe: true, units: key.units!, sounds: [{ bytes, pts: 90_000 + index * 5_760 }] }),
      ),
    ),
  );
  expect(frames.flatMap(({ violations }) => violations)).toEqual([]);
  const stream = Buffer.concat(frames.flatMap(({ sounds }) => sounds.map(({ bytes }) => bytes)));
  const file = mediaFixture('ffmpeg-lc-16k.adts');
  // ffmpeg writes MPEG-4 with a bit rate in the fullness of the buffer; the frames and what describes them are the same.
  expect(stream.length).toBe(file.length);
  expect(stream.subarray(0, 5).toString('hex')).toBe(file.subarray(0, 5).toString('hex'));
});

describe('a frame breaks a rule', () => {
  test('never where it is a keyframe as it should be, nor what follows it', () => {
    const reader = new PsFrameReader();
    expect(rulesOf(reader, framed(key))).toEqual([]);
    expect(rulesOf(reader, framed({ pts: 7_200, units: [hex('419a')] }))).toEqual([]);
  });

  test('where it is the first and no keyframe', () => {
    expect(rulesOf(new PsFrameReader(), framed({ units: [hex('419a')] }))).toEqual([
      'undeclared: packets before any stream map',
      'first-frame: the first picture is no keyframe',
    ]);
  });

  test('where a keyframe lacks parameter sets, or what announces them', () => {
    expect(rulesOf(new PsFrameReader(), framed({ keyframe: true, units: [hex('658884')] }))).toEqual([
      'keyframe: a keyframe without its parameter sets',
    ]);
    const reader = new PsFrameReader();
    reader.read(framed(key));
    expect(rulesOf(reader, framed({ ...key, keyframe: false }))).toEqual([
      'keyframe: a keyframe without a system header',
      'keyframe: a keyframe without a stream map',
    ]);
  });

  test('where it has two pack headers, or none in front', () => {
    const reader = new PsFrameReader();
    expect(rulesOf(reader, Buffer.concat([framed(key), framed(key)]))).toContain('frame-start: 2 pack headers in one frame');
    expect(rulesOf(reader, framed(key).subarray(14))).toContain('frame-start: 0 pack headers in one frame');
    const late = Buffer.concat([framed(key).subarray(14, 29), framed(key)]);
    expect(rulesOf(reader, late)).toContain('frame-start: a frame that does not begin with its pack header');
  });

  test('where a part of it is lost, and the next frame is whole again', () => {
    const reader = new PsFrameReader();
    expect(rulesOf(reader, framed(key).subarray(0, -1))).toEqual(expect.arrayContaining([expect.stringMatching(/^cut-short/)]));
    expect(rulesOf(reader, framed(key))).toEqual([]);
  });

  test('where the map says H.265 and the picture is H.264, or no Annex B at all', () => {
    const wrong = new PsMuxer({ video: 'h265' });
    const reader = new PsFrameReader();
    expect(rulesOf(reader, Buffer.concat(wrong.frame({ pts: 0, keyframe: true, units: [hex('6742'), hex('68ce'), hex('6180')] })))).toContain(
      'codec: the stream map says h265, the picture does not look like it',
    );
    const frame = framed(key);
    const start = frame.indexOf(hex('000000016742'));
    frame.set(hex('0000000a'), start);
    expect(rulesOf(new PsFrameReader(), frame)).toContain('annex-b: a picture that begins with 0000000a');
  });

  test('where its first packet has no time', () => {
    const frame = framed(key).toString('hex').replace('8480052100011c21', '840005ffffffffff');
    expect(rulesOf(new PsFrameReader(), hex(frame))).toEqual(['picture-time: a picture without a time']);
  });
});
