import { get } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Role, roles } from '../../gateway/domain/campus.ts';
import { access, accessOf } from '../../gateway/http/access.ts';
import { publicRoutes } from '../../gateway/http/public-routes.ts';
import { type School, school } from '../support/http-school.ts';
import { listen } from '../support/http-stand-ins.ts';

let campus: School;
const cookies = new Map<Role, string>();
beforeAll(async () => {
  campus = await school({ limits: { requestsPerMinute: 100_000 } });
  for (const role of roles) cookies.set(role, await campus.signIn(role));
});
afterAll(() => campus[Symbol.asyncDispose]());

const split = (route: string) => {
  const [method = '', path = ''] = route.split(' ');
  // An id that exists nowhere: who may use the route is told "not found" or "not valid", never "not you".
  return { method, path: path.replace(/:\w+/g, 'nobody').replace('/{*asset}', '/nothing.js') };
};
const all = [...access.keys()];
const routes = all.filter((route) => !route.startsWith('WS '));
const sockets = all.filter((route) => route.startsWith('WS '));

/** The status that an upgrade is answered with, for addresses that a client library would not let out. */
function upgradeAt(path: string): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port: campus.port, ca: campus.certificate.cert });
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1]));
    });
  });
}

describe('without a session', () => {
  test('what Express serves is exactly what the table decides about', () => {
    const pages = ['GET /', 'GET /wall', 'GET /{*asset}']; // served by files, where there is a folder of pages
    expect([...new Set(campus.mounted)].sort()).toEqual(routes.filter((route) => !pages.includes(route)).sort());
  });

  test('the public list is exactly what was decided', () => {
    expect([...publicRoutes].sort()).toEqual([
      'GET /',
      'GET /api/v1/claim',
      'GET /healthz',
      'GET /readyz',
      'GET /wall',
      'GET /{*asset}',
      'POST /api/v1/claim',
      'POST /api/v1/session',
    ]);
  });

  test('every route that is not on the public list answers 401', async () => {
    for (const route of routes) {
      if ((publicRoutes as readonly string[]).includes(route)) continue;
      const { method, path } = split(route);
      const answer = await campus.call(method, path, method === 'GET' ? {} : { body: {} });
      expect([route, answer.status, answer.json?.code]).toEqual([route, 401, 'UNAUTHENTICATED']);
    }
  });

  test('every socket and media path answers 401', async () => {
    for (const route of sockets) {
      const heard = listen(campus.socket(split(route).path));
      expect([route, await heard.refused]).toEqual([route, 401]);
    }
  });

  test('an address that does not exist answers 401 too, so that nobody learns what exists', async () => {
    const undecodable = ['/api/v1/devices/%E0%A4%A', '/%zz', '/api/v1/alarms/%'];
    for (const path of ['/api/v1/nothing', '/media/v1/nothing', '/api/v1/../../etc/passwd', '/admin', '/assets/../../package.json', ...undecodable]) {
      expect([path, (await campus.call('GET', path)).status]).toEqual([path, 401]);
    }
    expect(await listen(campus.socket('/api/v1/nothing')).refused).toBe(401);
    for (const path of ['//', '//[', '/media/v1/channels/%E0%A4%A/live']) expect([path, await upgradeAt(path)]).toEqual([path, 401]);
  });

  test('a made-up cookie, the plain name of the cookie, and the scrape token open nothing', async () => {
    const token = (await import('node:fs')).readFileSync(`${campus.folder}/metrics.token`, 'utf8').trim();
    for (const headers of [
      { cookie: `__Host-session=${'a'.repeat(43)}` },
      { cookie: cookies.get('administrator')!.replace('__Host-', '') },
      { authorization: `Bearer ${token}` },
    ]) {
      expect((await campus.call('GET', '/api/v1/overview', { headers })).status).toBe(401);
    }
  });

  test('health answers with the status word alone', async () => {
    expect((await campus.call('GET', '/healthz')).text).toBe('ok\n');
    expect((await campus.call('GET', '/readyz')).text).toBe('ready\n');
    expect((await campus.call('GET', '/readyz', { cookie: cookies.get('viewer') })).json.reasons).toHaveLength(1);
  });
});

