/** The bureau's table: what is read, what is refused, and where it stands. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../adapters/uplinks/gb28181/codes/csv.ts';
import { issuedText, planIssued } from '../../../adapters/uplinks/gb28181/codes/issued.ts';
import type { Inventory } from '../../../gateway/domain/campus.ts';
import { campusId, channelId, placeId, zoneId } from '../../../gateway/domain/ids.ts';
import { camera, panel } from '../../support/inventory.ts';

const device = '34020000001180000001';
const [gateCode, fieldCode, buttonCode] = ['34020000001320000001', '34020000001320000002', '34020000001340000001'];
const cameras = [camera('cam-1'), camera('cam-2')].map(({ credentials: _none, ...each }) => each);
const school: Inventory = {
  campus: { id: campusId('school'), name: '第一小学', timeZone: 'Asia/Shanghai', address: '' },
  places: [{ id: placeId('gate'), name: '校门' }],
  cameras,
  channels: [
    { id: channelId('gate'), name: '校门口', camera: cameras[0]!.id, number: 1 },
    { id: channelId('wall'), name: '"萳"湖路\n围墙', camera: cameras[1]!.id, number: 2 },
  ],
  panels: [panel('panel-1', [], { zones: [{ id: zoneId('z1'), name: '门卫室', channels: [] }] })],
  uplinks: [],
  rules: [],
};
const csv = (...lines: readonly string[]) => planIssued(lines.join('\n'), 'csv', school, {});
const yaml = (...lines: readonly string[]) => planIssued(lines.join('\n'), 'yaml', school, {});
const told = ({ problems }: ReturnType<typeof csv>) =>
  problems.map(({ line, column, path, expected, got }) => `${line}:${column} ${path}: expected ${expected}, got ${got}`);

describe('a table of issued codes', () => {
  test('as a spreadsheet of Chinese Windows saves it is matched by the names in it', async () => {
    const bytes = await readFile(new URL('../../fixtures/gb-codes/issued-gb18030.csv', import.meta.url));
    const { codes, problems, doubts } = planIssued(issuedText(bytes), 'csv', school, {});
    expect(problems).toEqual([]);
    expect(codes).toEqual({ device, channels: { gate: gateCode, wall: fieldCode }, zones: { 'panel-1/z1': buttonCode }, places: {} });
    expect(doubts).toEqual([]);
  });

  test('is matched by ids, and its codes say what each thing is', () => {
    const { codes } = csv(
      'id,code',
      `,${device}`,
      `gate,${gateCode}`,
      `panel-1/z1,${buttonCode}`,
      'gate,34020000002160000001',
      ',34020000002150000001',
    );
    expect(codes).toEqual({
      ...{ device, channels: { gate: gateCode }, zones: { 'panel-1/z1': buttonCode } },
      ...{ places: { gate: '34020000002160000001' }, group: '34020000002150000001' },
    });
  });

  test('adds to what is there, and the second time changes nothing', () => {
    const text = `id;code\ngate;${fieldCode}\nwall;${gateCode}`;
    const before = { device, channels: { gate: gateCode, wall: fieldCode }, zones: {}, places: {} };
    const swapped = planIssued(text, 'csv', school, before);
    expect(swapped.changes).toEqual([
      { owner: 'channels.gate', before: gateCode, code: fieldCode },
      { owner: 'channels.wall', before: fieldCode, code: gateCode },
    ]);
    expect(planIssued(text, 'csv', school, swapped.codes ?? {})).toMatchObject({ adds: [], changes: [], unchanged: 2 });
  });

  test('is taken although a group of digits looks mistyped, and the doubt is told', () => {
    const { codes, doubts } = yaml(`device: "${device}"`, 'channels: { gate: "99020000891320000001" }');
    expect(codes?.channels.gate).toBe('99020000891320000001');
    expect(doubts.map(({ owner, doubt }) => `${owner}: ${doubt.en}`)).toEqual([
      'channels.gate: the centre code 99020000 has no known meaning',
      'channels.gate: the industry 89 has no known meaning',
      "channels.gate: the county 990200 is not 340200, the gateway's",
    ]);
  });
});

describe('a word for the kind that nobody knows', () => {
  test('is told with its line, and the thing is taken for what its code says', () => {
    const { codes, doubts, leftOut, problems } = csv(
      'code,id,类型',
      `${device},,平台接入设备`,
      `${gateCode},gate,球机`,
      `${buttonCode},panel-1/z1,一键报警`,
      `${fieldCode},wall,摄像机`,
    );
    expect(problems).toEqual([]);
    expect(codes).toMatchObject({ device, channels: { gate: gateCode, wall: fieldCode }, zones: { 'panel-1/z1': buttonCode } });
    expect(doubts.map(({ owner, doubt }) => `${owner}: ${doubt.en} · ${doubt.zh}`)).toEqual([
      'device: line 2: the kind "平台接入设备" is not known, it is taken for the gateway by digits 11 to 13 of its code · 第 2 行：不认识类型“平台接入设备”，按编码第 11–13 位当作网关',
      expect.stringMatching(/^channels\.gate: line 3: the kind "球机" .* a camera channel/),
      expect.stringMatching(/^zones\.panel-1\/z1: line 4: the kind "一键报警" .* an alarm zone/),
    ]);
    expect(leftOut).toEqual([]);
  });

  test('of a thing that is none of ours leaves its line out, and not the table', () => {
    const [wall, user] = ['34020000004010000001', '34020000004030000009'];
    const { codes, leftOut } = csv('code,id,kind', `${device},,`, `${wall},tv,电视墙`, `${gateCode},gate,`, `${user},,用户`);
    expect(codes).toMatchObject({ device, channels: { gate: gateCode } });
    expect(leftOut.map(({ line, code, why }) => `${line} ${code}: ${why.en}`)).toEqual([
      `3 ${wall}: the kind "电视墙" is not known, and by digits 11 to 13 of its code it is nothing that a gateway reports`,
      expect.stringMatching(/^5 \d+: the kind "用户"/),
    ]);
  });

  test('excuses nothing else: a rounded code and an unknown id are mistakes as ever', () => {
    expect(told(csv('code,id,kind', `${device},,`, '3.402E+19,gate,球机', `${gateCode},nowhere,球机`))).toEqual([
      expect.stringMatching(/^3:1 gate: expected all 20 digits/),
      expect.stringMatching(/^4:1 nowhere: expected the id of a channel/),
    ]);
  });
});

describe('a table with mistakes is refused as a whole, each told with line and column', () => {
  test('in CSV', () => {
    const { problems, codes } = csv('code,id,kind', `${device},,device`, ',gate,', '3.40200000013E+19,gate,');
    expect(codes).toBeUndefined();
    // What cannot be read at all is told alone.
    expect(problems).toEqual([{ path: 'code', expected: 'a code of 20 decimal digits', got: 'nothing', line: 3, column: 1 }]);
    expect(
      told(
        csv(
          'code,id,kind',
          `${device},,device`,
          '3402000000132000000,gate,',
          `${buttonCode},wall,channel`,
          '3.402E+19,gate,',
          `  ${gateCode},nowhere,`,
        ),
      ),
    ).toEqual([
      '3:1 gate: expected a code of 20 decimal digits, not 19 characters, got "3402000000132000000"',
      expect.stringContaining(
        '4:1 wall: expected a code for a camera channel, with 132 (network camera (IPC)), 131 (camera), 121 (video checkpoint)',
      ),
      '5:1 gate: expected all 20 digits: the column must be text in the spreadsheet, else it rounds, got "3.402E+19"',
      '6:1 nowhere: expected the id of a channel of the inventory, got "nowhere"',
    ]);
  });

  test('in YAML, where a code without quotes has lost its last digits', () => {
    expect(told(yaml(`device: "${device}"`, 'channels:', `  gate: ${gateCode}`, `  wall: "${fieldCode}"`, 'zone: {}'))).toEqual([
      '3:3 channels.gate: expected a code in quotes, without which YAML reads a number and rounds it, got a number',
      '5:1 zone: expected one of device, group, channels, zones, places, got an unknown key',
    ]);
    expect(told(yaml('device: ["', '  x'))[0]).toMatch(/^\d+:/);
  });

  test('with words that mean something to JavaScript only', () => {
    for (const kind of ['constructor', 'toString']) {
      const { doubts } = csv('code,id,kind', `${device},,`, `${gateCode},gate,${kind}`);
      expect(doubts.map(({ doubt }) => doubt.en)).toEqual([expect.stringContaining(`the kind "${kind}" is not known`)]);
    }
    expect(told(yaml(`valueOf: "${device}"`, 'toString: {}'))).toEqual([
      expect.stringMatching(/^1:1 valueOf: .* an unknown key$/),
      expect.stringMatching(/^2:1 toString: .* an unknown key$/),
    ]);
  });

  test('where two have one code, or one has two', () => {
    expect(told(csv('id,code', `,${device}`, `gate,${gateCode}`, `wall,${gateCode}`))).toEqual([
      `4:6 channels.wall: expected a code that nobody else has, got ${gateCode}, which is of channels.gate`,
    ]);
    expect(told(csv('id,code', `,${device}`, `gate,${gateCode}`, `gate,${fieldCode}`))).toEqual([
      '4:6 channels.gate: expected one code for each, got a second one, after line 3',
    ]);
    const before = { device, channels: { wall: gateCode }, zones: {}, places: {} };
    expect(told(planIssued(`id,code\ngate,${gateCode}`, 'csv', school, before))).toEqual([
      `2:6 channels.gate: expected a code that nobody else has, got ${gateCode}, which is of channels.wall`,
    ]);
  });

  test('without the code of the gateway, without a heading, with nothing in it', () => {
    expect(csv('id,code', `gate,${gateCode}`).problems).toEqual([{ path: 'device', expected: 'the code of the gateway itself', got: 'nothing' }]);
    expect(csv(`gate,${gateCode}`).problems).toMatchObject([{ expected: 'a heading with "code" (编码), and "id" (编号) or "name" (名称)', line: 1 }]);
    expect(csv('').problems).toMatchObject([{ got: 'an empty file', line: 1, column: 1 }]);
    expect(yaml('').problems).toMatchObject([{ expected: 'a section of keys' }]);
  });

  test('where two things of the inventory have the name that it gives', () => {
    const twins = { ...school, channels: school.channels.map((each) => ({ ...each, name: '走廊' })) };
    expect(planIssued(`name,code\n走廊,${gateCode}`, 'csv', twins, { device }).problems).toMatchObject([
      { got: '"走廊", which 2 have: give the id' },
    ]);
  });
});

describe('CSV', () => {
  test('tells the place of each cell, over quoted line breaks', () => {
    expect(readCsv('a,"b\r\nc""d",e\r\n\r\nf').rows).toEqual([
      [
        { text: 'a', line: 1, column: 1 },
        { text: 'b\r\nc"d', line: 1, column: 3 },
        { text: 'e', line: 2, column: 7 },
      ],
      [{ text: 'f', line: 4, column: 1 }],
    ]);
  });

  test('that is broken, or endless, is told and not read on', () => {
    expect(readCsv('a,"b').faults).toEqual([{ line: 1, column: 3, expected: 'a closing quote', got: 'the end of the file' }]);
    expect(readCsv('"a"b').faults).toEqual([{ line: 1, column: 4, expected: 'a separator after the closing quote', got: '"b"' }]);
    expect(readCsv(','.repeat(50), 10).faults).toEqual([{ line: 1, column: 11, expected: 'at most 10 cells', got: 'more' }]);
  });
});
