/** The web door of a simulated camera: its ONVIF services and its snapshots, with every way of answering badly. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { find, readXml, type XmlElement } from '../../adapters/protocols/soap/xml.ts';
import type { Endpoint } from '../../gateway/domain/media.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import { type Listener, listenerFor } from '../platform/listener.ts';
import { openOperations } from './onvif-device.ts';
import type { OnvifGuard, Shown, Verdict } from './onvif-guard.ts';
import { envelopeOf, faultOf, OnvifFault, type OnvifService, type Reached } from './onvif-service.ts';
import { element } from './xml-writer.ts';

export type HttpFault = 'silent' | 'wrong-host-xaddr' | 'slow-drip' | 'huge-reply' | 'doctype' | 'truncated';

export interface HttpCounters {
  requests: number;
  /** Refused, because they carried no credentials or old ones. */
  challenges: number;
  /** Requests that carried credentials, right or wrong. */
  credentialed: number;
  /** Of these, the ones that were refused. */
  refused: number;
  snapshots: number;
}

export interface OnvifServerOptions {
  readonly listen: Endpoint;
  /** The device service first: it takes what comes to a path that no service has. */
  readonly services: readonly OnvifService[];
  /** JPEG by profile token. */
  readonly snapshots: ReadonlyMap<string, Uint8Array>;
  readonly guard: OnvifGuard;
  readonly faults: ReadonlySet<string>;
  readonly rtspPort: () => number;
  readonly clock: Clock;
}

export interface OnvifServer {
  readonly listener: Listener;
  readonly counters: Readonly<HttpCounters>;
  /** Where somebody who came to this local address finds it. */
  reachedAt(localAddress: string): Reached;
}

const largestRequest = 128 * 1024;
/** Ten times what the gateway takes. */
const hugeBytes = 20 * 1024 * 1024;
const dripEvery = millis(500);
/** TEST-NET-1 (RFC 5737): nobody is there. */
const wrongHost = '192.0.2.10';
const soapType = 'application/soap+xml; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  readonly challenge?: readonly string[];
}

