/**
 * Messages of a PullMessages answer. Lenient, as cameras are (onvif-rtsp §2.3): one message or many, one level of Message or two, empty lists.
 * Items are by name. Never throws: what is no message is left out, and counted by whoever compares.
 */
import { find, findAll, namespaceOf, type XmlElement } from '../xml.ts';
import { readMoment } from './times.ts';

export interface NotificationItem {
  readonly name: string;
  readonly value: string;
}

export interface Notification {
  /** Local names joined by `/`: `RuleEngine/CellMotionDetector/Motion`. */
  readonly topic: string;
  /** Namespace of the first step that is not ONVIF's own; a prefix that nobody declared stands for itself. */
  readonly vendor?: string;
  /** By the camera's clock, epoch ms. */
  readonly at?: number;
  /** `none`: a message about something that has no state. */
  readonly operation: 'initialized' | 'changed' | 'deleted' | 'none';
  readonly source: readonly NotificationItem[];
  readonly key: readonly NotificationItem[];
  readonly data: readonly NotificationItem[];
}

const standardTopics = 'http://www.onvif.org/ver10/topics';
const mostNotifications = 1_000;
const mostItems = 32;
const longestTopic = 300;

export function readNotifications(answer: XmlElement): readonly Notification[] {
  return findAll(answer, 'NotificationMessage')
    .slice(0, mostNotifications)
    .flatMap((holder) => {
      const topic = find(holder, 'Topic');
      const outer = find(holder, 'Message');
      const message = find(outer, 'Message') ?? outer;
      const named = topic && readTopic(topic);
      if (!named || !message) return [];
      const at = readMoment(message.attributes.get('UtcTime'));
      return [
        {
          ...named,
          ...(at === undefined ? {} : { at }),
          operation: operations.get(message.attributes.get('PropertyOperation')?.toLowerCase() ?? '') ?? 'none',
          source: itemsOf(message, 'Source'),
          key: itemsOf(message, 'Key'),
          data: itemsOf(message, 'Data'),
        },
      ];
    });
}

const operations: ReadonlyMap<string, Notification['operation']> = new Map([
  ['initialized', 'initialized'],
  ['changed', 'changed'],
  ['deleted', 'deleted'],
]);

/** Prefixes count by what they stand for, not by their text; one within a path, as makers put it, counts as well. */
function readTopic(element: XmlElement): Pick<Notification, 'topic' | 'vendor'> | undefined {
  const steps = element.text
    .slice(0, longestTopic)
    .split('/')
    .map((step) => step.trim())
    .filter((step) => step !== '' && step !== '.');
  if (steps.length === 0) return undefined;
  let vendor: string | undefined;
  const names = steps.map((step) => {
    const at = step.indexOf(':');
    if (at < 0) return step;
    const prefix = step.slice(0, at);
    const namespace = namespaceOf(element, prefix) ?? (prefix === 'tns1' ? standardTopics : prefix);
    if (namespace !== standardTopics) vendor ??= namespace.slice(0, 200);
    return step.slice(at + 1);
  });
  return { topic: names.join('/'), ...(vendor === undefined ? {} : { vendor }) };
}

function itemsOf(message: XmlElement, list: 'Source' | 'Key' | 'Data'): readonly NotificationItem[] {
  return findAll(message, list)
    .flatMap((each) => findAll(each, 'SimpleItem'))
    .slice(0, mostItems)
    .flatMap((item) => {
      const name = item.attributes.get('Name');
      return name === undefined ? [] : [{ name: name.slice(0, 100), value: (item.attributes.get('Value') ?? item.text).slice(0, 500) }];
    });
}

/** The bytes of each message, for evidence; the whole answer for each where they cannot be told apart. */
export function notificationBytes(body: Uint8Array, count: number): readonly Uint8Array[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const spans: Uint8Array[] = [];
  const tag = /<(\/?)(?:[\w.-]{1,60}:)?NotificationMessage(?=[\s/>])[^>]{0,512}>/g;
  let start = -1;
  for (let found = tag.exec(text); found && spans.length <= count; found = tag.exec(text)) {
    if (found[1] === '') start = found.index;
    else if (start >= 0) {
      spans.push(body.subarray(start, tag.lastIndex));
      start = -1;
    }
  }
  return spans.length === count ? spans : Array.from({ length: count }, () => body);
}

/** Text of the first item with one of these names. */
export function itemNamed(items: readonly NotificationItem[], ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = items.find((item) => item.name === name);
    if (found) return found.value;
  }
  return undefined;
}
