/** Everything that a camera says of its events, and what becomes of it: topics, states, the address that it names. */
import { readdirSync, readFileSync } from 'node:fs';
import { readEvent } from '../../../adapters/cameras/onvif/event-reading.ts';
import { EventStates } from '../../../adapters/cameras/onvif/event-states.ts';
import { notificationBytes, readNotifications } from '../../../adapters/protocols/onvif-events/notifications.ts';
import { readLifetime, readOfferedTopics, readReference } from '../../../adapters/protocols/onvif-events/replies.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { readXml, type XmlElement } from '../../../adapters/protocols/xml.ts';
import { type FuzzTarget, must } from '../target.ts';

const captures = new URL('../../fixtures/cameras/events/', import.meta.url);
const profile = {
  token: 'p',
  name: 'p',
  codec: 'H264',
  width: 1,
  height: 1,
  kbps: 0,
  source: 'VideoSource_1',
  sourceConfiguration: 'VideoSourceToken',
};
const sources = { own: profile, all: [profile] };
const namespaces = 'xmlns:wsnt="b" xmlns:tt="s" xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:wsa="a"';
const message = (topic: string, operation: string, value: string) =>
  `<r ${namespaces}><CurrentTime>2026-11-26T08:00:00Z</CurrentTime><TerminationTime>2026-11-26T08:10:00Z</TerminationTime><wsnt:NotificationMessage><wsnt:Topic>${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="2026-11-26T08:00:00Z" PropertyOperation="${operation}"><tt:Source><tt:SimpleItem Name="InputToken" Value="1"/></tt:Source><tt:Key><tt:SimpleItem Name="ObjectId" Value="2"/></tt:Key><tt:Data><tt:SimpleItem Name="State" Value="${value}"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></r>`;

export const onvifEventsTarget: FuzzTarget = {
  name: 'onvif-events',
  longest: 64 * 1024,
  words: [
    '<wsnt:NotificationMessage>',
    '</wsnt:NotificationMessage>',
    'Initialized',
    'Changed',
    'Deleted',
    'PT600S',
    'P1D',
    'xmlns:tns1=""',
    'tns1:',
    'true',
    'false',
  ],
  seeds: () => [
    ...readdirSync(captures)
      .filter((name) => name.endsWith('.xml'))
      .map((name) => readFileSync(new URL(name, captures))),
    ...[
      message('tns1:Device/Trigger/DigitalInput', 'Changed', 'true'),
      message('tns1:RuleEngine/LineDetector/Crossed', '', '7'),
      message('tns1:RuleEngine/FieldDetector/ObjectsInside', 'Deleted', 'perhaps'),
      message('x:A/y:B', 'Initialized', 'on'),
      `<r ${namespaces}><SubscriptionReference><wsa:Address>http://10.0.0.1/s</wsa:Address><wsa:ReferenceParameters><x:Id xmlns:x="u" y="z">3<k/></x:Id></wsa:ReferenceParameters></SubscriptionReference><TerminationTime>PT1H</TerminationTime></r>`,
    ].map((text) => Buffer.from(text)),
  ],
  run(input) {
    const root = readXml(input);
    for (const element of elementsOf(root)) read(element, input);
  },
};

/** Whichever element holds the answer: a mutation may have renamed what is around it. */
function elementsOf(root: XmlElement): readonly XmlElement[] {
  return [root, ...root.children, ...root.children.flatMap(({ children }) => children)].slice(0, 20);
}

function read(element: XmlElement, input: Uint8Array): void {
  const notifications = readNotifications(element);
  must(notifications.length <= 1_000, 'messages are capped', () => notifications.length);
  must(notificationBytes(input, notifications.length).length === notifications.length, 'each message has its bytes');
  const states = new EventStates();
  let now = 0;
  for (const notification of notifications) {
    must(notification.topic.length <= 300, 'topics are short', () => notification.topic);
    const event = readEvent(notification, sources);
    if (event.is !== 'event') continue;
    for (const reading of event.readings) {
      const finding = states.hear(reading, now);
      must(
        !finding || reading.how !== 'told' || finding.state === 'still' || finding.state === 'quiet',
        'what is told begins nothing',
        () => finding,
      );
      now += 1_000;
      states.due(now);
      states.takeQuestion(now);
      must((states.next() ?? now + 1) > now, 'whoever waits is not woken for ever', () => [states.next(), now]);
    }
  }
  const life = readLifetime(element);
  must(life === undefined || (life > 0 && life <= 86_400_000), 'a lifetime can be', () => life);
  for (const { topic } of readOfferedTopics(element)) must(topic.length <= 300, 'offered topics are short', () => topic);
  parameters(element);
}

/** What goes back to the camera must be XML that says the same. */
function parameters(element: XmlElement): void {
  let written: string;
  try {
    written = readReference(element).parameters;
  } catch (error) {
    if (error instanceof ProtocolError) return;
    throw error;
  }
  must(written.length <= 4_096, 'parameters are short', () => written.length);
  readXml(Buffer.from(`<h xmlns:wsa="a">${written}</h>`));
}
