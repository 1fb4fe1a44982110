/** Messages of cameras that we did not make, as bytes, and what they mean (onvif-rtsp §2.2, §2.3). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readEvent } from '../../../adapters/cameras/onvif/event-reading.ts';
import { rowOfTopic } from '../../../adapters/cameras/onvif/event-topics.ts';
import type { OnvifProfile } from '../../../adapters/cameras/onvif/profiles.ts';
import { type Notification, notificationBytes, readNotifications } from '../../../adapters/protocols/onvif-events/notifications.ts';
import { readLifetime, readOfferedTopics, readReference } from '../../../adapters/protocols/onvif-events/replies.ts';
import { readDuration, readMoment } from '../../../adapters/protocols/onvif-events/times.ts';
import { readXml, type XmlElement } from '../../../adapters/protocols/xml.ts';

const bytesOf = (name: string) => readFileSync(new URL(`../../fixtures/cameras/events/${name}`, import.meta.url));
/** The element that holds the answer, wherever the file keeps it. */
function answerIn(bytes: Uint8Array, name: string): XmlElement {
  const search = (element: XmlElement): XmlElement | undefined =>
    element.name === name ? element : element.children.map(search).find((found) => found !== undefined);
  return search(readXml(bytes))!;
}
const profile = (source: string, sourceConfiguration = ''): OnvifProfile => ({
  ...{ token: source, name: source, codec: 'H264', width: 1, height: 1, kbps: 0, source, sourceConfiguration },
});
const only = { own: profile('VideoSource_1', 'VideoSourceToken'), all: [profile('VideoSource_1', 'VideoSourceToken')] };
const meaning = (notification: Notification, sources = only) => {
  const read = readEvent(notification, sources);
  return read.is === 'event' ? read.readings.map(({ kind, source, how, active }) => [kind, source, how, active].join(' ')).join(', ') : read.is;
};

describe('messages of a Hikvision camera', () => {
  const bytes = bytesOf('hikvision-pull.xml');
  const notifications = readNotifications(answerIn(bytes, 'PullMessagesResponse'));

  test('are its states, and figures that are nobody’s event', () => {
    expect(notifications.map((each) => meaning(each))).toEqual([
      'motion  told false',
      'motion  told false',
      'tamper  told false',
      'picture  told false',
      'field MyFieldDetector1 told false',
      'figure',
      'figure',
      'figure',
    ]);
    expect(notifications[0]?.at).toBe(Date.UTC(2025, 3, 18, 20, 34, 5));
  });

  test('keep the bytes of each as evidence', () => {
    const spans = notificationBytes(bytes, notifications.length).map((span) => Buffer.from(span).toString());
    expect(spans).toHaveLength(8);
    for (const span of spans) expect(span).toMatch(/^<wsnt:NotificationMessage>[\s\S]*<\/wsnt:NotificationMessage>$/);
    expect(spans[2]).toContain('IsTamper');
    expect(notificationBytes(bytes, 7)).toEqual(Array.from({ length: 7 }, () => bytes));
  });

  test('are of its own picture only: of another source of a recorder they are elsewhere', () => {
    const recorder = { own: profile('VideoSource_2', 'Two'), all: [profile('VideoSource_1', 'VideoSourceToken'), profile('VideoSource_2', 'Two')] };
    expect(meaning(notifications[0]!, recorder)).toBe('elsewhere');
    expect(meaning({ ...notifications[0]!, source: [{ name: 'Source', value: 'vsconf' }] }, recorder)).toBe('elsewhere');
    expect(meaning({ ...notifications[0]!, source: [{ name: 'Source', value: 'vsconf' }] })).toBe('motion  told false');
    expect(meaning({ ...notifications[0]!, source: [] }, recorder)).toBe('motion  told false');
  });

  test('come from a pull point that it names, for as long as its own clock says', () => {
    const created = answerIn(bytesOf('hikvision-create.xml'), 'CreatePullPointSubscriptionResponse');
    expect(readReference(created)).toEqual({ address: 'http://192.168.8.120/onvif/Events/PullSubManager_20250415T164937Z_0', parameters: '' });
    expect(readLifetime(created)).toBe(60_000);
  });

  test('are offered as topics, those of its maker among them', () => {
    const offered = readOfferedTopics(answerIn(bytesOf('hikvision-properties.xml'), 'GetEventPropertiesResponse'));
    expect(offered.map(({ topic }) => `${topic} ${rowOfTopic(topic)?.kind ?? '?'}`)).toEqual([
      'VideoSource/MotionAlarm motion',
      'VideoSource/ImageTooDark/ImagingService picture',
      'Device/HardwareFailure/HardDiskFull storage-full',
      'Device/HardwareFailure/StorageFailure storage',
      'Device/Network/EthernetBroken ?',
      'Device/Network/IPAddrConflict ?',
      'UserAlarm/IllegalAccess security',
      'RuleEngine/CellMotionDetector/Motion motion',
      'RuleEngine/LineDetector/Crossed line',
      'RuleEngine/FieldDetector/ObjectsInside field',
      'RuleEngine/TamperDetector/Tamper tamper',
      'Monitoring/ProcessorUsage other',
    ]);
    expect(offered.filter(({ property }) => property)).toHaveLength(7);
  });
});

