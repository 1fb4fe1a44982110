/** Endpoints on this machine, and what they complained about. */
import type { SipTrouble } from '../../adapters/protocols/sip/context.ts';
import { openSip, type SipEndpoint, type SipEndpointOptions } from '../../adapters/protocols/sip/endpoint.ts';
import type { SipPeer, SipTransportName } from '../../adapters/protocols/sip/flow.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';

export interface LocalSip extends AsyncDisposable {
  readonly endpoint: SipEndpoint;
  readonly troubles: SipTrouble[];
  readonly port: number;
  /** For others to find it. */
  peer(transport: SipTransportName): SipPeer;
}

export async function localSip(options: Partial<SipEndpointOptions> = {}): Promise<LocalSip> {
  const troubles: SipTrouble[] = [];
  const endpoint = await openSip({
    timers: systemClock,
    local: { address: '127.0.0.1', port: 0 },
    transports: ['UDP'],
    userAgent: 'CampusGateway/test',
    request: (incoming) => incoming.answer(200),
    trouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  const port = endpoint.bound?.port ?? 0;
  return {
    endpoint,
    troubles,
    port,
    peer: (transport) => ({ transport, address: '127.0.0.1', port }),
    [Symbol.asyncDispose]: () => endpoint[Symbol.asyncDispose](),
  };
}

export const gatewayUri = 'sip:34020000001180000001@3402000000';
export const platformUri = 'sip:34020000002000000001@3402000000';
/** From the gateway to the platform. */
export const order = (method: string) => ({ method, uri: platformUri, from: gatewayUri, to: platformUri });
export const never = new AbortController().signal;
