/** One pull point at one camera: opened, pulled, renewed, let go. What goes wrong is a DeviceFailure; a fault in answer to a pull is its end. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { type Notification, notificationBytes, readNotifications } from '../../protocols/onvif-events/notifications.ts';
import { createPullPoint, type EventOrder, pullMessages, renew, synchronise, unsubscribe } from '../../protocols/onvif-events/orders.ts';
import { type PullPointReference, readLifetime, readReference } from '../../protocols/onvif-events/replies.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import type { SoapAnswer, SoapClient } from '../../protocols/soap/client.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { type Home, pinService } from './addresses.ts';

export interface PullPointParts {
  readonly client: SoapClient;
  readonly home: Home;
  /** Of the event service. */
  readonly service: URL;
  readonly clock: Clock;
}

export interface PulledMessage {
  readonly notification: Notification;
  /** As it came. */
  readonly bytes: Uint8Array;
}

export interface Pulled {
  readonly messages: readonly PulledMessage[];
}

export interface PullPoint {
  /** Waits for messages, for at most `timeout` ms; renews first where it is time. Throws DeviceFailure. */
  pull(timeout: number, signal: AbortSignal): Promise<Pulled>;
  /** Asks for all states; false: the camera cannot. */
  synchronise(signal: AbortSignal): Promise<boolean>;
  /** Tells the camera that nobody listens any more; it has few pull points. Never throws. */
  close(): Promise<void>;
}

/** Home Assistant's: cameras crashed by being asked to renew more often. */
const wantedLife = 600_000;
const leastLife = 3_000;
const mostMessages = 100;
const closeWithin = 2_000;

export async function openPullPoint(parts: PullPointParts, signal: AbortSignal): Promise<PullPoint> {
  const { client, home, service, clock } = parts;
  const { answer } = await client.exchange({ url: service, ...createPullPoint(wantedLife) }, signal);
  const reference = readable(() => readReference(answer));
  const addresses = addressesOf(reference, home, service);
  let at = 0;
  let everPulled = false;
  let expires = clock.monotonic() + lifeOf(answer);
  let lifetime = lifeOf(answer);

  const ask = (order: EventOrder, patience: number, during: AbortSignal): Promise<SoapAnswer> => {
    const { action } = order;
    const addressing = { action, to: reference.address, messageId: `urn:uuid:${randomUUID()}`, reference: reference.parameters };
    return client.exchange({ url: addresses[at]!, ...order, addressing, patience }, during);
  };

  /** Where the address that it gave leads nowhere, its event service is the same machine. */
  async function reach(order: EventOrder, patience: number, during: AbortSignal): Promise<SoapAnswer> {
    try {
      return await ask(order, patience, during);
    } catch (error) {
      if (everPulled || at === addresses.length - 1 || !(error instanceof DeviceFailure) || error.reason !== 'unreachable') throw error;
      at += 1;
      return reach(order, patience, during);
    }
  }

  async function renewWhereDue(during: AbortSignal): Promise<void> {
    // With a fifth of its life left; a camera that prolongs it with every pull never comes there.
    if (expires - clock.monotonic() > lifetime / 5) return;
    const renewed = await ask(renew(wantedLife), 0, during);
    lifetime = lifeOf(renewed.answer);
    expires = clock.monotonic() + lifetime;
  }

  return {
    async pull(timeout, during) {
      await renewWhereDue(during);
      // It must not expire while it is being pulled.
      const length = Math.max(1_000, Math.min(timeout, (expires - clock.monotonic()) / 2));
      const { answer: pulled, bytes } = await reach(pullMessages(length, mostMessages), length, during);
      everPulled = true;
      const left = readLifetime(pulled);
      if (left !== undefined) expires = Math.max(expires, clock.monotonic() + left);
      const notifications = readNotifications(pulled);
      const spans = notificationBytes(bytes, notifications.length);
      return { messages: notifications.map((notification, index) => ({ notification, bytes: spans[index] ?? bytes })) };
    },
    async synchronise(during) {
      try {
        await reach(synchronise(), 0, during);
        return true;
      } catch (error) {
        if (error instanceof DeviceFailure && error.reason === 'fault' && isUnsupported(error)) return false;
        throw error;
      }
    },
    async close() {
      using limit = clock.deadline(millis(closeWithin));
      await ask(unsubscribe(), 0, limit).catch(() => undefined); // it is let go of by its expiry then
    },
  };
}

/** Its own host under the camera's, then the event service: an address that cannot be reached from here is no reason to hear nothing. */
function addressesOf({ address }: PullPointReference, home: Home, service: URL): readonly URL[] {
  const pinned = pinService({ ...home, otherHosts: 'rewrite' }, address, 'its subscription');
  const fallback = new URL(service.origin + pinned.pathname + pinned.search);
  return pinned.href === fallback.href ? [pinned] : [pinned, fallback];
}

function lifeOf(answer: SoapAnswer['answer']): number {
  return Math.max(leastLife, Math.min(wantedLife, readLifetime(answer) ?? wantedLife));
}

const isUnsupported = ({ subcodes }: DeviceFailure) => subcodes.some((code) => /ActionNotSupported|NotSupported|MustUnderstand/.test(code));

function readable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new DeviceFailure('reply', `answered CreatePullPointSubscription with something that cannot be used: ${error.message}`, { cause: error });
  }
}