export function openOnvifServer(options: OnvifServerOptions): OnvifServer {
  const { guard, faults, services, snapshots } = options;
  const counters: HttpCounters = { requests: 0, challenges: 0, credentialed: 0, refused: 0, snapshots: 0 };
  const server = createServer((request, response) => {
    // A client that goes away is its own business.
    serve(request, response).catch(() => response.destroy());
  });
  const listener = listenerFor(server, options.listen);

  const reachedAt = (localAddress: string): Reached => {
    const host = faults.has('wrong-host-xaddr') ? wrongHost : localAddress.replace(/^::ffff:/, '');
    const written = host.includes(':') ? `[${host}]` : host;
    return { http: `http://${written}:${listener.port}`, rtsp: `rtsp://${written}:${options.rtspPort()}`, host };
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    counters.requests += 1;
    const body = await bodyOf(request);
    if (faults.has('silent')) return; // the connection stays open, and nothing comes
    const answer = body === undefined ? plain(413, 'too large') : answerTo(request, body);
    await send(response, answer);
  }

  function answerTo(request: IncomingMessage, body: Uint8Array): Answer {
    const url = request.url ?? '/';
    const path = url.split('?')[0] ?? '/';
    const shown = { method: request.method ?? 'GET', url, authorization: request.headers.authorization };
    const reached = reachedAt(request.socket.localAddress ?? options.listen.address);
    if (request.method === 'POST') return soapAnswer(path, shown, body, reached);
    if (request.method !== 'GET') return plain(405, 'method not allowed');
    const picture = snapshots.get(/^\/snapshot\/([a-z]+)$/.exec(path)?.[1] ?? '');
    if (!picture) return plain(404, 'not found');
    const verdict = count(guard.judge(shown), guard.carries(shown));
    if (verdict.kind !== 'in') return { ...plain(401, 'unauthorized'), challenge: guard.challenge(verdict.stale) };
    counters.snapshots += 1;
    return { status: 200, type: 'image/jpeg', body: picture };
  }

  function soapAnswer(path: string, shown: Shown, body: Uint8Array, reached: Reached): Answer {
    try {
      const envelope = envelopeIn(body);
      const request = find(envelope, 'Body')?.children[0];
      if (!request) throw new OnvifFault('Sender', ['WellFormed'], 'There is no request in the Body.');
      const service = services.find((each) => each.path === path) ?? services[0];
      const header = find(envelope, 'Header') ?? nothing;
      const judged = guard.judge({ ...shown, header });
      const carries = guard.carries({ ...shown, header });
      // What anybody may read needs no credentials; wrong ones are refused all the same, as strict cameras do.
      const open = service?.prefix === 'tds' && openOperations.has(request.name) && judged.kind === 'challenge';
      const verdict = count(open ? { kind: 'in' } : judged, carries);
      if (verdict.kind !== 'in') return refusal(verdict);
      const operate = service && Object.hasOwn(service.operations, request.name) ? service.operations[request.name] : undefined;
      if (!service || !operate) throw new OnvifFault('Receiver', ['ActionNotSupported'], 'The requested action is not implemented.');
      const content = operate(request, reached);
      return soap(200, envelopeOf(element(`${service.prefix}:${request.name}Response`, content)));
    } catch (error) {
      if (error instanceof OnvifFault) return soap(error.code === 'Sender' ? 400 : 500, faultOf(error));
      return soap(500, faultOf(new OnvifFault('Receiver', ['Action'], 'The camera failed.')));
    }
  }

  function count(verdict: Verdict, carries: boolean): Verdict {
    if (carries) counters.credentialed += 1;
    if (verdict.kind === 'refused') counters.refused += 1;
    if (verdict.kind === 'challenge') counters.challenges += 1;
    return verdict;
  }

  /** ONVIF Core §5.9: Digest is refused by HTTP, a token by a SOAP fault under 400. */
  function refusal({ by, stale }: Exclude<Verdict, { kind: 'in' }>): Answer {
    const fault = faultOf(new OnvifFault('Sender', ['NotAuthorized'], 'Sender not Authorized'));
    return by === 'token' ? soap(400, fault) : { ...soap(401, fault), challenge: guard.challenge(stale) };
  }

  async function send(response: ServerResponse, answer: Answer): Promise<void> {
    const body = faults.has('doctype') && answer.type === soapType ? withDoctype(answer.body) : answer.body;
    const length = faults.has('huge-reply') ? hugeBytes : body.length;
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': length,
      ...(answer.challenge ? { 'www-authenticate': [...answer.challenge] } : {}),
    });
    if (faults.has('huge-reply')) return sendHuge(response);
    if (faults.has('truncated')) {
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
      return;
    }
    if (!faults.has('slow-drip')) {
      response.end(body);
      return;
    }
    for (let at = 0; at < body.length && !response.destroyed; at += 1) {
      response.write(body.subarray(at, at + 1));
      await options.clock.sleep(dripEvery);
    }
    response.end();
  }

  return { listener, counters, reachedAt };
}

const nothing: XmlElement = { name: 'Header', attributes: new Map(), children: [], text: '' };
const plain = (status: number, text: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body: Buffer.from(text) });
const soap = (status: number, text: string): Answer => ({ status, type: soapType, body: Buffer.from(text) });

function envelopeIn(body: Uint8Array): XmlElement {
  try {
    return readXml(body);
  } catch {
    throw new OnvifFault('Sender', ['WellFormed'], 'The request is not well formed.');
  }
}

/** Undefined for more than a camera would take. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Read to its end, so that the answer is heard, but not kept.
    if (length <= largestRequest) chunks.push(chunk);
  }
  return length <= largestRequest ? Buffer.concat(chunks) : undefined;
}

/** An entity that grows when it is read: a reader that takes it is open to worse. */
function withDoctype(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString();
  const declaration = '<!DOCTYPE lol [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>';
  return Buffer.from(text.replace(/(<\?xml[^>]*\?>)/, `$1${declaration}`));
}

async function sendHuge(response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  for (let sent = 0; sent < hugeBytes && !response.destroyed; sent += chunk.length) {
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const go = () => {
        response.off('drain', go).off('close', go);
        resolve();
      };
      response.on('drain', go).on('close', go);
    });
  }
  response.end();
}
