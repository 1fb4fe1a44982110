/** Which profile is the main stream and which the sub stream, for cameras with one profile and recorders with many. */
import { describe, expect, test } from 'vitest';
import { chooseProfiles, readProfiles } from '../../../adapters/cameras/onvif/profiles.ts';
import { readXml } from '../../../adapters/protocols/xml.ts';

interface Given {
  readonly token: string;
  readonly codec?: string;
  readonly size?: readonly [number, number];
  readonly kbps?: number;
  readonly source?: string;
}

/** As cameras write it: the same facts, one level deeper and under other names in Media2. */
function answer(given: readonly Given[], version: 1 | 2): string {
  const profiles = given.map(({ token, codec, size, kbps, source = 'VideoSource_1' }) => {
    const [video, encoder, name] =
      version === 2 ? ['m:VideoSource', 'm:VideoEncoder', 'm:Name'] : ['tt:VideoSourceConfiguration', 'tt:VideoEncoderConfiguration', 'tt:Name'];
    const rate =
      kbps === undefined
        ? ''
        : `<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>${kbps}</tt:BitrateLimit></tt:RateControl>`;
    const encoded =
      codec === undefined
        ? ''
        : `<${encoder} token="e"><tt:Encoding>${codec}</tt:Encoding><tt:Resolution><tt:Width>${size?.[0]}</tt:Width><tt:Height>${size?.[1]}</tt:Height></tt:Resolution>${rate}</${encoder}>`;
    const inside = `<${video} token="s"><tt:SourceToken>${source}</tt:SourceToken></${video}>${encoded}`;
    return `<m:Profiles token="${token}"><${name}>name of ${token}</${name}>${version === 2 ? `<m:Configurations>${inside}</m:Configurations>` : inside}</m:Profiles>`;
  });
  return `<m:GetProfilesResponse xmlns:m="m" xmlns:tt="tt">${profiles.join('')}</m:GetProfilesResponse>`;
}

const chosen = (given: readonly Given[], wanted = {}, version: 1 | 2 = 2) => {
  const found = chooseProfiles(readProfiles(readXml(Buffer.from(answer(given, version))), version), wanted);
  return found && [found.main.token, found.sub.token];
};

const big = { codec: 'H265', size: [2592, 1944] } as const;
const middle = { codec: 'H264', size: [1280, 720] } as const;
const small = { codec: 'H265', size: [704, 576] } as const;

describe.each([1, 2] as const)('as Media%i tells them', (version) => {
  test.each<[string, readonly Given[], readonly string[] | undefined]>([
    ['none', [], undefined],
    ['one: it is both', [{ token: 'a', ...big }], ['a', 'a']],
    [
      'two',
      [
        { token: 'a', ...small },
        { token: 'b', ...big },
      ],
      ['b', 'a'],
    ],
    [
      'two as large: the one that uses less of the line is for tiles',
      [
        { token: 'a', ...big, kbps: 512 },
        { token: 'b', ...big, kbps: 4_096 },
      ],
      ['b', 'a'],
    ],
    [
      'two alike',
      [
        { token: 'a', ...big, kbps: 512 },
        { token: 'b', ...big, kbps: 512 },
      ],
      ['a', 'a'],
    ],
    [
      'three: the larger of those that are fit for a tile',
      [
        { token: 'a', ...big },
        { token: 'b', ...middle },
        { token: 'c', ...small },
      ],
      ['a', 'b'],
    ],
    [
      'three of which the middle is too wide for a tile',
      [
        { token: 'a', ...big },
        { token: 'b', codec: 'H264', size: [1920, 1080] },
        { token: 'c', ...small },
      ],
      ['a', 'c'],
    ],
    [
      'three of which one has no picture and one is JPEG',
      [{ token: 'a' }, { token: 'b', codec: 'JPEG', size: [4_000, 3_000] }, { token: 'c', ...small }],
      ['c', 'c'],
    ],
    [
      'JPEG alone',
      [
        { token: 'a', codec: 'JPEG', size: [640, 360] },
        { token: 'b', codec: 'JPEG', size: [1280, 720] },
      ],
      ['b', 'a'],
    ],
    ['no picture at all', [{ token: 'a' }], ['a', 'a']],
  ])('%s', (_, given, expected) => {
    expect(chosen(given, {}, version)).toEqual(expected);
  });
});

describe('a recorder with 16 profiles', () => {
  // Two of each of eight cameras, the largest picture behind the third.
  const recorder: readonly Given[] = Array.from({ length: 8 }, (_, index) => [
    { token: `Profile_${index + 1}_0`, source: `source_${index + 1}`, ...(index === 2 ? big : middle), kbps: 2_048 },
    {
      token: `Profile_${index + 1}_1`,
      source: `source_${index + 1}`,
      codec: 'H264',
      size: index === 2 ? ([1280, 720] as const) : ([640, 360] as const),
      kbps: 512,
    },
  ]).flat();

  test('gives its first camera unless told otherwise, never one camera as main and another as sub', () => {
    expect(chosen(recorder)).toEqual(['Profile_1_0', 'Profile_1_1']);
  });

  test.each(recorder.map(({ token }) => token).filter((token) => token.endsWith('_0')))(
    'gives the sub stream of the camera whose main stream is named: %s',
    (token) => {
      expect(chosen(recorder, { main: token })).toEqual([token, token.replace(/0$/, '1')]);
    },
  );

  test('by name as well as by token, a token first', () => {
    expect(chosen(recorder, { main: 'name of Profile_5_0' })).toEqual(['Profile_5_0', 'Profile_5_1']);
    expect(chosen(recorder, { main: 'Profile_5_0', sub: 'Profile_5_0' })).toEqual(['Profile_5_0', 'Profile_5_0']);
  });

  test('a name that no profile has is a mistake, and those that there are are told', () => {
    expect(() => chosen(recorder, { main: 'Profile_9_0' })).toThrow(/has no profile "Profile_9_0"; it has "Profile_1_0", "Profile_1_1"/);
    expect(() => chosen(recorder, { sub: 'nothing' })).toThrow(/no profile "nothing"/);
  });

  test('of 64 channels with three streams each, the last one is found', () => {
    const many = Array.from({ length: 192 }, (_, index) => ({
      token: `p${index}`,
      source: `s${Math.floor(index / 3)}`,
      ...[big, middle, small][index % 3]!,
    }));
    expect(chosen(many, { main: 'p189' })).toEqual(['p189', 'p190']);
  });
});
