/** WS-Discovery for all simulated cameras of this process: one socket, any number of cameras that answer for themselves. */
import { randomUUID } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { encodeBye, encodeHello } from '../../adapters/protocols/wsdiscovery/announcement.ts';
import {
  decodeProbe,
  discoveryGroup,
  discoveryPort,
  encodeProbeMatches,
  largestPacket,
  type Probe,
  type ProbeMatch,
} from '../../adapters/protocols/wsdiscovery/message.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';

export interface Discoverable {
  /** `urn:uuid:…`; stays the same from start to start. */
  readonly endpoint: string;
  readonly scopes: readonly string[];
  /** Local IPv4 addresses on which it can be found. */
  readonly interfaces: readonly string[];
  /** Its device service for somebody on this interface; undefined while it is off. */
  readonly addressOn: (interfaceAddress: string) => string | undefined;
}

export interface Announced extends AsyncDisposable {
  hello(): Promise<void>;
  bye(): Promise<void>;
}

const types = ['NetworkVideoTransmitter', 'Device'] as const;
let shared: Promise<Responder> | undefined;

/** Lets a camera be found until it is disposed of. Where the port or the group cannot be had it says so in the log: a camera without discovery still works. */
export async function announce(camera: Discoverable, { clock, log }: { readonly clock: Clock; readonly log: Logger }): Promise<Announced> {
  shared ??= openResponder(log);
  let responder: Responder;
  try {
    responder = await shared;
  } catch (error) {
    shared = undefined;
    log.warn('discovery of simulated cameras not possible', { error });
    return { hello: async () => undefined, bye: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
  }
  const instance = Math.floor(clock.now() / 1_000);
  let messageNumber = 0;
  const next = () => {
    messageNumber += 1;
    return { messageId: `urn:uuid:${randomUUID()}`, instance, messageNumber };
  };
  responder.add(camera);
  const tell = async (write: (interfaceAddress: string) => Buffer | undefined) => {
    for (const address of camera.interfaces) {
      const packet = write(address);
      if (packet) await responder.multicast(packet, address);
    }
  };
  const announced: Announced = {
    hello: () =>
      tell((address) => {
        const match = matchFor(camera, address);
        return match && encodeHello(next(), match);
      }),
    bye: () => tell(() => encodeBye(next(), camera.endpoint)),
    [Symbol.asyncDispose]: async () => {
      await announced.bye();
      if (responder.remove(camera) > 0) return;
      shared = undefined;
      await responder.close();
    },
  };
  await announced.hello();
  return announced;
}

interface Responder {
  add(camera: Discoverable): void;
  /** How many are left. */
  remove(camera: Discoverable): number;
  multicast(packet: Buffer, interfaceAddress: string): Promise<void>;
  close(): Promise<void>;
}

async function openResponder(log: Logger): Promise<Responder> {
  const cameras = new Set<Discoverable>();
  const joined = new Set<string>();
  const socket = await bound();
  socket.on('error', (error) => log.warn('discovery socket of simulated cameras failed', { error }));
  socket.on('message', (packet, sender) => {
    const probe = probeIn(packet);
    if (!probe || !wanted(probe)) return;
    for (const camera of cameras) {
      const interfaceAddress = camera.interfaces.find((address) => onSameNetwork(address, sender));
      const match = interfaceAddress === undefined ? undefined : matchFor(camera, interfaceAddress);
      if (!match) continue;
      const answer = encodeProbeMatches({ messageId: `urn:uuid:${randomUUID()}`, relatesTo: probe.messageId, matches: [match] });
      socket.send(answer, sender.port, sender.address, () => undefined); // who asked may have gone
    }
  });
  // The interface of a socket is set and used in two steps: one packet at a time.
  let last: Promise<void> = Promise.resolve();
  return {
    add(camera) {
      cameras.add(camera);
      for (const address of camera.interfaces) {
        if (joined.has(address)) continue;
        try {
          socket.addMembership(discoveryGroup, address);
          joined.add(address);
        } catch (error) {
          log.warn('no discovery of simulated cameras on interface', { interface: address, error });
        }
      }
    },
    remove(camera) {
      cameras.delete(camera);
      return cameras.size;
    },
    multicast(packet, interfaceAddress) {
      last = last.then(
        () =>
          new Promise((resolve) => {
            try {
              socket.setMulticastInterface(interfaceAddress);
              socket.send(packet, discoveryPort, discoveryGroup, () => resolve()); // no way to the group: nobody to tell
            } catch (error) {
              log.debug('announcement of a simulated camera not sent', { interface: interfaceAddress, error });
              resolve();
            }
          }),
      );
      return last;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function bound(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Other programs on this machine listen for the same group.
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(discoveryPort, () => {
      socket.removeAllListeners('error');
      socket.setMulticastTTL(1);
      socket.setMulticastLoopback(true);
      resolve(socket);
    });
  });
}

function probeIn(packet: Uint8Array): Probe | undefined {
  if (packet.length > largestPacket) return undefined;
  try {
    return decodeProbe(packet);
  } catch {
    return undefined; // anybody may send anything to this port
  }
}

const wanted = (probe: Probe) => probe.messageId !== '' && probe.types.every((type) => types.some((each) => each === type));

function matchFor(camera: Discoverable, interfaceAddress: string): ProbeMatch | undefined {
  const address = camera.addressOn(interfaceAddress);
  if (address === undefined) return undefined;
  return { endpoint: camera.endpoint, types, scopes: camera.scopes, addresses: [address], metadataVersion: 1 };
}

/** A Linux socket hears the group on interfaces that others joined, too: only askers on a chosen network are answered. */
function onSameNetwork(interfaceAddress: string, sender: RemoteInfo): boolean {
  const found = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ address }) => address === interfaceAddress);
  if (!found?.cidr) return false;
  const network = new BlockList();
  network.addSubnet(found.address, Number(found.cidr.split('/')[1]), 'ipv4');
  return network.check(sender.address, 'ipv4');
}

export { type DiscoveryResponder, openDiscoveryResponder } from './discovery-responder.ts';
