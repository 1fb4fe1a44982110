import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import { readPtz } from '../../../adapters/protocols/manscdp/ptz.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/gb28181/manscdp/${name}.xml`, import.meta.url));
const camera = '34020000001310000001';
const zone = '34020000001340000001';
const at = Date.UTC(2026, 0, 1);
const read = (text: string) => readManscdp(Buffer.from(text));

describe('reading what others send', () => {
  test('a keepalive of a Dahua camera', () => {
    expect(readManscdp(fixture('dahua-keepalive'))).toEqual({
      root: 'Notify',
      cmdType: 'Keepalive',
      sn: 539,
      deviceId: '34020000001320000002',
      content: { status: 'OK', failed: [] },
    });
  });

  test('its catalogue, with an element that nobody knows', () => {
    expect(readManscdp(fixture('dahua-catalog'))).toMatchObject({
      cmdType: 'Catalog',
      content: {
        sumNum: 1,
        items: [
          {
            deviceId: camera,
            name: 'DH71',
            parental: false,
            parentIds: ['34020000001320000002'],
            status: 'ON',
            info: { ptzType: 3, downloadSpeed: '1/2/4/8' },
          },
        ],
      },
    });
  });

  test('what it is, and how it is', () => {
    expect(readManscdp(fixture('dahua-device-info'))).toMatchObject({ content: { result: 'OK', model: 'DH-SD-6C3230UE-HN', channel: 1 } });
    expect(readManscdp(fixture('dahua-device-status'))).toMatchObject({
      content: {
        online: 'ONLINE',
        record: 'OFF',
        deviceTime: Date.UTC(2024, 4, 17, 6, 24, 54),
        alarmStatus: [
          { deviceId: zone, dutyStatus: 'ONDUTY' },
          { deviceId: '34020000001340000002', dutyStatus: 'ONDUTY' },
        ],
      },
    });
  });

  test('the queries and orders of a platform', () => {
    expect(readManscdp(fixture('exosip-catalog-query'))).toEqual({
      root: 'Query',
      cmdType: 'Catalog',
      sn: 7,
      deviceId: '34020000001320000002',
      content: {},
    });
    const query = readManscdp(fixture('exosip-record-query'));
    expect(query).toMatchObject({ cmdType: 'RecordInfo', content: { startTime: Date.UTC(2024, 3, 30, 16), secrecy: 0, type: 'all' } });
    expect(query).not.toHaveProperty('content.filePath');
    const order = readManscdp(fixture('exosip-ptz'));
    expect(order).toMatchObject({ root: 'Control', content: { commands: [{ name: 'PTZCmd', value: 'A50F000800640020' }] } });
    expect(readPtz('A50F000800640020')).toMatchObject({ address: 0, command: { kind: 'move', tilt: { toward: 1, speed: 100 } } });
  });

  test('recordings of a recorder', () => {
    expect(readManscdp(fixture('hikvision-recordings'))).toMatchObject({
      content: { sumNum: 2, items: [{ filePath: '1714804996_1714806986', type: 'time' }, { startTime: Date.UTC(2024, 4, 4, 7, 16, 26) }] },
    });
  });

  test('alarms, in GB2312', () => {
    expect(readManscdp(fixture('hikvision-alarm'))).toMatchObject({
      deviceId: '13131313131320000001',
      content: { alarmPriority: 4, alarmMethod: 5, alarmTime: Date.UTC(2021, 1, 7, 9, 46, 29), info: { alarmType: '2' } },
    });
    expect(readManscdp(fixture('alarm-without-info'))).toMatchObject({ content: { alarmDescription: '视频遮挡', alarmMethod: 5 } });
  });

  test('a cascade that writes "null" where it knows nothing', () => {
    expect(readManscdp(fixture('wvp-cascade-catalog'))).toMatchObject({ content: { items: [{ owner: 'Owner', civilCode: 'null', status: 'ON' }] } });
  });
});

