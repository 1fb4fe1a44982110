/** Who may do what at the embedded broker. Pure rules; a panel lives below its own prefix and nowhere else. */
import type { PanelGrant } from '../../gateway/domain/panel-ports.ts';
import { matches } from '../../gateway/domain/topic-filter.ts';

/** Topics whose retained copies the dialects know: state, not events. */
const retainable = /\/(state|lwt)$/;

/** Its command topic is not among these. */
export function mayPublish(grant: PanelGrant, topic: string): boolean {
  return grant.topics.some((filter) => matches(filter, topic));
}

/** The prefix holds no wildcard, so a filter that starts with it stays below it; `$share/…` and `$SYS/…` start otherwise. */
export function maySubscribe(grant: PanelGrant, filter: string): boolean {
  return filter.startsWith(grant.prefix);
}

/** An event with the retain flag is a mistake of the panel; it reaches the door marked, and raises nothing. */
export function wronglyRetained(grant: PanelGrant, topic: string, retained: boolean): boolean {
  return retained && grant.retainedEvents === 'mistake' && !retainable.test(topic);
}

/** Whether an MQTT client id belongs to the panel: its id, alone or with something after it. */
export function ownClientId(panel: string, clientId: string): boolean {
  return clientId === panel || (clientId.startsWith(panel) && /^[-_./:]/.test(clientId.slice(panel.length)));
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^(::ffff:)?127\./.test(address);
}
