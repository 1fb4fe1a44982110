/** What a platform asks (GB/T 28181 A.2.4), by MESSAGE, or in the body of a SUBSCRIBE. */

import { integer, leaf, localTime, optional, record, required, slashed, text } from './fields.ts';

/** Single digits, however they are joined: "12" and "1/2" are both methods 1 and 2. */
const digits = leaf<readonly number[]>(
  'digits',
  (value) => (/^[\d/\s]{1,40}$/.test(value) ? [...value.replace(/\D/g, '')].map(Number) : undefined),
  (values) => values.join('/'),
);

const nothing = record({});

export const queries = {
  DeviceInfo: nothing,
  DeviceStatus: nothing,
  /** The code may be that of a device, a region, a system, a business group or a virtual organisation. Times: items added in that range. */
  Catalog: record({ startTime: optional(localTime, 'StartTime'), endTime: optional(localTime, 'EndTime') }),
  RecordInfo: record({
    startTime: required(localTime, 'StartTime'),
    endTime: required(localTime, 'EndTime'),
    filePath: optional(text, 'FilePath'),
    address: optional(text, 'Address'),
    secrecy: optional(integer, 'Secrecy'),
    /** `time`, `alarm`, `manual` or `all`. */
    type: optional(text, 'Type'),
    recorderId: optional(text, 'RecorderID'),
    /** 0 exact, 1 fuzzy. */
    indistinctQuery: optional(integer, 'IndistinctQuery'),
    streamNumber: optional(integer, 'StreamNumber'),
    alarmMethods: optional(digits, 'AlarmMethod'),
    alarmType: optional(text, 'AlarmType'),
  }),
  /** Priorities 1 (highest) to 4, 0 all; methods 1 to 7, 0 all. */
  Alarm: record({
    startAlarmPriority: optional(integer, 'StartAlarmPriority'),
    endAlarmPriority: optional(integer, 'EndAlarmPriority'),
    alarmMethods: optional(digits, 'AlarmMethod'),
    alarmType: optional(text, 'AlarmType'),
    startAlarmTime: optional(localTime, 'StartAlarmTime', 'StartTime'),
    endAlarmTime: optional(localTime, 'EndAlarmTime', 'EndTime'),
  }),
  /** One response for each type. */
  ConfigDownload: record({ configTypes: required(slashed, 'ConfigType') }),
  PresetQuery: nothing,
  /** s between two positions; 5 where it is absent. */
  MobilePosition: record({ interval: optional(integer, 'Interval') }),
};
