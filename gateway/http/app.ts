/** The Express application: headers, limits, the gate before every route, problems after. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { roles } from '../domain/campus.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Logger } from '../domain/ports.ts';
import { linked } from '../runtime/linked.ts';
import { type Access, accessOf } from './access.ts';
import type { Gate } from './gate.ts';
import { bodyLimit } from './limits.ts';
import { refusalOf, sendRefusal } from './problem.ts';
import type { Caller, Route } from './route.ts';

export interface AppParts {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  readonly log: Logger;
  readonly webFolder?: string;
  /** Somebody opened the wall page. */
  readonly wallOpened: (caller: Caller) => void;
  readonly requestsPerMinute: number;
  /** Aborts when the gateway closes. */
  readonly closing: AbortSignal;
}

const policy = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'media-src': ["'self'", 'blob:'],
  'connect-src': ["'self'"],
  'object-src': ["'none'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'require-trusted-types-for': ["'script'"],
};

export function createApp(parts: AppParts): Express {
  const { gate, log, closing } = parts;
  const app = express();
  app.set('trust proxy', false);
  app.set('query parser', 'simple'); // no nested objects out of a query string
  app.set('etag', false);
  app.disable('x-powered-by');
  app.use(requestId);
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: policy },
      // The certificate is our own: a browser that was told to insist on HTTPS could no longer be let in by hand after a renewal.
      strictTransportSecurity: false,
      referrerPolicy: { policy: 'no-referrer' },
    }),
  );
  const visits = new MemoryStore();
  closing.addEventListener('abort', () => visits.shutdown(), { once: true });
  app.use(
    rateLimit({
      store: visits,
      windowMs: 60_000,
      limit: parts.requestsPerMinute,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // A whole /64 belongs to one visitor (RFC 6177): otherwise IPv6 would give anybody 2^64 allowances.
      ipv6Subnet: 64,
      handler: (_request, _response, next) =>
        next(new GatewayError('TOO_MANY_REQUESTS', 'Too many requests from this address: wait a minute.', { context: { retryAfter: 60 } })),
    }),
  );
  const readers: Readers = {
    'application/json': express.json({ limit: bodyLimit, strict: true }),
    'application/sdp': express.text({ limit: bodyLimit, type: 'application/sdp' }),
  };
  const everybody = { kind: 'roles', roles } as const;
  // Express would answer an address that it cannot decode by itself, before any gate.
  app.use((request, _response, next) => {
    if (decodable(request.path)) return next();
    gate.pass(request, everybody);
    next(new GatewayError('NOT_FOUND', 'There is nothing at this address.'));
  });
  for (const route of parts.routes) mount(app, route, { gate, closing, readers });
  if (parts.webFolder !== undefined)
    serveWeb(app, parts.webFolder, (request) => {
      const caller = gate.callerOf(request);
      if (caller) parts.wallOpened(caller);
    });
  // Whatever is not in the table is refused before it is looked for: a stranger does not learn what exists.
  app.use((request, _response, next) => {
    gate.pass(request, everybody);
    next(new GatewayError('NOT_FOUND', 'There is nothing at this address.'));
  });
  app.use(problems(log));
  return app;
}

function decodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false; // URIError: the only way to learn it
  }
}

const callers = new WeakMap<Request, Caller>();

type Readers = Readonly<Record<string, RequestHandler>>;

/** The gate stands before the body is read: a stranger cannot make us parse anything but what the public routes take. */
function mount(app: Express, route: Route, { gate, closing, readers }: Pick<AppParts, 'gate' | 'closing'> & { readonly readers: Readers }): void {
  const access: Access = accessOf(`${route.method} ${route.path}`);
  const guard: RequestHandler = (request, response, next) => {
    const caller = gate.pass(request, access);
    if (caller) callers.set(request, caller);
    if (route.path.startsWith('/api/')) response.setHeader('Cache-Control', 'no-store');
    next();
  };
  const serve: RequestHandler = async (request, response) => {
    using life = linked(closing);
    response.once('close', () => life.abort());
    const caller = callers.get(request);
    await route.serve({ http: request, response, signal: life.signal, ...(caller ? { caller } : {}) });
  };
  const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
  app[method](route.path, guard, ...(route.body ? [only(route.bodyType), readers[route.bodyType]!] : []), serve);
}

function only(type: string): RequestHandler {
  return (request, _response, next) => {
    // A form of another site can send text/plain without asking; JSON and SDP it cannot.
    if (request.is(type)) next();
    else next(new GatewayError('REQUEST_INVALID', `The body must be ${type}, as the header Content-Type says.`));
  };
}

function requestId(request: Request, response: Response, next: () => void): void {
  const offered = request.headers['x-request-id'];
  const id = typeof offered === 'string' && /^[A-Za-z0-9._-]{8,64}$/.test(offered) ? offered : randomUUID();
  response.locals.requestId = id;
  response.setHeader('X-Request-Id', id);
  next();
}

/** The built pages: two documents that are asked for anew, and assets whose names change with their content. */
function serveWeb(app: Express, folder: string, wallOpened: (request: Request) => void): void {
  const root = resolve(folder);
  const page = (path: '/' | '/wall', file: string, opened?: (request: Request) => void) => {
    accessOf(`GET ${path}`);
    app.get(path, (request, response, next) => {
      opened?.(request);
      if (!existsSync(resolve(root, file))) next();
      else response.sendFile(file, { root, cacheControl: false, headers: { 'Cache-Control': 'no-cache' } });
    });
  };
  page('/', 'index.html');
  // A wall is watched, not touched: half an hour without a click must not blank it. SameSite=Strict keeps other sites from opening it for us.
  page('/wall', 'wall.html', wallOpened);
  accessOf('GET /{*asset}');
  app.use(
    express.static(root, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      setHeaders: (response, file) =>
        response.setHeader('Cache-Control', file.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache'),
    }),
  );
}

function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const id = String(response.locals.requestId ?? '');
    const refusal = refusalOf(error, id);
    if (refusal.unforeseen) log.error('request failed', { request: id, method: request.method, route: request.route?.path, error });
    else log.debug('request refused', { request: id, method: request.method, code: refusal.body.code });
    sendRefusal(response, refusal);
  };
}
