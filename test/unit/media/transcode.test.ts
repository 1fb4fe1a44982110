/** What goes into ffmpeg and comes out of it when H.265 is made into H.264. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FlvReader, type FlvVideo } from '../../../adapters/protocols/flv.ts';
import { h264Nal, h264NalType, splitAnnexB } from '../../../adapters/protocols/h26x/nal.ts';
import { MatroskaMuxer } from '../../../adapters/protocols/matroska.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { Flight } from '../../../adapters/transcode/flight.ts';
import { instant, millis, seconds } from '../../../gateway/domain/time.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { hexOf, mediaFixture } from '../../support/rtp-captures.ts';

const files = ['ffmpeg-h264-aac.flv', 'gstreamer-h264.flv'] as const;

function read(bytes: Buffer, most = bytes.length): FlvVideo[] {
  const reader = new FlvReader();
  const found: FlvVideo[] = [];
  for (let at = 0; at < bytes.length; at += most) found.push(...reader.push(bytes.subarray(at, at + most)));
  return found;
}

describe('FLV', () => {
  test('of ffmpeg gives the pictures that ffmpeg itself takes out of it, with the times that ffprobe tells', () => {
    const [sets, ...pictures] = read(mediaFixture('ffmpeg-h264-aac.flv'));
    expect(sets).toMatchObject({ kind: 'sets' });
    const file = splitAnnexB(mediaFixture('ffmpeg-h264-aac.h264'));
    const isSet = (unit: Uint8Array) => h264NalType(unit) === h264Nal.sps || h264NalType(unit) === h264Nal.pps;
    expect(hexOf(sets?.kind === 'sets' ? sets.parameterSets : [])).toEqual(hexOf(file.filter(isSet).slice(0, 2)));
    const units = pictures.flatMap((picture) => (picture.kind === 'picture' ? picture.units : []));
    expect(hexOf(units)).toEqual(hexOf(file.filter((unit) => !isSet(unit))));
    const times = pictures.map((picture) => picture.kind === 'picture' && [picture.millis, picture.keyframe]);
    expect(times.slice(0, 6)).toEqual([64, 164, 264, 364, 464, 564].map((at, index) => [at, index % 5 === 0]));
  });

  test('of GStreamer is read as well', () => {
    const pictures = read(mediaFixture('gstreamer-h264.flv')).filter(({ kind }) => kind === 'picture');
    expect(pictures.map((picture) => picture.kind === 'picture' && picture.millis)).toEqual([0, 100, 200, 300, 400, 500, 600, 700]);
  });

  test.each(files)('%s is the same however its bytes are cut', (file) => {
    const bytes = mediaFixture(file);
    const whole = JSON.stringify(read(bytes));
    for (const most of [1, 7, 100, 4_096]) expect(JSON.stringify(read(bytes, most))).toBe(whole);
  });

  test('that is broken ends in a ProtocolError, never in another, and is never kept without bound', () => {
    const bytes = mediaFixture('ffmpeg-h264-aac.flv');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const broken = Buffer.from(bytes);
        broken[at] = value;
        try {
          read(broken, 1_000);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
    expect(() => read(Buffer.concat([bytes.subarray(0, 13), Buffer.of(9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0)]))).toThrow(/at most 4194304 bytes/);
    expect(() => read(Buffer.from('RIFF and something'))).toThrow(/FLV/);
  });
});

test('H.265 parameter sets that cannot be read make no Matroska', () => {
  expect(() => new MatroskaMuxer([Uint8Array.of(0x40, 1, 2)])).toThrow(ProtocolError);
});

describe('pictures in flight', () => {
  const flight = () => {
    const clock = new ManualClock();
    const one = new Flight(() => clock.monotonic());
    const take = (at: number, keyframe = false) => one.take({ at: millis(at), capturedAt: instant(1_000_000 + at), keyframe });
    return { clock, one, take };
  };

  test('come down with the time at which they were taken, whichever of them ffmpeg leaves out', () => {
    const { one, take } = flight();
    for (const at of [0, 40, 80, 120]) take(at, at === 0);
    expect(one.newest).toBe(120);
    expect(one.land(80)).toBe(1_000_080);
    expect(one.land(40)).toBeUndefined();
    expect(one.land(120)).toBe(1_000_120);
  });

  test('are left out once one is up for 3 s, until the others are down and a keyframe comes', async () => {
    const { clock, one, take } = flight();
    expect(take(0, true)).toBe(true);
    await clock.advance(seconds(3.1));
    expect(take(40)).toBe(false);
    expect(take(80, true)).toBe(false);
    one.land(0);
    expect(take(120)).toBe(false);
    expect(take(160, true)).toBe(true);
    expect(take(200)).toBe(true);
  });

  test('are stuck when none of half a second came down for 5 s, or 10 s at the start', async () => {
    const { clock, one, take } = flight();
    for (let at = 0; at <= 600; at += 40) take(at, at === 0);
    await clock.advance(seconds(9));
    expect(one.stuck).toBe(false);
    await clock.advance(seconds(1.1));
    expect(one.stuck).toBe(true);
    one.land(600);
    for (let at = 640; at <= 1_240; at += 40) take(at, at === 640);
    await clock.advance(seconds(5.1));
    expect(one.stuck).toBe(true);
  });

  test('are not stuck while a camera is silent: the last ones may have been left out', async () => {
    const { clock, one, take } = flight();
    for (const at of [0, 40, 80]) take(at, at === 0);
    one.land(0);
    await clock.advance(seconds(60));
    expect(one.stuck).toBe(false);
  });
});
