/** The camera's HTTP door: SOAP services and snapshots, with the faults that a reply can have. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readEnvelope } from '../../../adapters/protocols/soap/envelope.ts';
import type { Endpoint } from '../../../gateway/domain/media.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import { type Listener, listenerFor } from '../../platform/listener.ts';
import { pullPointPath } from '../events.ts';
import { type Faults, sendCrooked, sendsCrooked, wrongHost } from '../faults.ts';
import { deviceOperations, openToAll, servicePaths } from './device.ts';
import type { HttpCounters, OnvifDoor, Verdict } from './door.ts';
import { eventOperations, pullPointOperations } from './events-service.ts';
import { imagingOperations } from './imaging-service.ts';
import { mediaOperations, snapshotPath } from './media.ts';
import { media2Operations } from './media2.ts';
import { envelope, faultBody, notAuthorized, type OnvifCamera, type OnvifFault, type Operations, unknownAction } from './operation.ts';
import { ptzOperations } from './ptz-service.ts';

export interface OnvifServerOptions {
  readonly listen: Endpoint;
  readonly camera: OnvifCamera;
  readonly door: OnvifDoor;
  readonly counters: HttpCounters;
  /** JPEG of about now; undefined: no such profile. */
  readonly still: (path: string) => Uint8Array | undefined;
  readonly rtspPort: () => number;
  /** Undefined: plain HTTP. */
  readonly tls: CameraCertificates | undefined;
  readonly faults: Faults;
  /** False: even the time is told only to whoever signs in. */
  readonly anonymousTime: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** PEM. */
interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

interface CameraCertificates {
  readonly own: KeyPair;
  /** Shown under the fault `other-certificate`. */
  readonly other: KeyPair;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  readonly challenges?: readonly string[];
}

const services: Readonly<Record<string, Operations>> = {
  [servicePaths.device]: deviceOperations,
  [servicePaths.media]: mediaOperations,
  [servicePaths.media2]: media2Operations,
  [servicePaths.ptz]: ptzOperations,
  [servicePaths.imaging]: imagingOperations,
  [servicePaths.events]: eventOperations,
};
const mostRequest = 64 * 1024;
const soap = 'application/soap+xml; charset=utf-8';
const doctype = '<!DOCTYPE env:Envelope [<!ENTITY city "Shanghai">]>\n';

export function openOnvifServer(options: OnvifServerOptions): Listener {
  const { tls, faults } = options;
  const limits = { keepAliveTimeout: 5_000, requestTimeout: 30_000 };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, options).catch(() => request.socket.destroy()); // the request broke off: nobody is left to be told
  };
  if (!tls) return listenerFor(createServer(limits, serve), options.listen);
  const server = createSecureServer({ ...limits, ...tls.own }, serve);
  // Chosen anew for each handshake, so that the fault may come and go.
  server.prependListener('connection', () => server.setSecureContext(faults.has('other-certificate') ? tls.other : tls.own));
  return listenerFor(server, options.listen);
}

async function answer(request: IncomingMessage, response: ServerResponse, options: OnvifServerOptions): Promise<void> {
  options.counters.requests += 1;
  const body = await bodyOf(request);
  if (options.faults.has('silent')) return;
  if (options.faults.has('redirect') && request.method === 'POST') {
    response.writeHead(307, { Location: `http://${wrongHost}${request.url ?? '/'}` }).end();
    return;
  }
  const path = (request.url ?? '').replace(/\?.*$/, '');
  const reply = path.startsWith(snapshotPath) ? snapshot(request, path, options) : await service({ request, response }, path, body, options);
  if (reply === 'hang-up') request.socket.destroy();
  else await send(response, reply, options);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > mostRequest) throw new Error('a request of more than 64 KiB');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function snapshot(request: IncomingMessage, path: string, { door, still, counters }: OnvifServerOptions): Reply {
  const verdict = door.judge(request, undefined);
  if (!door.open && verdict !== 'welcome') {
    // Where only tokens are taken nothing can be shown here: a GET carries none.
    return { status: 401, type: 'text/plain', body: Buffer.from('Unauthorized'), challenges: door.challenge(verdict === 'stale') };
  }
  const image = request.method === 'GET' ? still(path.slice(snapshotPath.length)) : undefined;
  if (!image) return { status: 404, type: 'text/plain', body: Buffer.from('Not found') };
  counters.snapshots += 1;
  return { status: 200, type: 'image/jpeg', body: image };
}

