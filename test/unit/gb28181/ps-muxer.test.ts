import { describe, expect, test } from 'vitest';
import { writePackHeader, writePesContinuation, writePesStart } from '../../../adapters/protocols/ps/headers.ts';
import { type PsFrame, PsMuxer, type PsMuxerTracks } from '../../../adapters/protocols/ps/muxer.ts';
import { crc32Mpeg, ticksBetween, wrapTicks } from '../../../adapters/protocols/ps/streams.ts';
import { hex } from '../../support/rtp-captures.ts';

const written = (length: number, write: (bytes: Buffer) => number) => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, write(bytes)).toString('hex');
};
const muxed = (tracks: PsMuxerTracks, frame: Partial<PsFrame>, version = 0) =>
  Buffer.concat(new PsMuxer(tracks, version).frame({ pts: 3_600, keyframe: false, units: [], ...frame }));
const plain = (text: string) => text.replaceAll(' ', '').toLowerCase();
const aac = { codec: 'aac', config: hex('1408') } as const;

describe('headers', () => {
  test.each([
    [0, '440004000401'],
    [3_600, '440004708401'],
    [90_000, '440016FC8401'],
    [0x1ffffffff, '7FFFFFFFFC01'],
    [0x123456789, '6634573C4C01'],
    [2 ** 33, '440004000401'],
    [-1, '7FFFFFFFFC01'],
  ])('a pack at %d (B1, B2, B3)', (scr, clock) => {
    expect(written(20, (bytes) => writePackHeader(bytes, 0, scr))).toBe(plain(`000001BA ${clock} 005F6B F8`));
  });

  test.each([
    ['video (B4)', { video: 'h264' }, '000001BB 0009 80CCF5 00 21 7F E0E190'],
    ['video and sound (B5)', { video: 'h264', audio: { codec: 'pcma' } }, '000001BB 000C 80CCF5 04 21 7F E0E190 C0C020'],
    ['H.264 (B6)', { video: 'h264' }, '000001BC 000E E0FF 0000 0004 1BE00000 F4DCBD45'],
    ['H.265 (B7)', { video: 'h265' }, '000001BC 000E E0FF 0000 0004 24E00000 0C49B076'],
    ['H.264 and A-law (B8)', { video: 'h264', audio: { codec: 'pcma' } }, '000001BC 0012 E0FF 0000 0008 1BE00000 90C00000 FEDFB1D7'],
    ['H.264 and AAC (B9)', { video: 'h264', audio: aac }, '000001BC 0012 E0FF 0000 0008 1BE00000 0FC00000 4A45C708'],
    ['H.265 and AAC (B10)', { video: 'h265', audio: aac }, '000001BC 0012 E0FF 0000 0008 24E00000 0FC00000 EAC5E41D'],
    ['H.265 and µ-law (B10)', { video: 'h265', audio: { codec: 'pcmu' } }, '000001BC 0012 E0FF 0000 0008 24E00000 91C00000 82320875'],
  ] as const)('a keyframe announces %s', (_, tracks, expected) => {
    expect(muxed(tracks, { keyframe: true }).toString('hex')).toContain(plain(expected));
  });

  test('the stream map has a CRC over everything before it (B11)', () => {
    expect(crc32Mpeg(Buffer.from('123456789'))).toBe(0x0376e6e7);
    expect(crc32Mpeg(hex('000001BC000EE0FF000000041BE00000F4DCBD45'))).toBe(0);
  });

  test('another set of tracks has another version', () => {
    expect(muxed({ video: 'h264' }, { keyframe: true }, 5).toString('hex')).toContain('000001bc000ee5ff');
  });

  test.each([
    [0, '2100010001'],
    [3_600, '2100011C21'],
    [90_000, '210005BF21'],
    [0x1ffffffff, '2FFFFFFFFF'],
    [0x123456789, '298D15CF13'],
  ])('a packet with the time %d (B12, B13)', (pts, stamp) => {
    expect(written(20, (bytes) => writePesStart(bytes, 0, { id: 0xe0, payload: 100, pts }))).toBe(plain(`000001E0 006C 848005 ${stamp}`));
  });

  test('packets of every kind (B14, B15, B16, B17, B18)', () => {
    const start = (id: number, payload: number, pts: number, dts?: number) =>
      written(20, (bytes) => writePesStart(bytes, 0, { id, payload, pts, dts }));
    expect(start(0xe0, 100, 90_000, 86_400)).toBe(plain('000001E0 0071 84C00A 310005BF21 110005A301'));
    expect(start(0xe0, 100, 93_600, 90_000)).toMatch(/110005bf21$/);
    expect(start(0xe0, 100, 90_000, 90_000)).toBe(plain('000001E0 006C 848005 210005BF21'));
    expect(start(0xe0, 100, 3_600)).toBe(plain('000001E0 006C 848005 2100011C21'));
    expect(start(0xc0, 160, 7_200)).toBe(plain('000001C0 00A8 848005 2100013841'));
    expect(start(0xe0, 65_527, 0).slice(8, 12)).toBe('ffff');
    const continued = (payload: number) => written(20, (bytes) => writePesContinuation(bytes, 0, 0xe0, payload));
    expect(continued(65_000)).toBe(plain('000001E0 FDEB 800000'));
    expect(continued(65_532).slice(8, 12)).toBe('ffff');
  });
});

