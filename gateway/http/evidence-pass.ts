/** Links to evidence that uplinks were given: they open one piece without a session, while the uplink is there and switched on. */
import type { IncomingMessage } from 'node:http';
import type { UplinkId } from '../domain/ids.ts';
import type { HttpParts } from './ports.ts';

/** To which uplink the link was given that a request came by; undefined: it carries no pass, or none that is good. */
export function passHolder({ evidence, inventory }: Pick<HttpParts, 'evidence' | 'inventory'>, request: IncomingMessage): UplinkId | undefined {
  const [path = '', query] = (request.url ?? '').split('?');
  const { for: uplink, until, pass } = Object.fromEntries(new URLSearchParams(query));
  if (uplink === undefined || until === undefined || pass === undefined) return undefined;
  // As it stands in the address: what had to be decoded was never signed.
  const holder = evidence.holder(path.slice(path.lastIndexOf('/') + 1), { for: uplink, until, pass });
  return inventory.current().uplinks.find(({ id, enabled }) => enabled && id === holder)?.id;
}
