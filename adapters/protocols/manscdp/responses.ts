/** Answers (GB/T 28181 A.2.6): a new MESSAGE each, with SN and code of what was asked; never the body of a 200. */
import { catalogItem } from './catalog-item.ts';
import { configs } from './config.ts';
import { filled, integer, list, localTime, optional, record, required, several, text, word } from './fields.ts';
import { alarmIfAny } from './notices.ts';

const result = word('OK', 'ERROR');
const onOff = word('ON', 'OFF');
const done = record({ result: required(result, 'Result') });

const recording = record({
  deviceId: required(filled, 'DeviceID'),
  name: optional(text, 'Name'),
  filePath: optional(text, 'FilePath'),
  address: optional(text, 'Address'),
  /** Never two with the same two times: platforms take them for one and wait for ever (facts §4.6). */
  startTime: optional(localTime, 'StartTime'),
  endTime: optional(localTime, 'EndTime'),
  secrecy: optional(integer, 'Secrecy'),
  type: optional(text, 'Type'),
  recorderId: optional(text, 'RecorderID'),
  /** Bytes. */
  fileSize: optional(integer, 'FileSize'),
});

export const responses = {
  DeviceInfo: record({
    deviceName: optional(text, 'DeviceName'),
    result: required(result, 'Result'),
    manufacturer: optional(text, 'Manufacturer'),
    model: optional(text, 'Model'),
    firmware: optional(text, 'Firmware'),
    /** How many there are. */
    channel: optional(integer, 'Channel'),
  }),
  DeviceStatus: record({
    result: required(result, 'Result'),
    online: required(word('ONLINE', 'OFFLINE'), 'Online'),
    status: required(result, 'Status'),
    /** Of an ERROR. */
    reason: optional(text, 'Reason'),
    encode: optional(onOff, 'Encode'),
    record: optional(onOff, 'Record'),
    deviceTime: optional(localTime, 'DeviceTime'),
    /** The element's small s is the standard's. */
    alarmStatus: list(
      several(record({ deviceId: required(filled, 'DeviceID'), dutyStatus: required(word('ONDUTY', 'OFFDUTY', 'ALARM'), 'DutyStatus') }), 'Item'),
      'Alarmstatus',
    ),
  }),
  /** To a query: `sumNum` of all batches and the items of this one. To a subscription: `result` alone. */
  Catalog: record({
    result: optional(result, 'Result'),
    sumNum: optional(integer, 'SumNum'),
    items: list(several(catalogItem, 'Item'), 'DeviceList'),
  }),
  RecordInfo: record({
    name: optional(text, 'Name'),
    sumNum: required(integer, 'SumNum'),
    items: list(several(recording, 'Item'), 'RecordList', true),
  }),
  ConfigDownload: record({ result: required(result, 'Result'), configs }),
  PresetQuery: record({
    result: optional(result, 'Result'),
    presets: list(several(record({ presetId: required(filled, 'PresetID'), presetName: optional(text, 'PresetName') }), 'Item'), 'PresetList', true),
  }),
  /** What the platform made of an alarm: OK is its receipt. From a device: an alarm out of its history. */
  Alarm: record({ result: optional(result, 'Result'), ...alarmIfAny }),
  MobilePosition: done,
  DeviceControl: done,
  DeviceConfig: done,
  Broadcast: done,
};
