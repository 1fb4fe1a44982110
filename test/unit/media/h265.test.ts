import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hevcCodec, parseH265Sps } from '../../../adapters/protocols/h26x/h265-sps.ts';
import { h265Video } from '../../../adapters/protocols/h26x/h265-video.ts';
import { h265NalType, isH265Slice, splitAnnexB, withoutTrailingZeros } from '../../../adapters/protocols/h26x/nal.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { packetiseH265 } from '../../../adapters/protocols/rtp/h265-payload.ts';
import { captured, hex, hexOf, mediaFixture, picturesOf, wireOf } from '../../support/rtp-captures.ts';

const sent = [
  { capture: 'ffmpeg-h265.interleaved', file: 'ffmpeg-main-160x120.h265' },
  { capture: 'gstreamer-h265.rfc4571', file: 'gstreamer-main-64x64.h265' },
];

interface KnownSps {
  readonly from: string;
  readonly sps: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond?: number;
  /** The first 23 bytes of the box that ffmpeg made of it. */
  readonly hvcC?: string;
}
const knownSps: readonly KnownSps[] = JSON.parse(mediaFixture('h265-sps.json').toString());

function opens(wire: readonly Buffer[]): boolean[] {
  return wire.map((packet) => h265Video.opensPictureGroup(packet, 4, packet.length));
}

describe('H.265 in RTP', () => {
  test.each(sent)('units of $capture are those of $file', ({ capture, file }) => {
    // ffmpeg leaves a zero of the next start code at a unit's end.
    const units = h265Video.units(captured(capture)).map((unit) => unit.subarray(0, withoutTrailingZeros(unit, 0, unit.length)));
    expect(hexOf(units)).toEqual(hexOf(splitAnnexB(mediaFixture(file))));
  });

  test.each(sent)('in $capture the keyframes, and only they, are seen in their first packet', ({ capture }) => {
    const pictures = picturesOf(captured(capture));
    const keyframes = pictures.map((packets) => h265Video.units(packets).some((unit) => h265NalType(unit) >= 16 && isH265Slice(unit)));
    expect(keyframes.filter(Boolean)).toHaveLength(2);
    expect(pictures.map((packets) => opens(packets)[0])).toEqual(keyframes);
    expect(pictures.map((packets) => opens(packets).includes(true))).toEqual(keyframes);
  });

  test('packetised and put together again is the same, at any packet size', () => {
    const nal = fc
      .tuple(fc.constantFrom(0, 1, 19, 21, 32, 33, 34, 39), fc.uint8Array({ minLength: 1, maxLength: 3_000 }))
      // No start code can stand inside a unit.
      .map(([type, bytes]) => Uint8Array.of(type << 1, 1, ...bytes.map((byte) => byte | 4), 0x80));
    fc.assert(
      fc.property(fc.array(nal, { minLength: 1, maxLength: 6 }), fc.integer({ min: 16, max: 1_400 }), (nals, most) => {
        const payloads = packetiseH265(nals, most);
        expect(payloads.every((payload) => payload.length <= most)).toBe(true);
        expect(hexOf(h265Video.units([Buffer.concat(wireOf(payloads))]))).toEqual(hexOf(nals));
      }),
      { numRuns: 60 },
    );
  });

  test('a unit with a fragment missing is left out, the next one is whole', () => {
    const wire = wireOf([...packetiseH265([new Uint8Array(300).fill(2)], 100), hex('4401c172')]);
    expect(hexOf(h265Video.units([wire[0]!, ...wire.slice(2)]))).toEqual(['4401c172']);
    expect(h265Video.units(wire)).toHaveLength(2);
  });

  test.each([
    ['Annex-B in the payload (quirk 18)', '00000001 4001aa 000001 4201bb 00000001 4401cc 000001 2601dd', ['4001aa', '4201bb', '4401cc', '2601dd']],
    ['Annex-B in a fragment with start and end at once', '6201e1 00000001 4201bb 000001 4401cc', ['4201bb', '4401cc']],
    ['a whole picture sent as if it were its first unit', '4201bb 00000001 4401cc 000001 2601dd', ['4201bb', '4401cc', '2601dd']],
    ['a fragment with start and end at once (quirk 21)', '6201d3 aabb', ['2601aabb']],
    ['an aggregate', '6001 0003 4001aa 0003 4201bb', ['4001aa', '4201bb']],
    ['an aggregate whose second unit is cut short', '6001 0003 4001aa 00ff 4201bb', ['4001aa']],
    ['an aggregate inside an aggregate', '6001 0007 6001 0003 4001aa 0003 4201bb', ['4201bb']],
    ['a PACI packet, which is skipped', '6401 0000aabbcc', []],
    ['half a header', '40', []],
  ])('%s is read', (_, payload, expected) => {
    expect(hexOf(h265Video.units(wireOf([hex(payload)])))).toEqual(expected);
  });

  test('a type that changes in the middle of a unit does not change the unit (quirk 21)', () => {
    expect(hexOf(h265Video.units(wireOf([hex('620193 aa'), hex('620101 bb'), hex('620141 cc')])))).toEqual(['2601aabbcc']);
  });

  test.each([
    ['VPS', '4001aa', true],
    ['SPS', '4201aa', true],
    ['PPS alone', '4401aa', false],
    ['IDR', '2601aa', true],
    ['CRA', '2a01aa', true],
    ['the picture of a group', '0201aa', false],
    ['the first fragment of an IDR', '620193aa', true],
    ['a later fragment of an IDR', '620113aa', false],
    ['an aggregate with SEI, then VPS', '6001 0003 4e01aa 0003 4001aa', true],
    ['an aggregate of pictures', '6001 0003 0201aa 0003 0201aa', false],
    ['a delimiter, then a VPS, as Annex-B', '00000001 460150 00000001 4001aa', true],
    ['nothing', '', false],
  ])('does %s open a picture group? %#', (_, payload, expected) => {
    expect(opens(wireOf([hex(payload)]))).toEqual([expected]);
  });

  test('parameter sets are complete with one of each kind; repeated ones count once, those of other layers not at all', () => {
    const [vps, sps, pps] = ['4001aa', '4201bb', '4401cc'].map(hex) as [Buffer, Buffer, Buffer];
    expect(h265Video.parameterSets([vps, sps])).toBeUndefined();
    expect(h265Video.parameterSets([pps, sps, hex('4209bb'), vps, sps])).toEqual([vps, sps, pps].map((set) => new Uint8Array(set)));
  });
});

