/** Who may do what at the embedded broker. Pure rules; a panel lives below its own prefix and nowhere else. */
import type { Panel } from '../../gateway/domain/campus.ts';

/** What a panel that signed in may do. */
export interface Grant {
  readonly panel: Panel;
  readonly prefix: string;
  /** Filters of the topics that it speaks on: its command topic is not among them. */
  readonly topics: readonly string[];
}

/** Topics whose retained copies the dialects know: state, not events. */
const retainable = /\/(state|lwt)$/;

export function mayPublish(grant: Grant, topic: string): boolean {
  return topic.startsWith(grant.prefix) && grant.topics.some((filter) => matches(filter, topic));
}

/** The prefix holds no wildcard, so a filter that starts with it stays below it; `$share/…` and `$SYS/…` start otherwise. */
export function maySubscribe(grant: Grant, filter: string): boolean {
  return filter.startsWith(grant.prefix);
}

/** An event with the retain flag is a mistake of the panel; it reaches the door marked, and raises nothing. */
export function wronglyRetained(topic: string, retained: boolean): boolean {
  return retained && !retainable.test(topic);
}

/** Whether an MQTT client id belongs to the panel: its id, alone or with something after it. */
export function ownClientId(panel: string, clientId: string): boolean {
  return clientId === panel || (clientId.startsWith(panel) && /^[-_./:]/.test(clientId.slice(panel.length)));
}

/** MQTT 3.1.1 §4.7.1 topic filters. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [place, level] of wanted.entries()) {
    if (level === '#') return true;
    if (place >= levels.length || (level !== '+' && level !== levels[place])) return false;
  }
  return wanted.length === levels.length;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^(::ffff:)?127\./.test(address);
}
