import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { splitAnnexB } from '../../../adapters/protocols/h26x/nal.ts';
import { PsDemuxer, type PsPacket, type PsPiece } from '../../../adapters/protocols/ps/demuxer.ts';
import { parseRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { framesOf, muxed } from '../../support/program-streams.ts';
import { hex, hexOf, mediaFixture } from '../../support/rtp-captures.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/gb28181/ps/${name}`, import.meta.url));

function demuxed(bytes: Buffer, chunk = bytes.length): PsPiece[] {
  const demuxer = new PsDemuxer();
  const pieces: PsPiece[] = [];
  for (let at = 0; at < bytes.length; at += chunk) pieces.push(...demuxer.push(bytes.subarray(at, at + chunk)));
  return [...pieces, ...demuxer.end()];
}

const violationsOf = (pieces: readonly PsPiece[]) =>
  pieces.flatMap((piece) => (piece.kind === 'violation' ? [`${piece.rule} at ${piece.offset}`] : []));
/** Bytes as text: comparing them one by one takes a second. */
const legible = (pieces: readonly PsPiece[]) =>
  pieces.map((piece) => (piece.kind === 'packet' ? { ...piece, payload: piece.payload.toString('latin1') } : piece));
const packetsOf = (pieces: readonly PsPiece[], id: number): PsPacket[] =>
  pieces.filter((piece) => piece.kind === 'packet' && piece.id === id) as PsPacket[];
const payloadOf = (pieces: readonly PsPiece[], id: number) => Buffer.concat(packetsOf(pieces, id).map(({ payload }) => payload));

describe('a program stream of somebody else', () => {
  test('of GStreamer, with a stream map, breaks no rule, and its pictures are those of the file', () => {
    const pieces = demuxed(fixture('gstreamer-h264-aac.ps'));
    expect(violationsOf(pieces)).toEqual([]);
    expect(pieces.find(({ kind }) => kind === 'stream-map')).toEqual({
      kind: 'stream-map',
      offset: 32,
      version: 1,
      entries: [
        { type: 0x0f, id: 0xc0 },
        { type: 0x1b, id: 0xe0 },
      ],
    });
    const units = splitAnnexB(payloadOf(pieces, 0xe0)).filter((unit) => (unit[0]! & 0x1f) !== 9);
    expect(hexOf(units)).toEqual(hexOf(splitAnnexB(fixture('ffmpeg-64x48.h264'))));
    expect(packetsOf(pieces, 0xc0).every(({ payload }) => payload.readUInt16BE(0) >> 4 === 0xfff)).toBe(true);
  });

  test('of a Hikvision camera is read, and every liberty that it takes is seen', () => {
    const { payload } = parseRtp(fixture('hikvision-keyframe.rtp'));
    const pieces = demuxed(Buffer.from(payload));
    expect(pieces.flatMap((piece) => (piece.kind === 'violation' ? [`${piece.offset}: ${piece.what}`] : []))).toEqual([
      '14: stuffing that is not FF',
      '124: the CRC of the stream map, its lowest byte first',
      '142: stuffing that is not FF',
      '173: stuffing that is not FF',
      '193: stuffing that is not FF',
      '204: 60 bytes of a structure that is longer',
    ]);
    expect(pieces.find(({ kind }) => kind === 'stream-map')).toMatchObject({ version: 5, entries: [{ type: 0x1b, id: 0xe0 }] });
    expect(pieces.find(({ kind }) => kind === 'system-header')).toMatchObject({ ids: [0xe0, 0xc0, 0xbd, 0xbf] });
    expect(packetsOf(pieces, 0xe0)[0]).toMatchObject({ pts: 390_248_080, aligned: true });
    expect(hexOf(splitAnnexB(payloadOf(pieces, 0xe0)))).toEqual(['674d002a9da81e0089f966e020202040', '68ee3c80', '06e5018580']);
  });

  test('of ffmpeg has no stream map and a padding packet, and is read all the same', () => {
    const pieces = demuxed(fixture('ffmpeg-h264-mp2.ps'));
    expect(violationsOf(pieces)).toEqual(['undeclared at 32', 'unexpected-stream at 4779']);
    const units = splitAnnexB(payloadOf(pieces, 0xe2));
    expect(units.filter((unit) => [1, 5].includes(unit[0]! & 0x1f))).toHaveLength(10);
    // As ffprobe says.
    expect(packetsOf(pieces, 0xe2)[0]).toMatchObject({ pts: 45_902 });
  });
});

test.each([
  ['h264', 'ffmpeg-main-320x240.h264'],
  ['h265', 'ffmpeg-main-160x120.h265'],
] as const)('our own stream of %s breaks no rule, however it is cut', (codec, file) => {
  const bytes = Buffer.concat(muxed({ video: codec }, framesOf(codec, mediaFixture(file))));
  const whole = demuxed(bytes);
  expect(violationsOf(whole)).toEqual([]);
  expect(hexOf(splitAnnexB(payloadOf(whole, 0xe0)))).toEqual(hexOf(splitAnnexB(mediaFixture(file))));
  for (const chunk of [13, 1_388]) expect(legible(demuxed(bytes, chunk))).toEqual(legible(whole));
});

test('pictures that are sent before they are shown keep both of their times', () => {
  const times = [
    [90_000, 86_400],
    [100_800, 90_000],
    [93_600, 93_600],
    [97_200, 97_200],
  ] as const;
  const frames = times.map(([pts, dts], index) => ({ pts, dts, keyframe: index === 0, units: [hex('419a')] }));
  const pieces = demuxed(Buffer.concat(muxed({ video: 'h264' }, frames)));
  expect(violationsOf(pieces)).toEqual([]);
  expect(packetsOf(pieces, 0xe0).map(({ pts, dts = pts }) => [pts, dts])).toEqual(times);
});

describe('violations', () => {
  const pack = '000001ba440004000401005f6bf8';
  const header = '000001bb000980ccf500217fe0e190';
  const map = '000001bc000ee0ff000000041be00000f4dcbd45';
  const packet = '000001e000108480052100011c210000000165888401';
  const good = pack + header + map + packet;

  test('there are none in a good frame, one after the other', () => {
    expect(violationsOf(demuxed(hex(good + good)))).toEqual([]);
    expect(violationsOf(demuxed(hex(`${good}000001b9`)))).toEqual([]);
  });

  test.each([
    ['bytes in front', `ffff${good}`, ['stray-bytes at 0']],
    ['bytes between', `${pack}ffff${header}${map}${packet}`, ['stray-bytes at 14']],
    ['bytes behind', `${good}1234`, ['cut-short at 71']],
    ['a stream cut short', good.slice(0, -2), ['cut-short at 49']],
    ['no pack header', header + map + packet, ['misplaced at 0', 'misplaced at 0']],
    ['a pack header of nothing', `000001ba${packet}`, ['cut-short at 0', 'misplaced at 4', 'undeclared at 4']],
    ['a pack header of MPEG-1', `000001ba2100010001803ffd${packet}`, ['mpeg-1 at 0', 'misplaced at 12', 'undeclared at 12']],
    ['a marker bit of the clock', good.replace('440004000401', '440000000401'), ['fixed-bits at 4']],
    ['a mux rate of 0', good.replace('005f6bf8', '000003f8'), ['mux-rate at 10']],
    ['stuffing that is none', good.replace('6bf8', '6bf900'), ['fixed-bits at 14']],
    ['a system header that does not fit its length', good.replace('000001bb0009', '000001bb000a').replace('e0e190', 'e0e19000'), ['length at 18']],
    ['a system header behind the map', pack + map + header + packet, ['misplaced at 34']],
    ['a system header without its marker', good.replace('80ccf5', '00ccf5'), ['fixed-bits at 20']],
    ['more streams than announced', good.replace('00217f', '00207f'), ['length at 23']],
    ['a wrong CRC', good.replace('f4dcbd45', 'f4dcbd44'), ['checksum at 45']],
    ['a map that is not valid yet', good.replace('e0ff00000004', '60ff00000004'), ['checksum at 45', 'map-version at 35']],
    ['a map that does not fill its length', good.replace('e0ff00000004', 'e0ff00000003'), ['length at 37', 'undeclared at 49']],
    ['another map of the same version', `${good}${pack}000001bc000ee0ff0000000424e000000c49b076`, ['map-version at 91']],
    ['no map', pack + packet, ['undeclared at 14']],
    ['a stream that is in no map', `${good}000001c000088480052100011c21`, ['undeclared at 71']],
    ['a private stream', `${good}000001bf0001ff`, ['unexpected-stream at 71']],
    ['a packet of length 0', `${good}000001e00000`, ['length at 75']],
    ['a packet header that is longer than its packet', good.replace('848005', '8480ff'), ['length at 57']],
    ['a packet header that has no room for its time', good.replace('848005', '848004'), ['length at 57']],
    ['a scrambled packet', good.replace('848005', 'b48005'), ['scrambled at 55']],
    ['a packet header of MPEG-1', good.replace('848005', '048005'), ['fixed-bits at 55']],
    ['a time of decoding alone', good.replace('848005', '844005'), ['timestamp at 56', 'fixed-bits at 58']],
    ['a time with another prefix', good.replace('2100011c21', '3100011c21'), ['fixed-bits at 58']],
    ['a time that has passed when it arrives', good.replace('440004000401', '440004708c01'), ['timestamp at 58']],
    ['a clock that runs back', good.replace('440004000401', '440004004401') + good, ['clock-back at 75']],
  ])('%s', (_, text, expected) => {
    expect(violationsOf(demuxed(hex(text)))).toEqual(expected);
    expect(violationsOf(demuxed(hex(text), 1))).toEqual(expected);
  });

  test('what comes after one is read as well as it can be', () => {
    const pieces = demuxed(hex(`${pack}${header.slice(0, 20)}ffffffffff${good}`));
    expect(pieces.filter(({ kind }) => kind === 'packet')).toHaveLength(1);
    expect(pieces.at(-1)).toMatchObject({ kind: 'packet', pts: 3_600, aligned: true, payload: hex('0000000165888401') });
  });

  test('a clock and times that wrap at 33 bits run on', () => {
    const frames = [2 ** 33 - 3_600, 2 ** 33, 2 ** 33 + 3_600].map((pts) => ({ pts, keyframe: true, units: [hex('65888401')] }));
    const pieces = demuxed(Buffer.concat(muxed({ video: 'h264' }, frames)));
    expect(violationsOf(pieces)).toEqual([]);
    expect(packetsOf(pieces, 0xe0).map(({ pts }) => pts)).toEqual([2 ** 33 - 3_600, 0, 3_600]);
  });
});
