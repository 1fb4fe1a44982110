import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { avcCodec, parseH264Sps } from '../../../adapters/protocols/h26x/h264-sps.ts';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { splitAnnexB } from '../../../adapters/protocols/h26x/nal.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { packetiseH264 } from '../../../adapters/protocols/rtp/h264-payload.ts';
import { captured, hex, hexOf, mediaFixture, picturesOf, wireOf } from '../../support/rtp-captures.ts';
import { fixtureUnits } from '../../support/rtsp-camera.ts';

/** By ffmpeg 5.1 with libx264: `-f lavfi -i testsrc2=size=352x288:rate=25 -x264-params tff=1`; ffprobe says 352x288, top field first, 25/1. */
const interlacedSps = hex('67640015acd941612d808800000300080000030190f8a14cb0');

function opens(wire: readonly Buffer[]): boolean[] {
  return wire.map((packet) => h264Video.opensPictureGroup(packet, 4, packet.length));
}

describe('H.264 in RTP', () => {
  test('units that ffmpeg packetised come back as they were in its file', () => {
    const units = h264Video.units([Buffer.concat(captured('ffmpeg-rtp.interleaved'))]);
    // ffmpeg leaves nothing out of RTP: the first 30 pictures, sets and SEI included.
    expect(units.length).toBeGreaterThan(30);
    expect(hexOf(units)).toEqual(hexOf(fixtureUnits.slice(0, units.length)));
  });

  test('in what ffmpeg packetised the keyframes, and only they, open a picture group', () => {
    const pictures = picturesOf(captured('ffmpeg-rtp.interleaved'));
    const keyframes = pictures.map((packets) => h264Video.units(packets).some((unit) => (unit[0]! & 0x1f) === 5));
    expect(keyframes.filter(Boolean)).toHaveLength(2);
    expect(pictures.map((packets) => opens(packets).includes(true))).toEqual(keyframes);
  });

  test('packetised and put together again is the same, at any packet size', () => {
    const nal = fc.uint8Array({ minLength: 1, maxLength: 3_000 }).map((bytes) => Uint8Array.of(0x65, ...bytes.map((byte) => byte | 4), 0x80));
    fc.assert(
      fc.property(fc.array(nal, { minLength: 1, maxLength: 6 }), fc.integer({ min: 16, max: 1_400 }), (nals, most) => {
        const payloads = packetiseH264(nals, most);
        expect(payloads.every((payload) => payload.length <= most)).toBe(true);
        expect(hexOf(h264Video.units([Buffer.concat(wireOf(payloads))]))).toEqual(hexOf(nals));
      }),
      { numRuns: 60 },
    );
  });

  test('a unit with a fragment missing is left out, the next one is whole', () => {
    const wire = wireOf([...packetiseH264([new Uint8Array(300).fill(0x65)], 100), hex('6742')]);
    expect(hexOf(h264Video.units([wire[0]!, ...wire.slice(2)]))).toEqual(['6742']);
    expect(hexOf(h264Video.units(wire.slice(1)))).toEqual(['6742']);
  });

  test.each([
    ['Annex-B inside a payload (quirk 18)', '00000001 6742 00000001 68ce 000001 6588', ['6742', '68ce', '6588']],
    [
      'a whole picture sent as if it were its first unit (V380, quirk 18)',
      '274d001f 00000001 28ee3c80 000001 25b8',
      ['274d001f', '28ee3c80', '25b8'],
    ],
    ['the same in one fragment', '3c c7 4d001f 00000001 28ee3c80 000001 25b8', ['274d001f', '28ee3c80', '25b8']],
    ['Annex-B behind the header of a fragment', '7c c7 000001 6742 000001 68ce', ['6742', '68ce']],
    ['FU-A with start and end at once (quirk 21)', '7c c5 8884', ['658884']],
    ['STAP-A', '78 0002 6742 0002 68ce', ['6742', '68ce']],
    ['STAP-A whose second unit is cut short', '78 0002 6742 0009 68ce', ['6742']],
    ['STAP-B, which is skipped', '79 0000 0002 6742', []],
    ['MTAP16, which is skipped', '7a 0000 0004 00 0000 6742', []],
    ['MTAP24, which is skipped', '7b 0000 0005 00 000000 6742', []],
    ['FU-B, which is skipped', '7d c5 0000 8884', []],
    ['an end of sequence, which is one byte', '0a', ['0a']],
    ['type 0 and type 31, which are nothing', '1f aabb', []],
  ])('%s is read', (_, payload, expected) => {
    expect(hexOf(h264Video.units(wireOf([hex(payload)])))).toEqual(expected);
  });

  test('a fragmented picture that hides its parameter sets in front is split across packet borders', () => {
    const stream = hex('274d001fe7 00000001 28ee3c80 00000001 25b8200011');
    const payloads = [...stream.subarray(1)].map((byte, index, all) =>
      Uint8Array.of(0x3c, (index === 0 ? 0x80 : 0) | (index === all.length - 1 ? 0x40 : 0) | 7, byte),
    );
    expect(hexOf(h264Video.units(wireOf(payloads)))).toEqual(['274d001fe7', '28ee3c80', '25b8200011']);
  });

  test('a type that changes in the middle of a unit does not change the unit, and the reserved bit says nothing (quirk 21)', () => {
    expect(hexOf(h264Video.units(wireOf([hex('7ca5 aa'), hex('7c01 bb'), hex('7c41 cc')])))).toEqual(['65aabbcc']);
  });

  test('both fields of a picture are there, in order', () => {
    const fields = [hex('6742aabb'), hex('68ceaabb'), hex('65b8aabb'), hex('41b9ccdd')];
    const units = h264Video.units(wireOf(fields));
    expect(hexOf(units)).toEqual(hexOf(fields));
    expect(h264Video.hasPicture(units)).toBe(true);
  });

  test.each([
    ['SPS', '6742aa', true],
    ['PPS alone', '68ceaa', false],
    ['IDR', '65aa', true],
    ['the picture of a group', '41aa', false],
    ['the first fragment of an IDR', '7c85aa', true],
    ['a later fragment of an IDR', '7c05aa', false],
    ['an aggregate with a delimiter, then SPS', '78 0002 09f0 0002 6742', true],
    ['an aggregate of pictures', '58 0002 41aa 0002 41aa', false],
    ['a delimiter, then SPS, as Annex-B', '00000001 09f0 00000001 6742', true],
    ['a picture as Annex-B', '00000001 09f0 00000001 41aa', false],
    ['nothing', '', false],
  ])('does %s open a picture group? %#', (_, payload, expected) => {
    expect(opens(wireOf([hex(payload)]))).toEqual([expected]);
  });

  test('arbitrary bytes never throw', () => {
    const fragment = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })).map(([header, bytes]) => Uint8Array.of(0x7c, header, ...bytes));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fragment), { maxLength: 12 }),
        fc.uint8Array({ maxLength: 80 }),
        (payloads, noise) => {
          const wire = [...wireOf(payloads), Buffer.from(noise)];
          const units = h264Video.units(wire);
          opens(wire.filter((packet) => packet.length > 4));
          h264Video.parameterSets(units);
          expect(units.reduce((sum, unit) => sum + unit.length, 0)).toBeLessThanOrEqual(wire.reduce((sum, packet) => sum + packet.length, 0));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the parameter sets of H.264', () => {
  test('say profile, level and size', () => {
    const sps = parseH264Sps(fixtureUnits[0]!);
    expect(sps).toMatchObject({ width: 320, height: 240, profile: 77, framesPerSecond: 25 });
    expect(avcCodec(sps)).toBe('avc1.4d400d');
  });

  test('of an interlaced stream give the height of both fields together, and frames per second', () => {
    expect(parseH264Sps(interlacedSps)).toMatchObject({ width: 352, height: 288, framesPerSecond: 25 });
  });

  test('say how far pictures are sent out of order, where the camera fills that in', () => {
    const setsOf = (file: string) => h264Video.parameterSets(splitAnnexB(mediaFixture(file)))!;
    expect(h264Video.reordering(setsOf('ffmpeg-main-320x240.h264'))).toBe(0);
    expect(h264Video.reordering(setsOf('ffmpeg-reordered-h264.h264'))).toBe(1);
    expect(h264Video.reordering([])).toBe(0);
    expect(h264Video.reordering([Uint8Array.of(0x67, 1)])).toBe(0);
  });

  test('cut short, of a wrong kind or beyond all size are refused with a sentence', () => {
    const [sps, pps] = [fixtureUnits[0]!, fixtureUnits[1]!];
    for (let length = 0; length < 7; length += 1) expect(() => parseH264Sps(sps.subarray(0, length))).toThrow(ProtocolError);
    expect(() => h264Video.facts([sps])).toThrow('Expected an SPS and a PPS at the parameter sets, got 1 and 0.');
    expect(() => h264Video.facts([Buffer.concat([sps, Buffer.alloc(20_000, 0xff)]), pps])).toThrow(/at most 16384 bytes/);
    expect(h264Video.facts([Buffer.concat([sps, Buffer.alloc(16_000, 0xff)]), pps])).toMatchObject({ width: 320, height: 240 });
  });

  test('with any bit wrong never do worse than ProtocolError', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8 * 24), { maxLength: 12 }), fc.nat(16_000), (flips, tail) => {
        const bent = Buffer.concat([fixtureUnits[0]!, Buffer.alloc(tail, 0x55)]);
        for (const bit of flips) if (bit >> 3 > 0 && bit >> 3 < bent.length) bent[bit >> 3]! ^= 1 << (bit & 7);
        try {
          h264Video.fmp4([bent, hex('68ce')], 90_000);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
