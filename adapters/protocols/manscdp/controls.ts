/** What a platform orders (GB/T 28181 A.2.3). Which of these are obeyed, and which get a Response, is for the uplink: facts §4.8. */
import { configs } from './config.ts';
import { anyOf, decimal, integer, optional, record, required, text, word } from './fields.ts';

/** Pixels of the window in which somebody drew the rectangle. */
const dragZoom = record({
  length: required(decimal, 'Length'),
  width: required(decimal, 'Width'),
  midPointX: required(decimal, 'MidPointX'),
  midPointY: required(decimal, 'MidPointY'),
  lengthX: required(decimal, 'LengthX'),
  lengthY: required(decimal, 'LengthY'),
});

const commands = anyOf({
  /** Eight bytes as hexadecimal digits: `ptz.ts`. */
  PTZCmd: text,
  TeleBoot: word('Boot'),
  RecordCmd: word('Record', 'StopRecord'),
  /** Of a whole device, or of one zone. */
  GuardCmd: word('SetGuard', 'ResetGuard'),
  AlarmCmd: word('ResetAlarm'),
  /** The spelling of 2022. */
  IFrameCmd: word('Send'),
  /** The spelling of 2016, sic. */
  IFameCmd: word('Send'),
  DragZoomIn: dragZoom,
  DragZoomOut: dragZoom,
  HomePosition: record({
    enabled: required(integer, 'Enabled'),
    /** s of nobody moving it. */
    resetTime: optional(integer, 'ResetTime'),
    presetIndex: optional(integer, 'PresetIndex'),
  }),
  PTZPreciseCtrl: record({ pan: optional(decimal, 'Pan'), tilt: optional(decimal, 'Tilt'), zoom: optional(decimal, 'Zoom') }),
  /** Number of the card, 0 all. */
  FormatSDCard: integer,
  TargetTrack: word('Auto', 'Manual', 'Stop'),
  DeviceUpgrade: record({
    firmware: optional(text, 'Firmware'),
    fileUrl: optional(text, 'FileURL'),
    manufacturer: optional(text, 'Manufacturer'),
    sessionId: optional(text, 'SessionID'),
  }),
});

export const controls = {
  DeviceControl: record({
    /** One, in whatever is worth obeying. */
    commands,
    info: optional(
      record({
        controlPriority: optional(integer, 'ControlPriority'),
        alarmMethod: optional(text, 'AlarmMethod'),
        alarmType: optional(text, 'AlarmType'),
      }),
      'Info',
    ),
  }),
  DeviceConfig: record({ configs }),
};
