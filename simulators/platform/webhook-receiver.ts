/** The police side's web door: takes POSTs, checks signatures by its own sum, writes the ledger, answers. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Endpoint } from '../../gateway/domain/media.ts';
import { type Answer, type Desk, eventOf, type Receiver } from './behaviour.ts';
import { type Exchanges, openExchanges } from './exchanges.ts';
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
  const exchanges = openExchanges(desk, signal);
  const take = (request: IncomingMessage, response: ServerResponse) => {
    receive(request, response, { door, desk, exchanges }).catch(() => response.destroy()); // the sender broke off while it spoke
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
    deserted: () => listener.deserted(),
    letGo: () => exchanges.letGo(),
    [Symbol.asyncDispose]: () => (server.listening ? listener.close() : Promise.resolve()),
  };
}

interface Counter {
  readonly door: WebhookDoor;
  readonly desk: Desk;
  readonly exchanges: Exchanges;
}

async function receive(request: IncomingMessage, response: ServerResponse, { door, desk, exchanges }: Counter): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const headers = kept(request);
  const key = headers['idempotency-key'];
  if (key !== undefined) desk.begun(key);
  const bytes = await readBody(request);
  if (!bytes) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const body = bytes.toString('utf8');
  const eventId = key ?? textOf(eventOf(body)?.id);
  if (key === undefined) desk.begun(eventId);
  const checked =
    door.hmacKey === undefined ? {} : { signatureOk: signed(door.hmacKey, headers['x-campus-signature'] ?? '', bytes, desk.clock.now()) };
  const answer = await exchanges.answer({ path: 'webhook', eventId, body, ...checked, headers, carrier: response });
  if (answer === undefined) return;
  response.writeHead(checked.signatureOk === false ? 401 : statusOf[answer], { 'content-type': 'application/json' });
  response.end(JSON.stringify(replyTo(answer, checked.signatureOk)));
}

function replyTo(answer: Exclude<Answer, 'none'>, signatureOk: boolean | undefined): Readonly<Record<string, string>> {
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