describe('a frame', () => {
  // The vector ends its slice with a zero, which the same facts (§6.2) have us strip.
  test('that is a key has these 71 bytes (B19)', () => {
    expect(muxed({ video: 'h264' }, { keyframe: true, units: [hex('65888401')] }).toString('hex')).toBe(
      plain(
        '000001BA440004000401005F6BF8 000001BB000980CCF500217FE0E190 000001BC000EE0FF000000041BE00000F4DCBD45 000001E000108480052100011C21 0000000165888401',
      ),
    );
  });

  test('of 1.8 MB is cut into 28 packets, and its bytes are not copied (B21)', () => {
    const unit = Buffer.alloc(1_789_593, 0x41);
    const parts = new PsMuxer({ video: 'h264' }).frame({ pts: 3_600, keyframe: false, units: [unit] });
    const bytes = Buffer.concat(parts);
    expect(bytes.length).toBe(1_789_868);
    const lengths: number[] = [];
    for (let at = 14; at < bytes.length; at += 6 + lengths.at(-1)!) {
      expect(bytes.readUInt32BE(at)).toBe(0x1e0);
      lengths.push(bytes.readUInt16BE(at + 4));
    }
    expect(lengths).toHaveLength(28);
    expect(lengths.at(-1)).toBe(3 + 23_797);
    expect(parts.filter(({ buffer }) => buffer === unit.buffer)).toHaveLength(28);
  });

  test('costs two parts where it is one slice with its parameter sets', () => {
    const parameterSets = [hex('6742'), hex('68ce')];
    const parts = new PsMuxer({ video: 'h264' }).frame({ pts: 0, keyframe: true, units: [Buffer.alloc(20_000, 0x65)], parameterSets });
    expect(parts).toHaveLength(2);
  });

  const sets = [hex('6742'), hex('68ce')];

  test('that is a key gets the parameter sets that it lacks, behind a delimiter, and only those', () => {
    const body = (frame: Partial<PsFrame>) =>
      muxed({ video: 'h264' }, { keyframe: true, parameterSets: sets, ...frame })
        .toString('hex')
        .split('2100011c21')[1];
    expect(body({ units: [hex('6588')] })).toBe(plain('00000001 6742 00000001 68ce 00000001 6588'));
    expect(body({ units: [hex('0910'), hex('6588')] })).toBe(plain('00000001 0910 00000001 6742 00000001 68ce 00000001 6588'));
    expect(body({ units: [hex('6743'), hex('6588')] })).toBe(plain('00000001 6743 00000001 6588'));
    expect(body({ units: [hex('4188')], keyframe: false })).toBe(plain('00000001 4188'));
  });

  test('loses the zeros at the end of its units, which would lengthen the next start code', () => {
    expect(muxed({ video: 'h264' }, { units: [hex('41880000'), hex('4199'), hex('0000')] }).toString('hex')).toMatch(/000000014188000000014199$/);
  });

  test('of sound alone is a pack and its packets', () => {
    const bytes = muxed({ audio: { codec: 'pcma' } }, { sounds: [{ bytes: Buffer.alloc(160, 0xd5), pts: 7_200 }], pts: 7_200 });
    expect(bytes.subarray(0, 28).toString('hex')).toBe(plain('000001BA 440004708401 005F6BF8 000001C0 00A8 848005 2100013841'));
    expect(bytes.length).toBe(28 + 160);
  });

  test('puts an ADTS header before each frame of AAC', () => {
    const bytes = muxed({ audio: aac }, { sounds: [{ bytes: Buffer.alloc(100, 1), pts: 3_600 }] });
    // 16 kHz, mono, LC: 107 bytes.
    expect(bytes.subarray(28, 35).toString('hex')).toBe('fff160400d7ffc');
    expect(() => muxed({ audio: aac }, { sounds: [{ bytes: Buffer.alloc(8_190), pts: 0 }] })).toThrow('at most 8191 bytes');
  });

  test('arrives before its sound is due, and never before the frame in front of it', () => {
    const muxer = new PsMuxer({ video: 'h264', audio: { codec: 'pcma' } });
    const clocks = [0, 1, 2, 3, 4].map((index) => {
      const pts = 90_000 + index * 3_600;
      const sounds = index % 2 === 1 ? [{ bytes: Buffer.alloc(160), pts: pts - 5_400 }] : [];
      const [head] = muxer.frame({ pts, keyframe: false, units: [hex('41')], sounds });
      return head!.subarray(4, 10);
    });
    const expected = [86_400, 86_400, 88_200, 91_800, 95_400].map((scr) => {
      const bytes = Buffer.alloc(14);
      writePackHeader(bytes, 0, scr);
      return bytes.subarray(4, 10);
    });
    expect(clocks.map((clock) => Buffer.from(clock).toString('hex'))).toEqual(expected.map((clock) => clock.toString('hex')));
  });
});

test('ticks have 33 bits, and a difference across the wrap is a small one', () => {
  expect(wrapTicks(2 ** 33 + 5)).toBe(5);
  expect(wrapTicks(-1)).toBe(2 ** 33 - 1);
  expect(ticksBetween(2 ** 33 - 1, 2)).toBe(3);
  expect(ticksBetween(2, 2 ** 33 - 1)).toBe(-3);
});
