/** One route: what comes in, what goes out, and what it does. Mounting it decides who may call it (access.ts). */
import type { Request, Response } from 'express';
import type { Role, User } from '../domain/campus.ts';
import { GatewayError } from '../domain/errors.ts';
import { problemsOf } from '../runtime/problems.ts';
import type { z } from './schemas/pieces.ts';
import type { Session } from './sessions/sessions.ts';

export interface Caller {
  readonly user: User;
  readonly session: Session;
}

export interface Incoming<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Absent on public routes, and where the scrape token let a program in. */
  readonly caller?: Caller;
  readonly http: Request;
  readonly response: Response;
  /** Aborts when the caller goes away or the gateway closes. */
  readonly signal: AbortSignal;
}

export interface RouteSpec<Params, Query, Body, Reply> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Express 5 form, from the root: `/api/v1/devices/:id`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** JSON unless said otherwise; a text is the body as it is. */
  readonly bodyType?: 'application/sdp';
  /** Absent: 204, or whatever `serve` writes. */
  readonly reply?: z.ZodType<Reply>;
  /** Of a good answer; 200 with a reply and 204 without unless said otherwise. */
  readonly status?: number;
  /** Left out of the OpenAPI document. */
  readonly hidden?: boolean;
  handle(incoming: Incoming<Params, Query, Body>): Reply | Promise<Reply>;
}

/** A route with its types closed over. */
export interface Route {
  readonly method: RouteSpec<unknown, unknown, unknown, unknown>['method'];
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly bodyType: string;
  readonly reply?: z.ZodType;
  readonly status: number;
  readonly hidden: boolean;
  /** Checks what came in, does it, and writes the allow-listed answer. */
  serve(context: Pick<Incoming<unknown, unknown, unknown>, 'http' | 'response' | 'signal' | 'caller'>): Promise<void>;
}

export function route<Params = unknown, Query = unknown, Body = unknown, Reply = void>(spec: RouteSpec<Params, Query, Body, Reply>): Route {
  const { method, path, summary, params, query, body, reply, hidden = false } = spec;
  const status = spec.status ?? (reply ? 200 : 204);
  return {
    method,
    path,
    summary,
    status,
    hidden,
    bodyType: spec.bodyType ?? 'application/json',
    ...(params ? { params } : {}),
    ...(query ? { query } : {}),
    ...(body ? { body } : {}),
    ...(reply ? { reply } : {}),
    async serve(context) {
      const { http, response } = context;
      const answer = await spec.handle({
        ...context,
        params: parsed(params, { ...http.params }, 'path'),
        query: parsed(query, { ...http.query }, 'query'),
        body: parsed(body, http.body ?? {}, 'body'),
      });
      if (response.headersSent) return;
      if (reply) response.status(status).json(reply.parse(answer));
      else response.status(status).end();
    },
  };
}

function parsed<Value>(schema: z.ZodType<Value> | undefined, value: unknown, where: string): Value {
  if (!schema) return undefined as Value; // nothing declared: the handler's type has nothing to read
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = problemsOf(result.error, value, () => undefined);
  throw new GatewayError('REQUEST_INVALID', `The ${where} of the request has ${problems.length} problem${problems.length === 1 ? '' : 's'}.`, {
    context: { problems },
  });
}

/** The caller of a route that needs a session; the table makes sure that there is one. */
export function callerOf({ caller }: { readonly caller?: Caller }): Caller {
  if (!caller) throw new GatewayError('UNAUTHENTICATED', 'Sign in first.');
  return caller;
}

export function mayUse(role: Role, allowed: readonly Role[]): boolean {
  return allowed.includes(role);
}
