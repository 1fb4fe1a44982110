import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeManscdp, encodeManscdp } from '../../../adapters/protocols/manscdp/charset.ts';
import { readLocalTime, writeLocalTime } from '../../../adapters/protocols/manscdp/local-time.ts';

const at = Date.UTC(2026, 0, 1);

describe('charsets', () => {
  test.each([
    ['校门口', 'd0a3c3c5bfda'],
    ['一号楼东侧周界', 'd2bbbac5c2a5b6abb2e0d6dcbde7'],
    ['萳', 'c86c'],
    ['㐀', '8139ee39'],
    ['𠮷', '9534b235'],
    ['€', 'a2e3'],
    ['Gate 1', '476174652031'],
  ])('%s is encoded and decoded (T1, T2, T3, T4)', (text, hex) => {
    expect(encodeManscdp(text, 'GB18030').toString('hex')).toBe(hex);
    expect(encodeManscdp(text, 'GB2312').toString('hex')).toBe(hex);
    expect(decodeManscdp(Buffer.from(hex, 'hex'))).toBe(text);
    expect(decodeManscdp(encodeManscdp(text, 'UTF-8'))).toBe(text);
  });

  test('agree with the encoder of Python 3 on 67,401 characters, all but the forty that editions of GB 18030 number differently', () => {
    const differing = [0x1e3f, 0xe5e5, 0xe7c7, 0xe81e, 0xe826, 0xe82b, 0xe82c, 0xe832, 0xe843, 0xe854, 0xe864, 0xfffd];
    const runs = [
      [0x9fb4, 0x9fbb],
      [0xe78d, 0xe796],
      [0xfe10, 0xfe19],
    ] as const;
    const hash = createHash('sha256');
    let count = 0;
    const add = (code: number) => {
      if (differing.includes(code) || runs.some(([from, to]) => code >= from && code <= to)) return;
      hash.update(encodeManscdp(String.fromCodePoint(code), 'GB18030'));
      count += 1;
    };
    for (let code = 0x80; code < 0x10000; code += code === 0xd7ff ? 0x801 : 1) add(code);
    for (let code = 0x10000; code < 0x110000; code += 257) add(code);
    expect(count).toBe(67_401);
    expect(hash.digest('hex')).toBe('99e71113d4daadac020d65e20445b5ba9fab518eb1d4374480d36bbf388468b4');
  });

  test('half a surrogate pair breaks nothing', () => {
    expect(encodeManscdp('a\ud800b', 'GB18030').toString()).toBe('a?b');
  });

  const named = (name: string, encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><Query><CmdType>${name}</CmdType></Query>`;

  test.each([
    ['UTF-8 that says so', Buffer.from(named('东门', 'UTF-8'))],
    ['UTF-8 that says it is GB2312', Buffer.from(named('东门', 'GB2312'))],
    ['GB2312 that says so', encodeManscdp(named('东门', 'gb2312'), 'GB2312')],
    ['GB18030 that says nothing', encodeManscdp(named('东门', 'x').replace(' encoding="x"', ''), 'GB18030')],
    ['GB2312 that says it is UTF-8', encodeManscdp(named('东门', 'UTF-8'), 'GB2312')],
  ])('%s is read', (_, bytes) => {
    expect(decodeManscdp(bytes)).toContain('<CmdType>东门</CmdType>');
  });

  test('GB2312 that could be UTF-8, as two letters of Cyrillic, is read as the school that it is', () => {
    expect(decodeManscdp(encodeManscdp(named('学校', 'GB2312'), 'GB2312'))).toContain('学校');
  });
});

describe('times', () => {
  test('are Beijing time without a zone (T7, T8)', () => {
    expect(readLocalTime('2025-01-01T00:00:00')).toBe(1_735_660_800_000);
    expect(writeLocalTime(1_735_660_800_000)).toBe('2025-01-01T00:00:00');
    expect(readLocalTime('2023-11-15T06:13:20')).toBe(1_700_000_000_000);
    expect(writeLocalTime(1_700_000_000_999)).toBe('2023-11-15T06:13:20');
  });

  test('may have a blank, a fraction or a zone', () => {
    for (const text of ['2026-01-01T08:00:00.000', '2026-01-01T00:00:00Z', ' 2026-01-01 08:00:00 ']) expect(readLocalTime(text), text).toBe(at);
    for (const text of ['', 'yesterday', '2026-13-01T00:00:00', '2026-01-01']) expect(readLocalTime(text), text).toBeUndefined();
  });

  test('stay times of four-digit years whatever they are', () => {
    expect(writeLocalTime(-1)).toBe('1970-01-01T08:00:00');
    expect(writeLocalTime(1e18)).toBe('9999-12-31T23:59:59');
  });
});
