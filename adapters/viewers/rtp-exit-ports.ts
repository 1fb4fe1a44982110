/** Finds a port for RTP in a range that a firewall lets through. */
import { randomInt } from 'node:crypto';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { RtpOrder } from '../../gateway/domain/media.ts';

/**
 * `bind` with each even port of the range (RFC 3550 §11), from anywhere in it, so that a port which was just given back is not taken at once.
 * Throws MEDIA_UNAVAILABLE.
 */
export async function onFreePort<Bound>({ address, ports }: RtpOrder['local'], bind: (port: number) => Promise<Bound>): Promise<Bound> {
  let cause: unknown;
  for (const port of ports ? evenPorts(ports) : [0]) {
    try {
      return await bind(port);
    } catch (error) {
      cause = error;
    }
  }
  const where = ports ? `${address}, ports ${ports.first} to ${ports.last}` : address;
  const reason = cause instanceof Error ? cause.message : 'the range holds no even port';
  throw new GatewayError('MEDIA_UNAVAILABLE', `No port for RTP is free at ${where}: ${reason}.`, { cause, context: { address } });
}

function evenPorts({ first, last }: { readonly first: number; readonly last: number }): number[] {
  const least = first + (first % 2);
  const count = Math.max(0, Math.floor((last - least) / 2) + 1);
  const start = count > 0 ? randomInt(count) : 0;
  return Array.from({ length: count }, (_, index) => least + 2 * ((start + index) % count));
}