describe('roles', () => {
  test('every role gets 403 exactly where the table says so', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      const rule = accessOf(route);
      // Signing out and changing the password would end the sessions that the next rows need.
      if (rule.kind === 'public' || route.endsWith('/session') || route.endsWith('/session/password')) continue;
      const { method, path } = split(route);
      for (const role of roles) {
        const { status } = await campus.call(method, path, { cookie: cookies.get(role), ...(method === 'GET' ? {} : { body: {} }) });
        const refused = status === 403;
        if (refused === rule.roles.includes(role) || status === 401 || status >= 500) wrong.push(`${role} ${route}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('the table leaves the watching roles without a way to change anything', () => {
    // WHEP asks for a picture by POST: it is watching all the same.
    const writes = routes.filter((route) => !route.startsWith('GET ') && !/ \/media\/v1\/.*whep/.test(route));
    const allowed = (role: Role) =>
      writes.filter((route) => {
        const rule = accessOf(route);
        return rule.kind !== 'public' && rule.roles.includes(role);
      });
    const commands = ['arm', 'disarm', 'reset', 'siren', 'bypass', 'unbypass', 'sync'].map((op) => `POST /api/v1/panels/:id/commands/${op}`);
    expect(allowed('viewer')).toEqual(['DELETE /api/v1/session', 'PUT /api/v1/session/password']);
    expect(allowed('operator')).toEqual([
      'DELETE /api/v1/session',
      'PUT /api/v1/session/password',
      'POST /api/v1/alarms/:id/acknowledgement',
      'POST /api/v1/alarms/:id/steps',
      ...commands,
    ]);
  });

  test('a route that nobody put into the table cannot be mounted', () => {
    expect(() => accessOf('GET /api/v1/backdoor')).toThrow(/not in gateway\/http\/access.ts/);
    expect(() => accessOf('constructor')).toThrow();
  });

  test('a user who loses the role loses the right at once, and the socket within five seconds', async () => {
    const { inventory } = campus;
    const [cookie] = [cookies.get('technician')!];
    const user = inventory.userByName('technician')!;
    const heard = listen(campus.socket('/api/v1/live', { cookie }));
    await heard.until(() => heard.messages.length > 0);
    inventory.changeRole(user.id, 'viewer');
    expect((await campus.call('GET', '/api/v1/cameras', { cookie })).status).toBe(403);
    inventory.removeUser(user.id);
    expect((await campus.call('GET', '/api/v1/overview', { cookie })).status).toBe(401);
    const started = performance.now();
    expect((await heard.closed).code).toBe(4401);
    expect(performance.now() - started).toBeLessThan(30_000); // five, on a machine that has nothing else to do
  });
});

describe('other sites', () => {
  test('an unsafe request needs proof that our own page sent it', async () => {
    const cookie = cookies.get('administrator')!;
    const body = { name: 'Yard' };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await campus.call('PUT', '/api/v1/places/yard', { cookie, body, headers: headers as Record<string, string> });
      expect([headers, answer.status]).toEqual([headers, 403]);
    }
    expect((await campus.call('PUT', '/api/v1/places/yard', { cookie, body })).status).toBe(204);
  });

  test('neither sign-in nor a socket can be had from another origin', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await campus.call('POST', '/api/v1/session', { body: { name: 'viewer', password: 'x' }, headers })).status).toBe(403);
    const cookie = cookies.get('administrator')!;
    expect(await listen(campus.socket('/api/v1/live', { cookie, ...headers })).refused).toBe(403);
    expect(await listen(campus.socket('/media/v1/live', { cookie, ...headers })).refused).toBe(403);
  });

  test('a form that pretends to be JSON is not read', async () => {
    const cookie = cookies.get('administrator')!;
    const answer = await campus.call('PUT', '/api/v1/places/hall', { cookie, body: '{"name":"Hall"}', headers: { 'content-type': 'text/plain' } });
    expect(answer.json.code).toBe('REQUEST_INVALID');
  });

  test('pages come under a policy that lets no foreign script in, and cannot be framed', async () => {
    const policy = await new Promise<string>((resolve) => {
      get(`${campus.origin()}/healthz`, { ca: campus.certificate.cert, agent: false }, (incoming) => {
        incoming.resume();
        resolve(String(incoming.headers['content-security-policy']));
      });
    });
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
  });
});