describe('reading is tolerant', () => {
  test('of the case of names and words, of blanks, of control characters and of a byte order mark', () => {
    const text = `\ufeff\r\n<query>\0<cmdType> recordinfo </cmdType><sn> 9 </sn><deviceID>\t${camera}\n</deviceID>
      <StartTime>2026-01-01T08:00:00</StartTime><endtime>2026-01-01 08:00:01.5</endtime><Secrecy> 0 </Secrecy></query>`;
    expect(read(text)).toEqual({
      root: 'Query',
      cmdType: 'RecordInfo',
      sn: 9,
      deviceId: camera,
      content: { startTime: at, endTime: at + 1_500, secrecy: 0 },
    });
  });

  test('of a misspelt preset query, and of a parent that is 65535', () => {
    expect(read('<Query><CmdType>PersetQuery</CmdType><SN>1</SN><DeviceID>1</DeviceID></Query>')).toMatchObject({ cmdType: 'PresetQuery' });
    const item = '<Item><DeviceID>1</DeviceID><Parental>65535</Parental><Longitude/><Latitude>north</Latitude></Item>';
    const catalog = `<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>1</DeviceID><SumNum>1</SumNum><DeviceList>${item}</DeviceList></Response>`;
    expect(read(catalog)).toMatchObject({ content: { items: [{ deviceId: '1', parental: true }] } });
    expect(read(catalog)).not.toHaveProperty('content.items.0.latitude');
  });

  test('of methods joined in either way', () => {
    const asked = (methods: string) =>
      read(`<Query><CmdType>Alarm</CmdType><SN>1</SN><DeviceID>1</DeviceID><AlarmMethod>${methods}</AlarmMethod></Query>`);
    for (const methods of ['12', '1/2', ' 1 / 2 ']) expect(asked(methods)).toMatchObject({ content: { alarmMethods: [1, 2] } });
  });

  test('of messages that it does not know', () => {
    expect(read('<Query><CmdType>CruiseTrackQuery</CmdType><SN>3</SN><DeviceID>1</DeviceID><Number>1</Number></Query>')).toEqual({
      root: 'foreign',
      named: 'Query/CruiseTrackQuery',
      sn: 3,
      deviceId: '1',
    });
    for (const kind of ['constructor', '__proto__']) {
      expect(read(`<Query><CmdType>${kind}</CmdType><SN>3</SN><DeviceID>1</DeviceID></Query>`)).toMatchObject({
        root: 'foreign',
        named: `Query/${kind}`,
      });
    }
  });
});

describe('is refused', () => {
  const query = (inside: string) => `<Query><CmdType>DeviceInfo</CmdType><SN>1</SN><DeviceID>1</DeviceID>${inside}</Query>`;

  test.each([
    ['another root', '<Envelope/>', 'the root element'],
    ['no command', '<Query><SN>1</SN></Query>', '<Query>'],
    ['no number', '<Query><CmdType>Catalog</CmdType><SN>x</SN><DeviceID>1</DeviceID></Query>', '<SN>'],
    ['no device', '<Query><CmdType>Catalog</CmdType><SN>1</SN></Query>', '<Query>'],
    ['a recording query without its times', '<Query><CmdType>RecordInfo</CmdType><SN>1</SN><DeviceID>1</DeviceID></Query>', '<Query>'],
    [
      'a guard command of no known word',
      '<Control><CmdType>DeviceControl</CmdType><SN>1</SN><DeviceID>1</DeviceID><GuardCmd>Maybe</GuardCmd></Control>',
      '<GuardCmd>',
    ],
    [
      'a catalogue with an item that has no code',
      '<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>1</DeviceID><SumNum>1</SumNum><DeviceList><Item><DeviceID/></Item></DeviceList></Response>',
      '<DeviceID>',
    ],
    ['a DOCTYPE', `<!DOCTYPE a [<!ENTITY b "c">]>${query('')}`, 'character 0'],
    ['a document cut short', query('').slice(0, -4), 'character'],
    ['nothing', '', 'document'],
    ['depth without end', query('<a>'.repeat(100) + '</a>'.repeat(100)), 'character'],
    ['more than 64 KiB', query('x'.repeat(65_536)), 'a MANSCDP body'],
  ])('%s', (_, text, where) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'ProtocolError', where: expect.stringContaining(where) }));
  });

  test('an entity is text', () => {
    const text = '<Query><CmdType>DeviceInfo</CmdType><SN>1</SN><DeviceID>&a;&#65;&amp;</DeviceID></Query>';
    expect(read(text)).toMatchObject({ deviceId: '&a;A&' });
  });
});
