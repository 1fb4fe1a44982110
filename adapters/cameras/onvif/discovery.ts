/** Finds cameras by WS-Discovery on every IPv4 interface, loopback included, and by asking given hosts directly. Everything heard is hostile input. */
import { randomUUID } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { DiscoveredCamera } from '../../../gateway/domain/discovered-camera.ts';
import type { AdapterContext } from '../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import {
  decodeProbeMatches,
  discoveryGroup,
  discoveryPort,
  encodeProbe,
  largestPacket,
  type ProbeMatch,
} from '../../protocols/wsdiscovery/message.ts';
import { legible } from '../legible.ts';

export interface DiscoveryOrder extends AdapterContext {
  /** How long answers are waited for; default 4 s. */
  readonly window?: Millis;
  /** IPv4 addresses to ask directly, where multicast does not reach. */
  readonly hosts?: readonly string[];
  /** Local IPv4 addresses to ask from; default every interface's. */
  readonly interfaces?: readonly string[];
  /** For tests; 3702. */
  readonly port?: number;
}

const mostCameras = 512;
const mostPackets = 4_096;
/** Of one sender: each question of ours makes one answer, and a recorder's few. Parsing a flood would hold up the alarms. */
const mostFromOne = 128;
const mostHosts = 4_096;
/** Devices wait up to half a second before they answer, and packets get lost: each question is sent three times. */
const repeats = 3;

/** Resolves with what answered, each endpoint once per address, in the order heard. Never throws for what the network says. */
export async function discoverCameras(order: DiscoveryOrder, signal: AbortSignal): Promise<readonly DiscoveredCamera[]> {
  const { clock, log, window = seconds(4), port = discoveryPort } = order;
  const found = new Map<string, DiscoveredCamera>();
  const asked = new Set<string>();
  const heard = new Map<string, number>();
  let packets = 0;

  const hear = (packet: Uint8Array, sender: RemoteInfo, heardOn: string) => {
    packets += 1;
    const before = heard.get(sender.address) ?? 0;
    if (packets > mostPackets || before >= mostFromOne || packet.length > largestPacket) return;
    heard.set(sender.address, before + 1);
    let answer: ReturnType<typeof decodeProbeMatches>;
    try {
      answer = decodeProbeMatches(packet);
    } catch (error) {
      // Printers and other boxes answer too, with what they like.
      log.debug('discovery reply unreadable', { sender: sender.address, error });
      return;
    }
    if (!answer || !asked.has(answer.relatesTo)) return;
    for (const match of answer.matches) {
      const camera = cameraOf(match, sender.address, heardOn);
      // Two devices may share an endpoint (§4), and two cameras of one recorder a host.
      const key = camera && `${camera.endpoint} ${camera.address}`;
      if (key && !found.has(key) && found.size < mostCameras) found.set(key, camera);
    }
  };

  const sockets: Socket[] = [];
  try {
    for (const address of new Set(order.interfaces ?? localAddresses())) {
      const socket = await openSocket(address, log);
      if (!socket) continue;
      socket.on('message', (packet, sender) => hear(packet, sender, address));
      sockets.push(socket);
    }
    const targets = [discoveryGroup, ...(order.hosts ?? []).slice(0, mostHosts)];
    for (let round = 0; round < repeats && !signal.aborted; round += 1) {
      for (const socket of sockets) {
        for (const types of [['NetworkVideoTransmitter'], ['Device']]) {
          const messageId = `urn:uuid:${randomUUID()}`;
          asked.add(messageId);
          const probe = encodeProbe({ messageId, types });
          // No path to the group on this interface is nothing unusual.
          for (const target of targets) socket.send(probe, port, target, () => undefined);
        }
      }
      // Uneven, so that two gateways do not keep asking at the same moment (SOAP-over-UDP §4.1).
      const pause = round < repeats - 1 ? window / 8 + (window / 16) * Math.random() : window * 0.6;
      await clock.sleep(millis(pause), signal).catch(() => undefined); // aborted: what was heard until now is the answer
    }
  } finally {
    for (const socket of sockets) socket.close();
  }
  return [...found.values()];
}

/** A device whose service is on the host that answered; undefined where it names another one only. */
function cameraOf(match: ProbeMatch, sender: string, heardOn: string): DiscoveredCamera | undefined {
  // A printer that answers every Probe is no camera.
  if (match.types.length > 0 && !match.types.some((type) => type === 'NetworkVideoTransmitter' || type === 'Device')) return undefined;
  for (const text of match.addresses) {
    if (!URL.canParse(text)) continue;
    const url = new URL(text);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') continue;
    if (url.hostname === '0.0.0.0') url.hostname = sender;
    if (url.hostname !== sender) continue;
    url.username = '';
    url.password = '';
    return {
      endpoint: match.endpoint,
      address: url.href,
      name: scope(match, 'name'),
      hardware: scope(match, 'hardware'),
      scopes: match.scopes,
      heardOn,
    };
  }
  return undefined;
}

/** Value of `onvif://www.onvif.org/<kind>/<value>`, decoded; empty where there is none. */
function scope({ scopes }: ProbeMatch, kind: string): string {
  const prefix = `onvif://www.onvif.org/${kind}/`;
  const text = scopes.find((each) => each.toLowerCase().startsWith(prefix))?.slice(prefix.length) ?? '';
  try {
    return legible(decodeURIComponent(text));
  } catch {
    return legible(text); // a stray percent sign: shown as it came
  }
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  );
}

/** Undefined where this interface cannot be used. The multicast group is not joined: answers come to us alone, and joining silenced cameras (§4). */
function openSocket(address: string, log: AdapterContext['log']): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const fail = (error: Error) => {
      log.warn('discovery not possible on interface', { interface: address, error });
      socket.close();
      resolve(undefined);
    };
    socket.once('error', fail);
    socket.bind(0, address, () => {
      try {
        socket.setMulticastInterface(address);
        socket.setMulticastTTL(1);
        socket.setMulticastLoopback(true);
      } catch (error) {
        log.debug('no multicast on interface', { interface: address, error }); // given hosts can still be asked
      }
      socket.off('error', fail);
      socket.on('error', (error) => log.debug('discovery socket failed', { interface: address, error }));
      resolve(socket);
    });
  });
}
