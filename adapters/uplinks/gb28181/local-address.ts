/** Which of the box's addresses speaks to the platform: SIP, SDP and media leave by it. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { GbSettings } from './settings.ts';

export interface Whereabouts {
  /** IP address of the platform. */
  readonly platform: string;
  /** Ours. */
  readonly local: string;
}

/** Undefined where the host has no address; may take as long as the resolver does. */
export async function resolveHost(host: string): Promise<string | undefined> {
  if (isIP(host) !== 0) return host;
  return lookup(host).then(
    ({ address }) => address,
    () => undefined,
  );
}

/** The address that is set, the interface's, or the one by which the kernel would reach the platform; undefined: there is none just now. */
export async function localAddress(local: GbSettings['local'], platform: string): Promise<string | undefined> {
  const family = isIP(platform);
  if (local.address === undefined && local.interface === undefined) return routedFrom(platform, family);
  const named = Object.entries(networkInterfaces()).flatMap(([name, addresses]) => (addresses ?? []).map(({ address }) => ({ name, address })));
  const found = named.find(({ name, address }) =>
    local.address === undefined ? name === local.interface && isIP(address) === family : address === local.address,
  );
  return found?.address ?? (local.address !== undefined && isLoopback(local.address) ? local.address : undefined);
}

/** All of 127.0.0.0/8 is ours, though one address is listed. */
const isLoopback = (address: string) => address.startsWith('127.');

/** Connecting a datagram socket sends nothing: the kernel only chooses. */
function routedFrom(platform: string, family: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const end = (address: string | undefined) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end(undefined));
    socket.connect(9, platform, () => end(socket.address().address));
  });
}