async function service(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  path: string,
  body: Buffer,
  options: OnvifServerOptions,
): Promise<Reply | 'hang-up'> {
  const operations = operationsAt(path, options.faults);
  if (!operations || request.method !== 'POST') return { status: 404, type: 'text/plain', body: Buffer.from('Not found') };
  let read: ReturnType<typeof readEnvelope>;
  try {
    read = readEnvelope(body);
  } catch {
    read = undefined; // not XML, or XML that is refused: told below
  }
  const asked = read?.body.children[0];
  if (!read || !asked) return faulty({ side: 'Sender', subcodes: ['WellFormed'], reason: 'Not a SOAP envelope' });
  const verdict = options.door.judge(request, read.header);
  const free = path === servicePaths.device && openToAll.has(asked.name) && (asked.name !== 'GetSystemDateAndTime' || options.anonymousTime);
  const mayPass = options.door.open || verdict === 'welcome' || (verdict === 'anonymous' && free);
  if (!mayPass) return unauthorised(verdict, options);
  if (options.faults.has('events-refused') && path.startsWith(servicePaths.events)) return faulty(notAuthorized);
  // Object.hasOwn: an operation named `constructor` is none of ours.
  const operation = Object.hasOwn(operations, asked.name) ? operations[asked.name] : undefined;
  using gone = linked(options.signal);
  response.once('close', () => gone.abort());
  const result =
    (await operation?.({ request: asked, camera: options.camera, path, signal: gone.signal, ...addressesOf(request, options) })) ?? unknownAction;
  if (result === 'hang-up') return result;
  return typeof result === 'string' ? { status: 200, type: soap, body: Buffer.from(envelope(result)) } : faulty(result);
}

function operationsAt(path: string, faults: Faults): Operations | undefined {
  if (path === servicePaths.media && faults.has('media2-only')) return undefined;
  if (path === servicePaths.events && faults.has('events-missing')) return undefined;
  return path.startsWith(pullPointPath) ? pullPointOperations : services[path];
}

/** By Digest 401 (RFC 7235); a wrong token is a SOAP fault, and with it 400 (SOAP 1.2 part 2, table 20). */
function unauthorised(verdict: Verdict, { door }: OnvifServerOptions): Reply {
  const challenges = door.challenge(verdict === 'stale');
  return { ...faulty(notAuthorized), status: challenges.length > 0 ? 401 : 400, challenges };
}

function faulty(fault: OnvifFault): Reply {
  return { status: fault.side === 'Sender' ? 400 : 500, type: soap, body: Buffer.from(envelope(faultBody(fault))) };
}

/** The camera names itself by the address at which it was reached. */
function addressesOf(request: IncomingMessage, { faults, rtspPort, tls }: OnvifServerOptions): { host: string; http: string; rtsp: string } {
  const reached = (request.socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const host = faults.has('wrong-host-xaddr') ? wrongHost : faults.has('wildcard-xaddr') ? '0.0.0.0' : reached;
  const named = host.includes(':') ? `[${host}]` : host;
  const scheme = tls && !faults.has('http-xaddr') ? 'https' : 'http';
  return { host, http: `${scheme}://${named}:${request.socket.localPort ?? 80}`, rtsp: `rtsp://${named}:${rtspPort()}` };
}

async function send(response: ServerResponse, reply: Reply, options: OnvifServerOptions): Promise<void> {
  const { faults, clock, signal } = options;
  const written = faults.has('empty-reply') && reply.type === soap ? new Uint8Array(0) : reply.body;
  const body = faults.has('doctype') && reply.type === soap ? withDoctype(written) : spoilt(written, faults);
  const { socket } = response;
  if (sendsCrooked(faults) && socket) {
    const head = (length: number) => `HTTP/1.1 ${reply.status} OK\r\nContent-Type: ${reply.type}\r\nContent-Length: ${length}\r\n\r\n`;
    await sendCrooked(socket, { head, body }, faults, { clock, signal });
    return;
  }
  const challenges = reply.challenges ?? [];
  response.writeHead(written === reply.body ? reply.status : 200, {
    'Content-Type': reply.type,
    'Content-Length': body.length,
    ...(challenges.length > 0 ? { 'WWW-Authenticate': [...challenges] } : {}),
  });
  response.end(body);
}

/** Only what a pull brings. */
function spoilt(body: Uint8Array, faults: Faults): Uint8Array {
  const [bomb, cut] = [faults.has('events-bomb'), faults.has('events-cut-off')];
  if (!(bomb || cut) || !Buffer.from(body).includes('<wsnt:NotificationMessage>')) return body;
  return bomb ? withDoctype(body) : body.subarray(0, body.length * 0.7);
}

function withDoctype(body: Uint8Array): Buffer {
  const text = Buffer.from(body).toString('utf8');
  const end = text.indexOf('\n') + 1;
  return Buffer.from(text.slice(0, end) + doctype + text.slice(end));
}
