/**
 * Which topic means what (onvif-rtsp §2.2), by path of local names. A path is matched whole, then by its last two steps, which is how makers put
 * their own prefix before a known topic; after that the name of the data item decides (§2.3, rule 1).
 */
import type { CameraEventKind } from '../../../gateway/domain/camera-events.ts';

/**
 * `state`: it begins and ends · `pulse`: it happens, and has no end · `list`: it lasts as long as anything is listed ·
 * `figure`: what the camera tells of itself, which is no event to anybody.
 */
type Shape = 'state' | 'pulse' | 'list' | 'figure';

export interface TopicRow {
  readonly path: string;
  readonly kind: CameraEventKind;
  readonly shape: Shape;
  /** Data items that hold the value, the surest first; with none of them there, the only item counts. */
  readonly items: readonly string[];
  /** Of what carries a picture; else of the device. */
  readonly ofVideo: boolean;
}

const row = (kind: CameraEventKind, shape: Shape, path: string, items: string, ofVideo: boolean): TopicRow => ({
  path,
  kind,
  shape,
  items: items === '' ? [] : items.split(' '),
  ofVideo,
});
const seen = (kind: CameraEventKind, path: string, items = 'State') => row(kind, 'state', path, items, true);
const device = (kind: CameraEventKind, path: string, items: string) => row(kind, 'state', path, items, false);
const pulse = (kind: CameraEventKind, path: string, ofVideo = false) => row(kind, 'pulse', path, '', ofVideo);
const figure = (path: string) => row('other', 'figure', path, '', false);
/** Each of a camera's services may say it. */
const byService = (kind: CameraEventKind, path: string) =>
  ['', '/ImagingService', '/AnalyticsService', '/RecordingService'].map((service) => seen(kind, `${path}${service}`));

export const topicRows: readonly TopicRow[] = [
  seen('motion', 'VideoSource/MotionAlarm'),
  seen('motion', 'VideoAnalytics/MotionAlarm'),
  seen('motion', 'RuleEngine/CellMotionDetector/Motion', 'IsMotion Value'),
  seen('motion', 'RuleEngine/MotionRegionDetector/Motion', 'State'),
  seen('motion', 'VideoAnalytics/MotionDetection', 'motion'),
  seen('motion', 'Device/Trigger/MotionDetector'),
  seen('tamper', 'RuleEngine/TamperDetector/Tamper', 'IsTamper State'),
  pulse('tamper', 'RuleEngine/CameraSabotage/Triggered', true),
  seen('tamper', 'UserAlarm/VideoCover'),
  ...byService('tamper', 'VideoSource/GlobalSceneChange'),
  ...byService('picture', 'VideoSource/ImageTooDark'),
  ...byService('picture', 'VideoSource/ImageTooBright'),
  ...byService('picture', 'VideoSource/ImageTooBlurry'),
  seen('picture', 'VideoSource/ImpairedVisibility'),
  seen('signal-loss', 'VideoSource/SignalLoss'),
  pulse('line', 'RuleEngine/LineDetector/Crossed', true),
  seen('line', 'RuleEngine/LineCrossDetector/LineCross', 'IsLineCross'),
  seen('field', 'RuleEngine/FieldDetector/ObjectsInside', 'IsInside'),
  pulse('loiter', 'RuleEngine/LoiteringDetector/ObjectIsLoitering', true),
  row('object', 'list', 'RuleEngine/ObjectDetection/Object', 'ClassTypes', true),
  seen('object', 'RuleEngine/PeopleDetector/People', 'IsPeople'),
  ...['PeopleDetect', 'VehicleDetect', 'DogCatDetect', 'FaceDetect', 'Visitor', 'Package'].map((what) =>
    seen('object', `RuleEngine/MyRuleDetector/${what}`),
  ),
  seen('object', 'UserAlarm/IVA/HumanShapeDetect'),
  device('sound', 'AudioAnalytics/Audio/DetectedSound', 'isSoundDetected IsSoundDetected'),
  device('sound', 'AudioSource/TriggerLevel', 'triggered'),
  device('input', 'Device/Trigger/DigitalInput', 'LogicalState Level State'),
  device('input', 'Device/Trigger/AlarmIn', 'State'),
  device('input', 'Device/IO/VirtualInput', 'active state'),
  device('input', 'Device/IO/VirtualPort', 'state active'),
  device('input', 'Device/IO/Port', 'state active'),
  device('input', 'Device/Sensor/PIR', 'state'),
  device('storage', 'Device/HardwareFailure/StorageFailure', 'Failed disruption'),
  device('storage', 'Storage/Disruption', 'disruption'),
  pulse('storage', 'Device/HardwareFailure/HardDiskError'),
  pulse('storage', 'Device/HardwareFailure/HardDiskUnformat'),
  pulse('storage-full', 'Device/HardwareFailure/HardDiskFull'),
  device('hardware', 'Device/HardwareFailure/FanFailure', 'Failed'),
  device('hardware', 'Device/HardwareFailure/PowerSupplyFailure', 'Failed'),
  device('hardware', 'Device/HardwareFailure/TemperatureCritical', 'Critical'),
  pulse('security', 'Device/SecurityPolicy/AuthFailed'),
  pulse('security', 'UserAlarm/IllegalAccess'),
  figure('Device/Trigger/Relay'),
  figure('Monitoring/ProcessorUsage'),
  figure('Monitoring/LinkStatus'),
  figure('Monitoring/OperatingTime/LastReboot'),
  figure('Monitoring/OperatingTime/LastReset'),
  figure('Monitoring/OperatingTime/LastClockSynchronization'),
  figure('RecordingConfig/JobState'),
  figure('RecordingHistory/Recording/State'),
  figure('Storage/Recording'),
  figure('RuleEngine/CountAggregation/Counter'),
];

const byPath = new Map(topicRows.map((each) => [each.path, each]));
const byTail = new Map(topicRows.map((each) => [tailOf(each.path), each]));

export function rowOfTopic(topic: string): TopicRow | undefined {
  return byPath.get(topic) ?? byTail.get(tailOf(topic));
}

function tailOf(path: string): string {
  return path.split('/').slice(-2).join('/');
}

/** Tapo and its like send all of these under one topic: the item tells what it is. */
export const kindsByItem: ReadonlyMap<string, CameraEventKind> = new Map([
  ['IsMotion', 'motion'],
  ['IsTamper', 'tamper'],
  ['IsLineCross', 'line'],
  ['IsIntrusion', 'field'],
  ['IsInside', 'field'],
  ['IsPeople', 'object'],
  ['IsVehicle', 'object'],
  ['IsPet', 'object'],
  ['isSoundDetected', 'sound'],
  ['IsSoundDetected', 'sound'],
]);
