/** Who may do what: the one table that drives every route, socket and media path. What is not in it cannot be mounted. */
import { type Role, roles } from '../domain/campus.ts';
import { publicRoutes } from './public-routes.ts';

/** `public`: no session needed. `scrape`: the scrape token, or a session of these roles. `pass`: a link that an uplink was given, or such a session. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'roles'; readonly roles: readonly Role[] }
  | { readonly kind: 'scrape' | 'pass'; readonly roles: readonly Role[] };

const all = roles;
/** Those whose screens count: an alarm that a viewer's page shows has been seen by nobody who acts on it. */
export const operate: readonly Role[] = ['administrator', 'operator'];
const maintain = ['administrator', 'technician'] as const;
const administer = ['administrator'] as const;
const serve = ['administrator', 'operator', 'technician'] as const;

const rolesOf: Readonly<Record<string, readonly Role[]>> = {
  'GET /api/v1/session': all,
  'DELETE /api/v1/session': all,
  'PUT /api/v1/session/password': all,
  'GET /api/v1/openapi.json': all,
  'GET /api/v1/overview': all,
  'GET /api/v1/devices': all,
  'GET /api/v1/devices/:id': all,
  'GET /api/v1/channels': all,
  'PUT /api/v1/channels/:id': maintain,
  'DELETE /api/v1/channels/:id': maintain,
  'GET /api/v1/alarms': all,
  'GET /api/v1/alarms/:id': all,
  'POST /api/v1/alarms/:id/acknowledgement': operate,
  'POST /api/v1/alarms/:id/steps': operate,
  'GET /api/v1/alarms/:id/evidence': all,
  'GET /api/v1/incidents/:id': all,
  'GET /api/v1/events': all,
  'GET /api/v1/journal/chain': maintain,
  'GET /api/v1/campus': all,
  'PUT /api/v1/campus': administer,
  'GET /api/v1/places': all,
  'PUT /api/v1/places/:id': maintain,
  'DELETE /api/v1/places/:id': maintain,
  'GET /api/v1/cameras': maintain,
  'POST /api/v1/cameras': maintain,
  'GET /api/v1/cameras/:id': maintain,
  'PUT /api/v1/cameras/:id': maintain,
  'DELETE /api/v1/cameras/:id': maintain,
  'GET /api/v1/panels': maintain,
  'POST /api/v1/panels': maintain,
  'GET /api/v1/panels/:id': maintain,
  'PUT /api/v1/panels/:id': maintain,
  'DELETE /api/v1/panels/:id': maintain,
  'POST /api/v1/panels/:id/password': maintain,
  'PUT /api/v1/panels/:id/secret': maintain,
  // Who may disarm, and sound a siren: those who answer for the school now. Whoever mends a detector may take it out of service, and is named.
  'GET /api/v1/panels/:id/commands': serve,
  'POST /api/v1/panels/:id/commands/arm': operate,
  'POST /api/v1/panels/:id/commands/disarm': operate,
  'POST /api/v1/panels/:id/commands/reset': operate,
  'POST /api/v1/panels/:id/commands/siren': operate,
  'POST /api/v1/panels/:id/commands/bypass': serve,
  'POST /api/v1/panels/:id/commands/unbypass': serve,
  'POST /api/v1/panels/:id/commands/sync': serve,
  'POST /api/v1/panel-trials': maintain,
  'GET /api/v1/rules': maintain,
  'PUT /api/v1/rules/:id': maintain,
  'DELETE /api/v1/rules/:id': maintain,
  'GET /api/v1/uplinks': maintain,
  'POST /api/v1/uplinks': administer,
  'GET /api/v1/uplinks/:id': maintain,
  'PUT /api/v1/uplinks/:id': administer,
  'DELETE /api/v1/uplinks/:id': administer,
  'POST /api/v1/uplinks/:id/secret': administer,
  'GET /api/v1/uplinks/:id/codes': maintain,
  'POST /api/v1/uplinks/:id/codes': administer,
  'POST /api/v1/uplinks/:id/codes/allocation': administer,
  'GET /api/v1/users': administer,
  'POST /api/v1/users': administer,
  'PUT /api/v1/users/:id': administer,
  'DELETE /api/v1/users/:id': administer,
  'GET /api/v1/stream-keys': administer,
  'POST /api/v1/stream-keys': administer,
  'DELETE /api/v1/stream-keys/:id': administer,
  'POST /api/v1/discovery': maintain,
  'POST /api/v1/onboarding': maintain,
  'GET /media/v1/channels/:id/snapshot': all,
  'GET /media/v1/channels/:id/recent': operate,
  'POST /media/v1/channels/:id/whep': all,
  'DELETE /media/v1/whep/:session': all,
  'WS /api/v1/live': all,
  'WS /media/v1/live': all,
};

const scrapable: Readonly<Record<string, readonly Role[]>> = { 'GET /metrics': maintain, 'GET /api/v1/uplinks/:id/examination': maintain };

const passable: Readonly<Record<string, readonly Role[]>> = { 'GET /media/v1/evidence/:id': operate };

/** Keys are `METHOD path`; a Map, so that `constructor` is not a route (Shinobi CVE-2021-27228). */
export const access: ReadonlyMap<string, Access> = new Map<string, Access>([
  ...publicRoutes.map((route) => [route, { kind: 'public' }] as const),
  ...Object.entries(rolesOf).map(([route, allowed]) => [route, { kind: 'roles', roles: allowed }] as const),
  ...Object.entries(passable).map(([route, allowed]) => [route, { kind: 'pass', roles: allowed }] as const),
  ...Object.entries(scrapable).map(([route, allowed]) => [route, { kind: 'scrape', roles: allowed }] as const),
]);

/** Throws where the route is not in the table: at start, not at the first request. */
export function accessOf(route: string): Access {
  const found = access.get(route);
  if (!found) throw new Error(`The route ${route} is not in gateway/http/access.ts: nobody decided who may use it.`);
  return found;
}

/** What a role may call; public routes besides. */
export function allowedTo(role: Role): readonly string[] {
  return [...access].flatMap(([route, rule]) => (rule.kind !== 'public' && rule.roles.includes(role) ? [route] : []));
}
