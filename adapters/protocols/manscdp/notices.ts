/** What somebody tells without being asked (GB/T 28181 A.2.5). */
import { catalogItem } from './catalog-item.ts';
import { decimal, filled, integer, list, localTime, optional, record, required, several, text } from './fields.ts';

/** Beyond what kind it is: for method 2 and 5 which alarm, for method 6 which fault (A.2.5.2). */
const alarmInfo = record({
  alarmType: optional(text, 'AlarmType'),
  /** Of an intrusion: 1 enters, 2 leaves. */
  alarmTypeParam: optional(record({ eventType: optional(integer, 'EventType') }), 'AlarmTypeParam'),
  /** 2022, at most 1024 characters. */
  extraInfo: optional(text, 'ExtraInfo'),
});

const alarmRest = {
  alarmDescription: optional(text, 'AlarmDescription'),
  longitude: optional(decimal, 'Longitude'),
  latitude: optional(decimal, 'Latitude'),
  info: optional(alarmInfo, 'Info'),
};

/** The fields of an alarm, where they need not be there. */
export const alarmIfAny = {
  alarmPriority: optional(integer, 'AlarmPriority'),
  alarmMethod: optional(integer, 'AlarmMethod'),
  alarmTime: optional(localTime, 'AlarmTime'),
  ...alarmRest,
};

const position = {
  /** Degrees; km/h; degrees from north; m above the sea. */
  longitude: optional(decimal, 'Longitude'),
  latitude: optional(decimal, 'Latitude'),
  speed: optional(decimal, 'Speed'),
  direction: optional(decimal, 'Direction'),
  altitude: optional(decimal, 'Altitude'),
};

export const notices = {
  Keepalive: record({
    /** `OK`. Others say other things here, and are alive all the same. */
    status: required(text, 'Status'),
    /** Codes of devices below that have failed. */
    failed: list(several(text, 'DeviceID', false), 'Info'),
  }),
  Alarm: record({
    /** 1 is the highest, 4 the lowest. */
    alarmPriority: required(integer, 'AlarmPriority'),
    /** 1 telephone, 2 device, 3 SMS, 4 GPS, 5 video, 6 device fault, 7 other. */
    alarmMethod: required(integer, 'AlarmMethod'),
    alarmTime: required(localTime, 'AlarmTime'),
    ...alarmRest,
  }),
  /** What has changed; each item says how in `event`. */
  Catalog: record({ sumNum: required(integer, 'SumNum'), items: list(several(catalogItem, 'Item'), 'DeviceList') }),
  MobilePosition: record({
    /** 2016: of the device itself. */
    time: optional(localTime, 'Time'),
    ...position,
    /** 2022: a list. */
    sumNum: optional(integer, 'SumNum'),
    items: list(
      several(record({ deviceId: required(filled, 'DeviceID'), captureTime: optional(localTime, 'CaptureTime'), ...position }), 'Item'),
      'DeviceList',
    ),
  }),
  /** 121: a file has been played to its end. Belongs into the dialog of its INVITE. */
  MediaStatus: record({ notifyType: required(integer, 'NotifyType') }),
  /** A platform wants to speak. The code that every other message has as DeviceID is here called TargetID. */
  Broadcast: record({ sourceId: required(filled, 'SourceID') }),
};
