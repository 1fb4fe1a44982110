import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeManscdp } from '../../../adapters/protocols/manscdp/charset.ts';
import { type ManscdpMessage, readManscdp, writeManscdp } from '../../../adapters/protocols/manscdp/message.ts';

const gateway = '34020000001180000001';
const camera = '34020000001310000001';
const zone = '34020000001340000001';
const at = Date.UTC(2026, 0, 1);

describe('writing', () => {
  test('a keepalive has these 169 bytes (T5)', () => {
    const bytes = writeManscdp({ root: 'Notify', cmdType: 'Keepalive', sn: 43, deviceId: gateway, content: { status: 'OK', failed: [] } }, 'GB2312');
    expect(bytes.length).toBe(169);
    expect(createHash('md5').update(bytes).digest('hex')).toBe('4e4e55497306f16d050017c79b3a7bf8');
  });

  test('a catalogue names its items, in the order of the standard and in its charset', () => {
    const message: ManscdpMessage = {
      root: 'Response',
      cmdType: 'Catalog',
      sn: 17_430,
      deviceId: gateway,
      content: {
        sumNum: 12,
        items: [
          {
            status: 'ON',
            longitude: 118.35,
            deviceId: camera,
            name: '校门口 <1> & "2"\0',
            civilCode: '340200',
            parental: false,
            parentIds: [gateway, '34020000002160000001'],
            info: { ptzType: 1, resolution: '6/5' },
          },
        ],
      },
    };
    const lines = [
      '<?xml version="1.0" encoding="GB18030"?>',
      '<Response>',
      '<CmdType>Catalog</CmdType>',
      '<SN>17430</SN>',
      `<DeviceID>${gateway}</DeviceID>`,
      '<SumNum>12</SumNum>',
      '<DeviceList Num="1">',
      '<Item>',
      `<DeviceID>${camera}</DeviceID>`,
      '<Name>校门口 &lt;1&gt; &amp; "2"</Name>',
      '<CivilCode>340200</CivilCode>',
      '<Parental>0</Parental>',
      `<ParentID>${gateway}/34020000002160000001</ParentID>`,
      '<Status>ON</Status>',
      '<Longitude>118.35</Longitude>',
      '<Info>',
      '<PTZType>1</PTZType>',
      '<Resolution>6/5</Resolution>',
      '</Info>',
      '</Item>',
      '</DeviceList>',
      '</Response>',
      '',
    ];
    const bytes = writeManscdp(message, 'GB18030');
    expect(bytes.toString('latin1')).toBe(encodeManscdp(lines.join('\r\n'), 'GB18030').toString('latin1'));
  });

  test('a broadcast names its target last, and calls it so', () => {
    const message: ManscdpMessage = { root: 'Notify', cmdType: 'Broadcast', sn: 1, deviceId: zone, content: { sourceId: gateway } };
    const text = writeManscdp(message, 'GB2312').toString();
    expect(text).toContain(`<SN>1</SN>\r\n<SourceID>${gateway}</SourceID>\r\n<TargetID>${zone}</TargetID>\r\n</Notify>\r\n`);
    expect(text).not.toContain('DeviceID');
    expect(readManscdp(Buffer.from(text))).toEqual(message);
  });

  test('no recordings are an empty list, no channels are none', () => {
    const recordings = writeManscdp(
      { root: 'Response', cmdType: 'RecordInfo', sn: 1, deviceId: camera, content: { sumNum: 0, items: [] } },
      'GB2312',
    );
    expect(recordings.toString()).toContain('<SumNum>0</SumNum>\r\n<RecordList Num="0">\r\n</RecordList>\r\n');
    const channels = writeManscdp({ root: 'Response', cmdType: 'Catalog', sn: 1, deviceId: camera, content: { sumNum: 0, items: [] } }, 'GB2312');
    expect(channels.toString()).not.toContain('DeviceList');
  });
});

