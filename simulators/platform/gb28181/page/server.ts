/** The platform's page: on this machine only unless asked otherwise, and only for whoever has the token that was printed at the start. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { SipAddress } from '../../../../adapters/protocols/sip/flow.ts';
import { hostPort } from '../../../../adapters/protocols/sip/uri.ts';
import type { Clock } from '../../../../gateway/domain/ports.ts';
import { seconds } from '../../../../gateway/domain/time.ts';
import type { Language } from '../../../../gateway/domain/words.ts';
import type { Play } from '../live/play.ts';
import type { GbPlatform } from '../platform.ts';
import { act } from './acts.ts';
import { pageScript, styleSheet } from './style.ts';
import { livingPart, type PageView, wholePage } from './view.ts';
import { sayIn } from './words.ts';

export interface PlatformPage extends AsyncDisposable {
  /** With the token in it: whoever has it may do everything. */
  readonly url: string;
  /** For a player: opens one play, and nothing else. */
  watchLine(play: Play): string;
}

export interface PageParts {
  readonly platform: GbPlatform;
  readonly clock: Clock;
  readonly listen: SipAddress;
}

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const cookieName = 'platform';
/** Bytes that may wait for a player that does not read. */
const mostUnsent = 8 * 1024 * 1024;

/** Rejects with the socket's error where the address cannot be bound. */
export async function openPlatformPage({ platform, clock, listen }: PageParts, signal: AbortSignal): Promise<PlatformPage> {
  const token = randomBytes(18).toString('base64url');
  const keys = new WeakMap<Play, string>();
  let trouble: string | undefined;
  const keyOf = (play: Play) => {
    const known = keys.get(play) ?? randomBytes(12).toString('base64url');
    keys.set(play, known);
    return known;
  };
  const watchLine = (play: Play) => `ffplay -fflags nobuffer -flags low_delay -f mpeg ${origin}/watch/${keyOf(play)}`;
  const viewFor = (request: Request): PageView => ({ platform, language: languageOf(request), watchLine, trouble });

  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.set({
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      // Not no-referrer: browsers then say of a form that its origin is null, and every click is refused below.
      'Referrer-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    // A name that resolves to this machine is how a foreign page would get in (DNS rebinding).
    if (!ownHost(request.headers.host ?? '')) response.status(403).type('text').send('Forbidden');
    else next();
  });
  app.get('/watch/:key', (request, response) => watch(request, response));
  app.get('/', (request, response, next) => {
    const { token: shown, lang } = request.query;
    if (typeof shown === 'string' && same(shown, token)) {
      response.cookie(cookieName, token, { httpOnly: true, sameSite: 'strict' }).redirect(303, '/');
    } else if (lang === 'zh' || lang === 'en') response.cookie('lang', lang, { sameSite: 'strict' }).redirect(303, '/');
    else next();
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (same(cookieOf(request, cookieName) ?? '', token)) next();
    else
      response
        .status(401)
        .type('text')
        .send(sayIn(languageOf(request))('signIn'));
  });
  app.get('/style.css', (_request, response) => void response.type('css').send(styleSheet));
  app.get('/page.js', (_request, response) => void response.type('js').send(pageScript));
  app.get('/beats', (_request, response) => beat(response));
  app.get('/living', (request, response) => void response.type('html').send(livingPart(viewFor(request)).html));
  app.get('/', (request, response) => {
    response.type('html').send(wholePage(viewFor(request)).html);
    trouble = undefined;
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    // SameSite keeps the cookie from foreign pages already; this keeps what it does not.
    if (request.headers.origin === undefined || ownHost(request.headers.origin.replace(/^http:\/\//, ''))) next();
    else response.status(403).type('text').send('Forbidden');
  });
  app.use(express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 100 }));
  app.post('/act', (request, response) => done(response, () => act(platform, fieldsOf(request), signal)));
  app.post('/misbehave', (request, response) => done(response, () => platform.misbehave(...(fieldsOf(request).get('name') ?? []))));

  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listen.address, port: listen.port }, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : listen.port;
  const origin = `http://${hostPort(listen.address === '0.0.0.0' || listen.address === '::' ? '127.0.0.1' : listen.address, port)}`;
  return {
    url: `${origin}/?token=${token}`,
    watchLine,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  /** The browser comes again by itself where this breaks off. */
  async function beat(response: Response): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    response.type('text/event-stream').flushHeaders();
    while (!gone.signal.aborted) {
      response.write('data: 1\n\n');
      await clock.sleep(seconds(1), gone.signal).catch(() => undefined); // aborted: the loop's condition ends it
    }
  }

  async function done(response: Response, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
    response.redirect(303, '/');
  }

  /** The program stream as it comes, from the next keyframe on; a player that is too slow is left. */
  function watch(request: Request, response: Response): void {
    const play = platform.plays().find((each) => same(String(request.params.key), keyOf(each)));
    if (!play) {
      response.status(404).type('text').send('Not found');
      return;
    }
    response.type('video/mpeg').flushHeaders();
    let begun = false;
    const leave = play.watch((frame, bytes) => {
      begun ||= frame.keyframe;
      if (!begun) return;
      response.write(bytes);
      if (response.writableLength > mostUnsent) response.destroy();
    });
    play.ended.addEventListener('abort', () => response.end(), { once: true });
    response.once('close', leave);
  }
}

/** By number or as localhost: no name of somebody else's. */
function ownHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}

function languageOf(request: Request): Language {
  const chosen = cookieOf(request, 'lang');
  if (chosen === 'zh' || chosen === 'en') return chosen;
  return request.acceptsLanguages('zh', 'en') === 'en' ? 'en' : 'zh';
}

function cookieOf(request: Request, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/;\s*/).map((pair) => pair.split('='));
  return pairs.find(([key]) => key === name)?.[1];
}

function fieldsOf(request: Request): ReadonlyMap<string, readonly string[]> {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null) return new Map();
  return new Map(Object.entries(body).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]));
}

function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
