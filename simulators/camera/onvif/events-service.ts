/** ONVIF event service and its pull points (ONVIF Core §9): elements in the order of the schemas, as strict clients read them. */
import { readDuration, readMoment } from '../../../adapters/protocols/onvif-events/times.ts';
import { textAt } from '../../../adapters/protocols/xml.ts';
import { type PullPoint, topicSet } from '../events.ts';
import { wrongHost } from '../faults.ts';
import type { Asked, OnvifFault, Operation, Operations } from './operation.ts';

const usualLife = 60_000;
const longestLife = 3_600_000;
const shortLife = 20_000;
const longestPull = 60_000;
const hangUpAfter = 10_000;
const nobodysPort = 1;

const noSuchPullPoint: OnvifFault = { side: 'Sender', subcodes: ['ResourceUnknownFault'], reason: 'There is no such pull point' };
const tooMany: OnvifFault = { side: 'Receiver', subcodes: ['Action', 'CreatePullPointFault'], reason: 'Too many pull points' };
const noStates: OnvifFault = { side: 'Receiver', subcodes: ['ActionNotSupported'], reason: 'Optional Action Not Implemented' };

export const eventServiceCapabilities =
  '<tev:Capabilities WSSubscriptionPolicySupport="false" WSPausableSubscriptionManagerInterfaceSupport="false" MaxNotificationProducers="0" MaxPullPoints="3" PersistentNotificationStorage="false"/>';

export const eventOperations: Operations = {
  GetServiceCapabilities: () => `<tev:GetServiceCapabilitiesResponse>${eventServiceCapabilities}</tev:GetServiceCapabilitiesResponse>`,

  GetEventProperties: () =>
    '<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>' +
    `<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>${topicSet()}</wstop:TopicSet>` +
    '<wsnt:TopicExpressionDialect>http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet</wsnt:TopicExpressionDialect>' +
    '<tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>' +
    '<tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>',

  CreatePullPointSubscription: (asked) => {
    const point = asked.camera.events.open(lifeOf(asked, 'InitialTerminationTime'));
    if (!point) return tooMany;
    const { faults } = asked.camera;
    const reached = new URL(asked.http);
    if (faults.has('events-wrong-host')) reached.hostname = wrongHost;
    if (faults.has('events-wrong-port')) reached.port = String(nobodysPort);
    return (
      `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>${reached.origin}${point.path}</wsa:Address></tev:SubscriptionReference>` +
      `${times(asked, point, 'wsnt')}</tev:CreatePullPointSubscriptionResponse>`
    );
  },
};

export const pullPointOperations: Operations = {
  PullMessages: ofPullPoint(async (asked, point) => {
    const { events, faults } = asked.camera;
    const timeout = Math.min(longestPull, readDuration(textAt(asked.request, 'Timeout')) ?? longestPull);
    if (faults.has('events-hang')) await events.wait(nobody, longestLife, asked.signal);
    else if (!faults.has('events-storm')) {
      const hangsUp = faults.has('events-hang-up') && timeout > hangUpAfter;
      await events.wait(point, hangsUp ? hangUpAfter : timeout, asked.signal);
      if (hangsUp && point.queue.length === 0) return 'hang-up';
    }
    if (events.at(point.path) !== point) return noSuchPullPoint;
    const messages = events.take(point, Number(textAt(asked.request, 'MessageLimit') ?? 1));
    const padding = messages.length > 0 && faults.has('events-huge') ? `<tt:Padding>${'x'.repeat(3 * 1024 * 1024)}</tt:Padding>` : '';
    return `<tev:PullMessagesResponse>${times(asked, point, 'tev')}${messages.join('')}${padding}</tev:PullMessagesResponse>`;
  }),
  SetSynchronizationPoint: ofPullPoint((asked, point) => {
    if (asked.camera.faults.has('events-no-states')) return noStates;
    asked.camera.events.synchronise(point);
    return '<tev:SetSynchronizationPointResponse/>';
  }),
  Renew: ofPullPoint((asked, point) => {
    asked.camera.events.renew(point, lifeOf(asked, 'TerminationTime'));
    return `<wsnt:RenewResponse>${termination(asked, point)}<wsnt:CurrentTime>${moment(asked.camera.now())}</wsnt:CurrentTime></wsnt:RenewResponse>`;
  }),
  Unsubscribe: ofPullPoint((asked, point) => {
    asked.camera.events.close(point);
    return '<wsnt:UnsubscribeResponse/>';
  }),
};

const nobody: PullPoint = { path: '', queue: [], dead: true, expiresAt: Number.POSITIVE_INFINITY, wake: () => undefined };

function ofPullPoint(operation: (asked: Asked, point: PullPoint) => ReturnType<Operation>): Operation {
  return (asked) => {
    const point = asked.camera.faults.has('events-forgotten') ? undefined : asked.camera.events.at(asked.path);
    return point ? operation(asked, point) : noSuchPullPoint;
  };
}

/** Asked for as a duration or as a time by the camera's clock. */
function lifeOf({ request, camera }: Asked, element: string): number {
  const text = textAt(request, element);
  const until = readMoment(text);
  const wanted = readDuration(text) ?? (until === undefined ? usualLife : until - camera.now());
  return camera.faults.has('events-short-life') ? shortLife : Math.max(1_000, Math.min(longestLife, wanted));
}

const moment = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

function times(asked: Asked, point: PullPoint, prefix: 'wsnt' | 'tev'): string {
  return `<${prefix}:CurrentTime>${moment(asked.camera.now())}</${prefix}:CurrentTime>${termination(asked, point, prefix)}`;
}

function termination({ camera }: Asked, point: PullPoint, prefix = 'wsnt'): string {
  return `<${prefix}:TerminationTime>${moment(camera.now() + camera.events.left(point))}</${prefix}:TerminationTime>`;
}
