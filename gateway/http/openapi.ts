/** OpenAPI 3.1 of every route, from the schemas that check it. `docs/openapi.json` is this, committed; a test compares the two. */
import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { accessOf } from './access.ts';
import type { Route } from './route.ts';
import { maybe, words, z } from './schemas/pieces.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    instance: z.string(),
    words,
    problems: maybe(z.array(z.object({ path: z.string(), expected: z.string(), got: z.string(), line: maybe(z.int()), column: maybe(z.int()) }))),
  })
  .openapi('Problem');

export function openApiDocument(routes: readonly Route[]): Record<string, unknown> {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'session', { type: 'apiKey', in: 'cookie', name: '__Host-session' });
  for (const route of routes) if (!route.hidden) registry.registerPath(pathOf(route));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'campus-gateway',
      version: '1',
      description:
        'Errors are RFC 9457 problem documents; `type` names an entry of docs/errors.md. Unsafe methods need an `Origin` header of this gateway. ' +
        'Live events: WebSocket /api/v1/live?since=<event id>. Pictures: WebSocket /media/v1/live, one per page.',
    },
  });
  return { ...document };
}

function pathOf({ method, path, summary, params, query, body, bodyType, reply, status }: Route): RouteConfig {
  const access = accessOf(`${method} ${path}`);
  const allowed = access.kind === 'public' ? undefined : access.roles;
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path: path.replace(/:(\w+)/g, '{$1}'),
    summary,
    ...(allowed
      ? { description: `Roles: ${allowed.join(', ')}${access.kind === 'pass' ? ', or whoever has a link that an uplink was given' : ''}.` }
      : {}),
    security: [...(allowed ? [{ session: [] }] : []), ...(access.kind === 'pass' ? [{}] : [])],
    request: {
      ...(params instanceof z.ZodObject ? { params } : {}),
      ...(query instanceof z.ZodObject ? { query } : {}),
      ...(body ? { body: { required: true, content: { [bodyType]: { schema: body } } } } : {}),
    },
    responses: {
      [status]: reply ? { description: 'Done.', content: { 'application/json': { schema: reply } } } : { description: 'Done.' },
      default: { description: 'Refused.', content: { 'application/problem+json': { schema: problem } } },
    },
  };
}
