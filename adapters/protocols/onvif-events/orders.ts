/** Requests of the ONVIF event service, for a pull point (ONVIF Core §9, WS-BaseNotification 1.3). Durations go out in seconds: some cameras read PT10M as 10 s. */
const events = 'http://www.onvif.org/ver10/events/wsdl';
const notification = 'http://docs.oasis-open.org/wsn/b-2';
const manager = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager';

export interface EventOrder {
  readonly operation: string;
  readonly body: string;
  readonly namespaces: readonly string[];
  readonly action: string;
}

/** `lifetime`: how long it is to live without being renewed, ms. */
export function createPullPoint(lifetime: number): EventOrder {
  const inside = `<m:InitialTerminationTime>${seconds(lifetime)}</m:InitialTerminationTime>`;
  return order(events, 'EventPortType', 'CreatePullPointSubscription', inside);
}

/** Answered as soon as there are messages, or after `timeout` ms. */
export function pullMessages(timeout: number, most: number): EventOrder {
  const inside = `<m:Timeout>${seconds(timeout)}</m:Timeout><m:MessageLimit>${most}</m:MessageLimit>`;
  return order(events, 'PullPointSubscription', 'PullMessages', inside);
}

/** Asks for the state of everything that has one, as messages. */
export const synchronise = (): EventOrder => order(events, 'PullPointSubscription', 'SetSynchronizationPoint', '');

export function renew(lifetime: number): EventOrder {
  return { ...order(notification, '', 'Renew', `<m:TerminationTime>${seconds(lifetime)}</m:TerminationTime>`), action: `${manager}/RenewRequest` };
}

export const unsubscribe = (): EventOrder => ({ ...order(notification, '', 'Unsubscribe', ''), action: `${manager}/UnsubscribeRequest` });

export const getEventProperties = (): EventOrder => order(events, 'EventPortType', 'GetEventProperties', '');

function order(namespace: string, port: string, operation: string, inside: string): EventOrder {
  return {
    operation,
    body: `<m:${operation}>${inside}</m:${operation}>`,
    namespaces: [`xmlns:m="${namespace}"`],
    action: `${namespace}/${port}/${operation}Request`,
  };
}

const seconds = (length: number) => `PT${Math.max(1, Math.round(length / 1_000))}S`;
