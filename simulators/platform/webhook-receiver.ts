/** The police side's web door: takes POSTs, checks signatures by its own sum, writes the ledger, answers. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Endpoint } from '../../gateway/domain/media.ts';
import { answerTo, type Desk, dawdle, eventOf, type Receiver } from './behaviour.ts';
import { listenerFor } from './listener.ts';

const mostBodyBytes = 1024 * 1024;
/** A signature older or newer than this is a replay, seconds. */
const tolerance = 300;

export interface WebhookDoor {
  readonly listen: Endpoint;
  /** The uplink's secret; without it no signature is checked. */
  readonly hmacKey?: string;
  /** PEM; present: HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const statusOf = { accepted: 202, refused: 422, error: 503 } as const;

export async function openWebhookReceiver(door: WebhookDoor, desk: Desk, signal: AbortSignal): Promise<Receiver> {
  const hanging = new Set<ServerResponse>();
  const take = (request: IncomingMessage, response: ServerResponse) => {
    receive(request, response, { door, desk, signal, hanging }).catch(() => response.destroy()); // the sender broke off while it spoke
  };
  const server = door.tls ? createHttps(door.tls, take) : createHttp(take);
  const listener = listenerFor(server, door.listen);
  await listener.open();
  return {
    get port() {
      return listener.port;
    },
    up: () => listener.open(),
    down: () => listener.close(),
    letGo() {
      for (const response of hanging) response.destroy();
      hanging.clear();
    },
    [Symbol.asyncDispose]: () => (server.listening ? listener.close() : Promise.resolve()),
  };
}

interface Exchange {
  readonly door: WebhookDoor;
  readonly desk: Desk;
  readonly signal: AbortSignal;
  readonly hanging: Set<ServerResponse>;
}

async function receive(request: IncomingMessage, response: ServerResponse, { door, desk, signal, hanging }: Exchange): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const bytes = await readBody(request);
  if (!bytes) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const body = bytes.toString('utf8');
  const headers = kept(request);
  const eventId = headers['idempotency-key'] ?? textOf(eventOf(body)?.id);
  const arrivedAt = desk.clock.now();
  const signatureOk = door.hmacKey === undefined ? undefined : signed(door.hmacKey, headers['x-campus-signature'] ?? '', bytes, arrivedAt);
  const behaviour = desk.behaviour();
  const answer = signatureOk === false && behaviour.kind !== 'silent' ? 'refused' : answerTo(behaviour, eventId, body);
  desk.arrived({ arrivedAt, path: 'webhook', eventId, body, ...(signatureOk === undefined ? {} : { signatureOk }), answer, headers });
  if (answer === 'none') {
    hanging.add(response);
    response.once('close', () => hanging.delete(response));
    return;
  }
  await dawdle(behaviour, desk.clock, signal);
  const status = signatureOk === false ? 401 : statusOf[answer];
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(replyTo(answer, signatureOk)));
}

function replyTo(answer: 'accepted' | 'refused' | 'error', signatureOk: boolean | undefined): Readonly<Record<string, string>> {
  if (signatureOk === false) return { reason: 'the signature does not match' };
  switch (answer) {
    case 'accepted':
      return { status: 'accepted' };
    case 'refused':
      return { reason: 'this event is not wanted here' };
    case 'error':
      return { reason: 'the platform is out of order' };
  }
}

/** Undefined: too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > mostBodyBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function kept(request: IncomingMessage): Record<string, string> {
  const names = ['content-type', 'idempotency-key', 'x-campus-signature', 'x-campus-event', 'user-agent'];
  return Object.fromEntries(names.flatMap((name) => (typeof request.headers[name] === 'string' ? [[name, request.headers[name]]] : [])));
}

/** `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` over the raw bytes. */
function signed(key: string, header: string, body: Buffer, now: number): boolean {
  const parts = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (!parts?.[1] || !parts[2] || Math.abs(now / 1000 - Number(parts[1])) > tolerance) return false;
  const expected = createHmac('sha256', key).update(`${parts[1]}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(parts[2], 'hex'));
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