describe('the parameter sets of H.265', () => {
  test.each(knownSps)('of $from say what ffmpeg says', ({ sps: text, width, height, framesPerSecond, hvcC }) => {
    const sps = parseH265Sps(hex(text));
    expect(sps).toMatchObject({ width, height });
    if (framesPerSecond === undefined) expect(sps.framesPerSecond).toBeUndefined();
    else expect(sps.framesPerSecond).toBeCloseTo(framesPerSecond, 6);
    if (hvcC === undefined) return;
    const muxer = h265Video.fmp4([hex('4001aa'), hex(text), hex('4401aa')], 90_000);
    const init = Buffer.from(muxer.init);
    const ours = init.subarray(init.indexOf('hvcC') + 4).subarray(0, 23);
    expect(ours.subarray(0, 13)).toEqual(hex(hvcC).subarray(0, 13));
    expect(ours.subarray(15, 22)).toEqual(hex(hvcC).subarray(15, 22));
  });

  test.each([
    [
      'Main, level 3.1, as in ISO/IEC 14496-15',
      { profile: 1, compatibility: 0x60000000, constraints: [0xb0, 0, 0, 0, 0, 0], level: 93 },
      'hvc1.1.6.L93.B0',
    ],
    ['no constraints', { profile: 1, compatibility: 0x60000000, constraints: [0, 0, 0, 0, 0, 0], level: 150 }, 'hvc1.1.6.L150'],
    [
      'high tier, a constraint far behind',
      { profile: 2, compatibility: 0x20000000, tier: 1 as const, constraints: [0x90, 0, 8, 0, 0, 0], level: 153 },
      'hvc1.2.4.H153.90.0.8',
    ],
    ['a profile space', { space: 1, profile: 4, compatibility: 0x80000000, constraints: [0, 0, 0, 0, 0, 1], level: 30 }, 'hvc1.A4.1.L30.0.0.0.0.0.1'],
  ])('become a codec string: %s', (_, profile, expected) => {
    expect(hevcCodec({ space: 0, tier: 0, ...profile })).toBe(expected);
  });

  test('say how far pictures are sent out of order', () => {
    const setsOf = (file: string) => h265Video.parameterSets(splitAnnexB(mediaFixture(file)))!;
    expect(h265Video.reordering(setsOf('ffmpeg-main-160x120.h265'))).toBe(0);
    expect(h265Video.reordering(setsOf('ffmpeg-reordered-h265.h265'))).toBe(2);
    expect(h265Video.reordering([])).toBe(0);
  });

  test('that are cut short, of a wrong kind or beyond all size are refused with a sentence', () => {
    const sps = hex(knownSps[0]!.sps);
    const large = Buffer.concat([sps, Buffer.alloc(20_000, 0xff)]);
    for (let length = 0; length < 24; length += 1) expect(() => parseH265Sps(sps.subarray(0, length))).toThrow(ProtocolError);
    expect(() => parseH265Sps(hex('4401c172'))).toThrow('Expected a sequence parameter set at byte 0, got NAL type 34.');
    expect(() => h265Video.facts([hex('4001aa'), large, hex('4401aa')])).toThrow(/at most 16384 bytes/);
    expect(() => h265Video.facts([hex('4001aa'), sps])).toThrow('Expected a VPS, an SPS and a PPS at the parameter sets, got 1, 1, 0.');
  });

  test('with any bit wrong never do worse than ProtocolError, and never take long', () => {
    const known = fc.constantFrom(...knownSps.map(({ sps }) => hex(sps)));
    const started = performance.now();
    fc.assert(
      fc.property(known, fc.array(fc.nat(8 * 220), { maxLength: 12 }), fc.nat(16_000), (sps, flips, tail) => {
        const bent = Buffer.concat([sps, Buffer.alloc(tail, 0x55)]);
        for (const bit of flips) if (bit >> 3 > 1 && bit >> 3 < bent.length) bent[bit >> 3]! ^= 1 << (bit & 7);
        try {
          h265Video.fmp4([hex('4001aa'), bent, hex('4401aa')], 90_000);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

test('arbitrary bytes as H.265 never throw, and give no more units than bytes', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(0x60, 1, ...bytes)),
  );
  const fragment = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })).map(([header, bytes]) => Uint8Array.of(0x62, 1, header, ...bytes));
  fc.assert(
    fc.property(fc.array(fc.oneof(payload, fragment), { maxLength: 12 }), fc.uint8Array({ maxLength: 80 }), (payloads, noise) => {
      const wire = [...wireOf(payloads), Buffer.from(noise)];
      const units = h265Video.units(wire);
      opens(wire.filter((packet) => packet.length > 4));
      h265Video.parameterSets(units);
      expect(units.reduce((sum, unit) => sum + unit.length, 0)).toBeLessThanOrEqual(wire.reduce((sum, packet) => sum + packet.length, 0));
    }),
    { numRuns: 300 },
  );
});

test('a flood of tiny units is bounded', () => {
  const flood = Buffer.concat([hex('6001'), ...Array.from({ length: 12_000 }, () => hex('0003 0201aa'))]);
  expect(h265Video.units(wireOf([flood]))).toHaveLength(2_048);
  const zeros = Buffer.alloc(65_000);
  expect(h265Video.units(wireOf([Buffer.concat([hex('00000001 4201'), zeros]), zeros, zeros]))).toEqual([hex('4201')]);
});
