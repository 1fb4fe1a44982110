/**
 * What cameras see and hear by themselves, and which of it a school wants as an alarm: nothing, unless a rule of the camera says so. Kinds are ours;
 * which topic of which maker means which of them is the adapter's table.
 */
import { type AlarmType, overtakes } from './alarm.ts';
import type { ChannelId } from './ids.ts';
import type { WeeklyWindows } from './weekly-windows.ts';
import type { Words } from './words.ts';

export const cameraEventKinds = [
  'input',
  'motion',
  'line',
  'field',
  'loiter',
  'object',
  'tamper',
  'picture',
  'signal-loss',
  'sound',
  'storage',
  'storage-full',
  'hardware',
  'security',
  /** A topic that the table does not know; a rule names it. */
  'other',
] as const;
export type CameraEventKind = (typeof cameraEventKinds)[number];

interface CameraEventRow {
  readonly title: Words;
  /** Of an alarm that it becomes, unless the rule names another (alarm-types.ts). */
  readonly type: AlarmType;
}

export const cameraEventRows: Readonly<Record<CameraEventKind, CameraEventRow>> = {
  input: { title: { zh: '报警输入', en: 'Alarm input' }, type: 'intrusion.general' },
  motion: { title: { zh: '移动侦测', en: 'Motion' }, type: 'video.motion' },
  line: { title: { zh: '越线', en: 'Line crossed' }, type: 'video.tripwire' },
  field: { title: { zh: '区域入侵', en: 'Somebody in the area' }, type: 'video.intrusion' },
  loiter: { title: { zh: '徘徊', en: 'Loitering' }, type: 'video.loiter' },
  object: { title: { zh: '人、车等目标', en: 'Person, vehicle or other object' }, type: 'video.intrusion' },
  tamper: { title: { zh: '摄像机被遮挡或移动', en: 'Camera covered or moved' }, type: 'tamper.sensor' },
  picture: { title: { zh: '画面过暗、过亮或模糊', en: 'Picture too dark, too bright or blurred' }, type: 'tamper.sensor' },
  'signal-loss': { title: { zh: '视频信号丢失', en: 'Video signal lost' }, type: 'video.loss' },
  sound: { title: { zh: '异常声音', en: 'Sound' }, type: 'technical.24h' },
  storage: { title: { zh: '摄像机存储故障', en: 'Storage of the camera failed' }, type: 'storage.fault' },
  'storage-full': { title: { zh: '摄像机存储已满', en: 'Storage of the camera is full' }, type: 'storage.full' },
  hardware: { title: { zh: '摄像机硬件故障', en: 'Hardware fault of the camera' }, type: 'technical.24h' },
  security: { title: { zh: '有人试探摄像机密码', en: 'Somebody tries passwords at the camera' }, type: 'code.tamper' },
  other: { title: { zh: '其他事件', en: 'Other event' }, type: 'intrusion.general' },
};

export interface CameraEventRule {
  readonly kind: CameraEventKind;
  /** Token of the input, or name of the line or area as the camera has it; absent: each of them. */
  readonly source?: string;
  /** Of kind `other`: its topic, local names joined by `/`; also its end is enough. */
  readonly topic?: string;
  /** What people call it; absent: the camera's channel. */
  readonly name?: string;
  /** `panic.silent` and the like make an input a panic button. Absent: the kind's own. */
  readonly type?: AlarmType;
  /** When it counts, in the time of the campus; absent: always. */
  readonly schedule?: WeeklyWindows;
  /** Up to four that look at it; absent: those of the camera. */
  readonly channels?: readonly ChannelId[];
}

export const typeOfRule = ({ kind, type }: CameraEventRule): AlarmType => type ?? cameraEventRows[kind].type;

/** Panic, hold-up, duress, fire: such a rule knows no hours, and stands above the others of its kind. */
export const isLifeRule = (rule: CameraEventRule): boolean => overtakes(typeOfRule(rule));

/** The rule for an event, the most exact one first; undefined: nobody wants it. */
export function ruleFor(
  rules: readonly CameraEventRule[],
  event: { readonly kind: CameraEventKind; readonly source: string; readonly topic: string },
): CameraEventRule | undefined {
  const fitting = rules.filter(
    ({ kind, source, topic }) =>
      kind === event.kind &&
      (source === undefined || source === event.source) &&
      (kind !== 'other' || (topic !== undefined && (event.topic === topic || event.topic.endsWith(`/${topic}`)))),
  );
  return fitting.find(({ source }) => source !== undefined) ?? fitting[0];
}
