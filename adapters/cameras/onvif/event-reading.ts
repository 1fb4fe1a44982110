/** One message of a camera in our words (onvif-rtsp §2.3, rules 1 to 4). Pure. */
import type { CameraEventKind } from '../../../gateway/domain/camera-events.ts';
import { itemNamed, type Notification, type NotificationItem } from '../../protocols/onvif-events/notifications.ts';
import { kindsByItem, rowOfTopic } from './event-topics.ts';
import type { OnvifProfile } from './profiles.ts';

export interface EventReading {
  readonly kind: CameraEventKind;
  readonly topic: string;
  /** Token of the input or disk, or name of the line or area; empty where there is but one. */
  readonly source: string;
  /** Tells what may be active at the same time under one kind and source: another topic, another object. */
  readonly instance: string;
  /** `told`: its state, because we asked or subscribed · `turned`: it changed · `happened`: a pulse, which has no end. */
  readonly how: 'told' | 'turned' | 'happened';
  readonly active: boolean;
}

/** `figure`: nothing that anybody wants as an event · `elsewhere`: of another picture of this device, which is another camera of ours. */
export type ReadEvent =
  | { readonly is: 'event'; readonly readings: readonly EventReading[] }
  | { readonly is: 'figure' | 'elsewhere' }
  | { readonly is: 'unknown'; readonly why: string };

export interface VideoSources {
  readonly own: OnvifProfile;
  readonly all: readonly OnvifProfile[];
}

const truths = new Set(['true', '1', 'active', 'on', 'yes']);
const falsehoods = new Set(['false', '0', 'inactive', 'idle', 'off', 'no']);

const videoItems = ['VideoSourceConfigurationToken', 'VideoSourceToken', 'VideoSource', 'VideoSourceConfiguration', 'Source'];
const deviceItems = ['InputToken', 'AlarmInToken', 'RelayToken', 'Token', 'port', 'sensor', 'disk_id', 'HardDiskNo', 'channel'];
const ruleItems = ['Rule', 'RuleName'];
/** They have one line, area or object each. */
const named: ReadonlySet<CameraEventKind> = new Set(['line', 'field', 'loiter', 'object']);
/** One per picture, however many topics tell them (rule 6). */
const ofPicture: ReadonlySet<CameraEventKind> = new Set(['motion', 'tamper', 'picture', 'signal-loss']);

export function readEvent(notification: Notification, sources: VideoSources): ReadEvent {
  const row = rowOfTopic(notification.topic);
  if (row?.shape === 'figure') return { is: 'figure' };
  if ((row === undefined || row.ofVideo) && !isOwn(notification.source, sources)) return { is: 'elsewhere' };
  if (!row) return byItems(notification);
  const said = writtenValue(notification, row.items);
  const active = row.shape === 'pulse' ? true : row.shape === 'list' ? said !== undefined && said.trim() !== '' : truthOf(said);
  if (active === undefined && notification.operation !== 'deleted') {
    return { is: 'unknown', why: said === undefined ? 'no value' : `the value ${JSON.stringify(said.slice(0, 40))}` };
  }
  return { is: 'event', readings: [readingOf(notification, { kind: row.kind, pulse: row.shape === 'pulse', active: active ?? false, item: '' })] };
}

/** A topic that nobody knows: what its items are called may tell (Tapo), else it is told as it is, with its state where it has one. */
function byItems(notification: Notification): ReadEvent {
  const readings = notification.data.flatMap(({ name, value }) => {
    const kind = kindsByItem.get(name);
    const active = truthOf(value);
    return kind === undefined || active === undefined ? [] : [readingOf(notification, { kind, pulse: false, active, item: name })];
  });
  if (readings.length > 0) return { is: 'event', readings };
  const active = truthOf(notification.data.length === 1 ? notification.data[0]!.value : undefined);
  const pulse = active === undefined && notification.operation === 'none';
  if (active === undefined && !pulse) return { is: 'unknown', why: 'a topic that is not known' };
  return { is: 'event', readings: [readingOf(notification, { kind: 'other', pulse, active: active ?? true, item: '' })] };
}

interface Meaning {
  readonly kind: CameraEventKind;
  readonly pulse: boolean;
  readonly active: boolean;
  readonly item: string;
}

function readingOf(notification: Notification, { kind, pulse, active, item }: Meaning): EventReading {
  const { topic, source, key, operation } = notification;
  const written = (items: readonly NotificationItem[]) => items.map(({ name, value }) => `${name}=${value}`).join('&');
  const deleted = operation === 'deleted';
  return {
    kind,
    topic,
    source: sourceOf(kind, source),
    instance: `${topic}|${item}|${written(source)}|${written(key)}`.slice(0, 500),
    how: operation === 'initialized' ? 'told' : pulse && !deleted ? 'happened' : 'turned',
    active: active && !deleted,
  };
}

function sourceOf(kind: CameraEventKind, source: readonly NotificationItem[]): string {
  if (ofPicture.has(kind)) return '';
  const token = named.has(kind) ? itemNamed(source, ...ruleItems) : itemNamed(source, ...deviceItems);
  return (token ?? '').slice(0, 100);
}

function writtenValue({ data }: Notification, items: readonly string[]): string | undefined {
  return itemNamed(data, ...items) ?? (data.length === 1 ? data[0]!.value : undefined);
}

function truthOf(value: string | undefined): boolean | undefined {
  const said = value?.trim().toLowerCase() ?? '';
  return truths.has(said) ? true : falsehoods.has(said) ? false : undefined;
}

/** Whether it is of this camera's own picture; a token that no profile knows can only mean the only picture there is. */
function isOwn(source: readonly NotificationItem[], { own, all }: VideoSources): boolean {
  const token = itemNamed(source, ...videoItems);
  if (token === undefined || token === '' || own.source === token || own.sourceConfiguration === token) return true;
  if (all.some((profile) => profile.source === token || profile.sourceConfiguration === token)) return false;
  return new Set(all.map((profile) => profile.source)).size <= 1;
}
