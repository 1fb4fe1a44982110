/** WS-Discovery (OASIS WS-DD 1.1 in the April 2005 edition that ONVIF Core §7.3 prescribes): one responder for all cameras of this process. */
import { randomInt, randomUUID } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { escapeXml, find, readXml, textAt, type XmlElement } from '../../adapters/protocols/xml.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import { Scope } from '../../gateway/runtime/scope.ts';

export interface AnnouncedCamera {
  /** `urn:uuid:…` */
  readonly endpoint: string;
  readonly scopes: readonly string[];
  /** Of its device service. */
  readonly address: string;
  /** False: it has no power, so it says nothing. */
  answers(): boolean;
}

export interface DiscoveryResponder extends AsyncDisposable {
  /** Says Hello now and Bye when disposed. */
  announce(camera: AnnouncedCamera): Disposable;
}

export interface DiscoveryOptions {
  /** Addresses of the interfaces to join on; loopback alone unless given. */
  readonly interfaces?: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

const group = '239.255.255.250';
const port = 3702;
const mostDatagram = 16 * 1024;
/** ms: enough to spread replies, well within the patience of every client (APP_MAX_DELAY is 500). */
const mostDelay = 60;
const types = 'dn:NetworkVideoTransmitter tds:Device';
const known: ReadonlySet<string> = new Set(['NetworkVideoTransmitter', 'Device']);

export async function openDiscoveryResponder({ interfaces = ['127.0.0.1'], clock, log }: DiscoveryOptions): Promise<DiscoveryResponder> {
  const cameras = new Set<AnnouncedCamera>();
  const life = new AbortController();
  const instance = Math.floor(clock.now() / 1_000);
  let message = 0;
  const sequence = () => {
    message += 1;
    return `<d:AppSequence InstanceId="${instance}" MessageNumber="${message}"/>`;
  };
  await using opening = new Scope();
  const open = () => {
    // reuseAddr: another program of this machine may listen there as well (onvif-rtsp §4).
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    opening.defer(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    return socket;
  };
  const ear = open();
  await bound(ear, { port });
  const mouths: Socket[] = [];
  for (const address of interfaces) {
    ear.addMembership(group, address);
    const mouth = open();
    await bound(mouth, { address, port: 0 });
    mouth.setMulticastInterface(address);
    mouths.push(mouth);
  }
  const quietly = (error: Error) => log.warn('discovery socket failed', { error });
  for (const socket of [ear, ...mouths]) socket.on('error', quietly);

  const shout = (action: 'Hello' | 'Bye', camera: AnnouncedCamera) => {
    const body =
      action === 'Hello' ? match(camera) : `<a:EndpointReference><a:Address>${escapeXml(camera.endpoint)}</a:Address></a:EndpointReference>`;
    const text = envelope({
      action,
      to: 'urn:schemas-xmlsoap-org:ws:2005:04:discovery',
      extra: sequence(),
      body: `<d:${action}>${body}</d:${action}>`,
    });
    // Nobody need hear it: a loss is what multicast is.
    for (const mouth of mouths) mouth.send(text, port, group, () => undefined);
  };

  const answer = async (bytes: Buffer, from: RemoteInfo) => {
    const asked = bytes.length > mostDatagram ? undefined : read(bytes);
    if (!asked) return;
    const found = [...cameras].filter((camera) => camera.answers() && asked.wants(camera));
    for (const camera of found) {
      await clock.sleep(millis(randomInt(mostDelay)), life.signal).catch(() => undefined); // aborted: checked below
      if (life.signal.aborted) return;
      const kind = asked.kind === 'Probe' ? 'ProbeMatch' : 'ResolveMatch';
      const text = envelope({
        action: `${kind}es`,
        to: 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous',
        extra: `<a:RelatesTo>${escapeXml(asked.messageId)}</a:RelatesTo>${sequence()}`,
        body: `<d:${kind}es><d:${kind}>${match(camera)}</d:${kind}></d:${kind}es>`,
      });
      ear.send(text, from.port, from.address, () => undefined); // whoever asked may have gone
    }
  };
  ear.on('message', (bytes, from) => void answer(bytes, from));
  const scope = opening.release();

  return {
    announce: (camera) => {
      cameras.add(camera);
      shout('Hello', camera);
      return {
        [Symbol.dispose]: () => {
          cameras.delete(camera);
          if (camera.answers()) shout('Bye', camera);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      life.abort();
      await scope[Symbol.asyncDispose]();
    },
  };
}

interface Asked {
  readonly kind: 'Probe' | 'Resolve';
  readonly messageId: string;
  wants(camera: AnnouncedCamera): boolean;
}

/** Undefined: not for us, or not to be read. */
function read(bytes: Buffer): Asked | undefined {
  let root: XmlElement;
  try {
    root = readXml(bytes);
  } catch {
    return undefined; // anybody may send anything to a multicast group
  }
  const messageId = textAt(root, 'Header', 'MessageID');
  if (messageId === undefined) return undefined;
  const probe = find(root, 'Body', 'Probe');
  if (probe) {
    const wantedTypes = (textAt(probe, 'Types') ?? '').split(/\s+/).filter(Boolean);
    const wantedScopes = (textAt(probe, 'Scopes') ?? '').split(/\s+/).filter(Boolean);
    if (!wantedTypes.every((type) => known.has(type.slice(type.indexOf(':') + 1)))) return undefined;
    return { kind: 'Probe', messageId, wants: ({ scopes }) => wantedScopes.every((wanted) => scopes.some((scope) => below(scope, wanted))) };
  }
  const sought = textAt(root, 'Body', 'Resolve', 'EndpointReference', 'Address');
  return sought === undefined ? undefined : { kind: 'Resolve', messageId, wants: ({ endpoint }) => endpoint === sought };
}

/** RFC 3986 matching of WS-Discovery §5.1: whole path segments. */
function below(scope: string, wanted: string): boolean {
  const trimmed = wanted.replace(/\/+$/, '').toLowerCase();
  return scope.toLowerCase() === trimmed || scope.toLowerCase().startsWith(`${trimmed}/`);
}

function match({ endpoint, scopes, address }: AnnouncedCamera): string {
  return (
    `<a:EndpointReference><a:Address>${escapeXml(endpoint)}</a:Address></a:EndpointReference><d:Types>${types}</d:Types>` +
    `<d:Scopes>${scopes.map(escapeXml).join(' ')}</d:Scopes><d:XAddrs>${escapeXml(address)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>`
  );
}

function envelope({
  action,
  to,
  extra,
  body,
}: {
  readonly action: string;
  readonly to: string;
  readonly extra: string;
  readonly body: string;
}): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ' +
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>' +
    `<a:MessageID>urn:uuid:${randomUUID()}</a:MessageID><a:To>${to}</a:To>` +
    `<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/${action}</a:Action>${extra}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

function bound(socket: Socket, where: { readonly address?: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(where, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