test('messages of Axis cameras: namespaces are kept as tags, 0 and 1 are no and yes, ON is none of our business', () => {
  const notifications = readNotifications(answerIn(bytesOf('axis-stream.xml'), 'Event'));
  expect(notifications.map((each) => `${each.topic}: ${meaning(each)}`)).toEqual([
    'Device/Sensor/PIR: input 0 told false',
    'Device/Sensor/PIR: input 0 turned true',
    'Device/IO/Port: input 1 told false',
    'VideoSource/GlobalSceneChange/ImagingService: tamper  told false',
    'CameraApplicationPlatform/LoiteringGuard/Camera1Profile1: other  told false',
    'Device/Light/Status: other  told false',
  ]);
  expect(notifications.map(({ vendor }) => vendor)).toEqual([
    ...['http://www.axis.com/2009/event/topics', 'http://www.axis.com/2009/event/topics', 'http://www.axis.com/2009/event/topics'],
    ...[undefined, 'http://www.axis.com/2009/event/topics', 'http://www.axis.com/2009/event/topics'],
  ]);
  expect(notifications[1]?.at).toBe(Date.UTC(2019, 2, 12, 23, 48, 28, 425));
});

test('a recorder without time zones, with FALSE, and prefixes that it never declared', () => {
  const notifications = readNotifications(answerIn(bytesOf('recorder-no-zone.xml'), 'PullMessagesResponse'));
  expect(notifications.map((each) => meaning(each, { own: profile('a'), all: [profile('a')] }))).toEqual([
    'motion  told false',
    'tamper  told false',
    'tamper  told false',
  ]);
  expect(notifications[0]).toMatchObject({ vendor: 'tnshik', at: Date.UTC(2023, 5, 1, 7, 27, 22) });
});

test('a minute 61 runs over into the next hour', () => {
  expect(readLifetime(answerIn(bytesOf('minute-61-pull.xml'), 'PullMessagesResponse'))).toBe(300_000);
});

test.each([
  ['2024-02-30T00:00:00+08:00', Date.UTC(2024, 2, 0, 16)],
  ['2024-13-01T00:00:00Z', undefined],
  ['yesterday', undefined],
])('the time %s', (text, at) => {
  expect(readMoment(text)).toBe(at);
});

test.each([
  ['PT10M', 600_000],
  ['P1DT1.5S', 86_401_500],
  ['PT', undefined],
  ['600', undefined],
])('the duration %s', (text, length) => {
  expect(readDuration(text)).toBe(length);
});

const said = (topic: string, more: Partial<Notification>): Notification => ({ topic, operation: 'changed', source: [], key: [], data: [], ...more });
const item = (name: string, value: string) => [{ name, value }];

test.each([
  ['Tapo tells by the item', said('RuleEngine/CellMotionDetector/TpSmartEvent', { data: item('IsPeople', 'true') }), 'object  turned true'],
  [
    'Pelco has items of its own',
    said('RuleEngine/CellMotionDetector/Motion', { data: [...item('Event', 'x'), ...item('Value', '1')] }),
    'motion  turned true',
  ],
  ['a sabotage has no end', said('RuleEngine/CameraSabotage/Triggered', { operation: 'none' }), 'tamper  happened true'],
  ['a source that is gone ends what it told', said('RuleEngine/FieldDetector/ObjectsInside', { operation: 'deleted' }), 'field  turned false'],
  [
    'objects last as long as any is listed',
    said('RuleEngine/ObjectDetection/Object', { data: item('ClassTypes', 'Human Vehicle') }),
    'object  turned true',
  ],
  ['a known topic below another', said('Vendor/RuleEngine/TamperDetector/Tamper', { data: item('IsTamper', 'on') }), 'tamper  turned true'],
  ['a relay is nobody’s event', said('Device/Trigger/Relay', { data: item('LogicalState', 'active') }), 'figure'],
  ['a value that is neither yes nor no', said('VideoSource/MotionAlarm', { data: item('State', 'perhaps') }), 'unknown'],
  ['a topic that nobody knows, with a value', said('A/B/C', { data: item('X', '17') }), 'unknown'],
  ['a topic that nobody knows, with a state', said('A/B/C', { data: item('X', 'true') }), 'other  turned true'],
] as const)('%s', (_name, notification, expected) => {
  expect(meaning(notification)).toBe(expected);
});

test('reference parameters go back with the namespace that they came with (Axis), and hostile ones break nothing', () => {
  const answer = (inside: string) =>
    readXml(
      Buffer.from(
        `<r xmlns:wsa="http://www.w3.org/2005/08/addressing"><SubscriptionReference><wsa:Address>http://10.0.0.1/x</wsa:Address><wsa:ReferenceParameters>${inside}</wsa:ReferenceParameters></SubscriptionReference></r>`,
      ),
    );
  expect(readReference(answer('<dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">3</dom0:SubscriptionId>')).parameters).toBe(
    '<SubscriptionId xmlns="http://www.axis.com/2009/event" wsa:IsReferenceParameter="true">3</SubscriptionId>',
  );
  expect(readReference(answer('<a b="&quot;/&gt;">&lt;/a&gt;</a>')).parameters).toBe(
    '<a xmlns="" wsa:IsReferenceParameter="true" b="&#34;/&#62;">&#60;/a&#62;</a>',
  );
  expect(() => readReference(answer(`<a>${'x'.repeat(5_000)}</a>`))).toThrow('at most 4096');
});