const head = (deviceId: string, sn = 7) => ({ sn, deviceId });
const messages: readonly ManscdpMessage[] = [
  { root: 'Notify', cmdType: 'Keepalive', ...head(gateway), content: { status: 'ERROR', failed: [camera, zone] } },
  {
    root: 'Notify',
    cmdType: 'Alarm',
    ...head(zone, 1_024),
    content: {
      alarmPriority: 1,
      alarmMethod: 5,
      alarmTime: at,
      alarmDescription: '一键报警 北门岗亭',
      longitude: 117,
      latitude: 31.8,
      info: { alarmType: '6', alarmTypeParam: { eventType: 1 }, extraInfo: '0190' },
    },
  },
  { root: 'Notify', cmdType: 'Catalog', ...head(gateway), content: { sumNum: 1, items: [{ deviceId: camera, event: 'VLOST' }] } },
  {
    root: 'Notify',
    cmdType: 'MobilePosition',
    ...head(gateway),
    content: { sumNum: 1, items: [{ deviceId: camera, captureTime: at, longitude: 118.35, latitude: 31.33, speed: 0 }] },
  },
  { root: 'Notify', cmdType: 'MediaStatus', ...head(gateway), content: { notifyType: 121 } },
  { root: 'Query', cmdType: 'DeviceInfo', ...head(gateway), content: {} },
  { root: 'Query', cmdType: 'DeviceStatus', ...head(camera), content: {} },
  { root: 'Query', cmdType: 'Catalog', ...head('340200'), content: { startTime: at } },
  { root: 'Query', cmdType: 'RecordInfo', ...head(camera), content: { startTime: at, endTime: at + 1_000, type: 'all', secrecy: 0 } },
  {
    root: 'Query',
    cmdType: 'Alarm',
    ...head(gateway),
    content: { startAlarmPriority: 0, endAlarmPriority: 4, alarmMethods: [1, 2], startAlarmTime: at, endAlarmTime: at },
  },
  { root: 'Query', cmdType: 'ConfigDownload', ...head(gateway), content: { configTypes: ['BasicParam', 'VideoParamOpt'] } },
  { root: 'Query', cmdType: 'PresetQuery', ...head(camera), content: {} },
  { root: 'Query', cmdType: 'MobilePosition', ...head(gateway), content: { interval: 5 } },
  {
    root: 'Control',
    cmdType: 'DeviceControl',
    ...head(camera),
    content: { commands: [{ name: 'PTZCmd', value: 'A50F01011F0000D5' }], info: { controlPriority: 5 } },
  },
  { root: 'Control', cmdType: 'DeviceControl', ...head(gateway), content: { commands: [{ name: 'TeleBoot', value: 'Boot' }] } },
  { root: 'Control', cmdType: 'DeviceControl', ...head(gateway), content: { commands: [{ name: 'GuardCmd', value: 'ResetGuard' }] } },
  {
    root: 'Control',
    cmdType: 'DeviceControl',
    ...head(zone),
    content: { commands: [{ name: 'AlarmCmd', value: 'ResetAlarm' }], info: { alarmMethod: '2' } },
  },
  { root: 'Control', cmdType: 'DeviceControl', ...head(camera), content: { commands: [{ name: 'IFameCmd', value: 'Send' }] } },
  {
    root: 'Control',
    cmdType: 'DeviceControl',
    ...head(camera),
    content: { commands: [{ name: 'HomePosition', value: { enabled: 1, resetTime: 60, presetIndex: 3 } }] },
  },
  {
    root: 'Control',
    cmdType: 'DeviceControl',
    ...head(camera),
    content: { commands: [{ name: 'DragZoomIn', value: { length: 1, width: 2, midPointX: 3, midPointY: 4, lengthX: 5, lengthY: 6 } }] },
  },
  {
    root: 'Control',
    cmdType: 'DeviceConfig',
    ...head(gateway),
    content: { configs: [{ name: 'BasicParam', value: { name: '学校', expiration: 3_600, heartBeatInterval: 60, heartBeatCount: 3 } }] },
  },
  {
    root: 'Response',
    cmdType: 'DeviceInfo',
    ...head(gateway),
    content: { deviceName: '校园网关', result: 'OK', manufacturer: 'campus', model: 'gateway', firmware: '1.0.0', channel: 12 },
  },
  {
    root: 'Response',
    cmdType: 'DeviceStatus',
    ...head(gateway),
    content: {
      result: 'OK',
      online: 'ONLINE',
      status: 'ERROR',
      reason: 'disk',
      encode: 'ON',
      record: 'OFF',
      deviceTime: at,
      alarmStatus: [{ deviceId: zone, dutyStatus: 'OFFDUTY' }],
    },
  },
  {
    root: 'Response',
    cmdType: 'ConfigDownload',
    ...head(gateway),
    content: { result: 'OK', configs: [{ name: 'VideoParamAttribute', value: [{ streamNumber: 0, videoFormat: '2' }] }] },
  },
  {
    root: 'Response',
    cmdType: 'PresetQuery',
    ...head(camera),
    content: { presets: [{ presetId: '1', presetName: '大门' }] },
  },
  { root: 'Response', cmdType: 'Alarm', ...head(zone, 1_024), content: { result: 'OK' } },
  { root: 'Response', cmdType: 'Catalog', ...head(gateway), content: { result: 'OK', items: [] } },
  { root: 'Response', cmdType: 'DeviceControl', ...head(gateway), content: { result: 'ERROR' } },
];

test.each(messages.flatMap((message) => (['GB2312', 'GB18030', 'UTF-8'] as const).map((charset) => ({ message, charset }))))(
  '$message.root $message.cmdType in $charset is read as it was written',
  ({ message, charset }) => {
    expect(readManscdp(writeManscdp(message, charset))).toEqual(message);
  },
);
