import { describe, expect, test } from 'vitest';
import { domainOfGbCode, doubtfulGroups, explainGbCode, isRegionCode, parseGbCode, writeGbCode } from '../../../adapters/protocols/gb-code/code.ts';

describe('a 20-digit code', () => {
  test('is taken apart and put together again (T9)', () => {
    const code = parseGbCode(' 11010500551347000012\n');
    expect(code).toEqual({ centre: '11010500', industry: '55', type: '134', network: '7', serial: '000012' });
    expect(writeGbCode(code)).toBe('11010500551347000012');
  });

  test('is explained in both languages, group by group', () => {
    expect(explainGbCode(parseGbCode('11010500551347000012'))).toEqual([
      {
        digits: '11010500',
        name: { zh: '中心编码', en: 'centre code' },
        meaning: { zh: '北京市，市 01，区县 05', en: 'Beijing, city 01, county 05' },
      },
      { digits: '55', name: { zh: '行业编码', en: 'industry' }, meaning: { zh: '教育', en: 'education' } },
      {
        digits: '134',
        name: { zh: '类型编码', en: 'type' },
        meaning: { zh: '报警输入设备（红外、烟感、门禁等）', en: 'alarm input (infrared, smoke, door and so on)' },
      },
      {
        digits: '7',
        name: { zh: '网络标识', en: 'network' },
        meaning: { zh: '互联网等公共网络', en: 'Internet or another public network' },
      },
      { digits: '000012', name: { zh: '序号', en: 'serial number' }, meaning: { zh: '第 12 号', en: 'number 12' } },
    ]);
  });

  test.each(['34020000002000000001', '34020000001180000001', '34020000001310000001', '34020000001340000001', '34020000001370000001'])(
    '%s of the examples raises no doubt',
    (text) => {
      expect(doubtfulGroups(parseGbCode(text))).toEqual([]);
    },
  );

  test.each([
    ['of no province', '99020000001310000001', ['99020000']],
    ['of a reserved industry', '34020000201310000001', ['20']],
    ['of a type that nobody has named', '34020000001100000001', ['110']],
    ['of a reserved network', '34020000001319000001', ['9']],
    ['with two digits swapped', '34020000001130000001', []],
  ])('%s is doubted group by group', (_, text, doubtful) => {
    expect(doubtfulGroups(parseGbCode(text)).map(({ digits }) => digits)).toEqual(doubtful);
  });

  test.each(['', '3402000000131000000', '340200000013100000012', '3402000000131000000x', '３４０２００００００１３１０００００１'])(
    '%j is none',
    (text) => {
      expect(() => parseGbCode(text)).toThrow('20 decimal digits');
    },
  );

  test('is not built of groups that are too long or too short', () => {
    const code = parseGbCode('34020000001310000001');
    expect(() => writeGbCode({ ...code, serial: '1' })).toThrow('Expected 6 digits at serial number');
    expect(() => writeGbCode({ ...code, type: '1a1' })).toThrow('Expected 3 digits at type');
  });

  test('of a platform begins with its SIP domain', () => {
    expect(domainOfGbCode(parseGbCode('34020000002000000001'))).toBe('3402000000');
  });

  test('is not what a region has', () => {
    expect(['34', '3402', '340200', '34020001'].every(isRegionCode)).toBe(true);
    expect(['', '3', '340', '3402000000', 'null', '34020000001310000001'].some(isRegionCode)).toBe(false);
  });
});
