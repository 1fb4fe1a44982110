/** Signing in and out. */
import type { Request, Response } from 'express';
import type { SessionView } from '../../domain/api.ts';
import type { User } from '../../domain/campus.ts';
import { GatewayError } from '../../domain/errors.ts';
import { type Seat, seats } from '../../domain/event.ts';
import { allowedTo } from '../access.ts';
import { callerOf, type Route, route } from '../route.ts';
import { nameText, z } from '../schemas/pieces.ts';
import { sessionView } from '../schemas/views.ts';
import { expiredCookie, sessionCookie } from '../sessions/cookies.ts';
import { checkNewPassword, hashPassword, verifyPassword } from '../sessions/password.ts';
import type { RouteParts } from './parts.ts';

const signInBody = z
  .strictObject({ name: nameText, password: z.string().min(1).max(1_024), seat: z.enum(seats).default('console') })
  .openapi('SignInRequest');
const passwordBody = z.strictObject({ current: z.string().min(1).max(1_024), password: z.string().max(1_024) }).openapi('PasswordRequest');

export function addressOf(http: Request): string {
  // The socket's own peer: a header such as X-Forwarded-For is whatever the caller likes.
  return http.socket.remoteAddress ?? 'unknown';
}

interface Arrival {
  readonly user: User;
  readonly seat: Seat;
  readonly http: Request;
  readonly response: Response;
}

export async function signIn(parts: RouteParts, { user, seat, http, response }: Arrival): Promise<SessionView> {
  const token = await parts.sessions.create(user.id, seat);
  response.setHeader('Set-Cookie', sessionCookie(http, token, seat === 'wall' ? parts.wallLength : undefined));
  parts.attempts.succeeded(user.name, addressOf(http));
  return viewOf(parts, user);
}

export function sessionRoutes(parts: RouteParts): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/session',
      summary: 'Sign in',
      body: signInBody,
      reply: sessionView,
      async handle({ body, http, response }) {
        const address = addressOf(http);
        parts.attempts.begin(body.name, address);
        const user = parts.inventory.userByName(body.name);
        // Also for nobody: the time taken must not tell which names exist.
        const right = await verifyPassword(body.password, user?.passwordHash);
        if (!right || !user) {
          parts.log.warn('sign-in refused', { address });
          throw new GatewayError('UNAUTHENTICATED', 'The name or the password is wrong.');
        }
        parts.log.info('signed in', { user: user.id, seat: body.seat, address });
        return signIn(parts, { user, seat: body.seat, http, response });
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/session',
      summary: 'Who am I',
      reply: sessionView,
      handle: (incoming) => viewOf(parts, callerOf(incoming).user),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/session',
      summary: 'Sign out',
      async handle(incoming) {
        await parts.sessions.revoke(callerOf(incoming).session.id);
        incoming.response.setHeader('Set-Cookie', expiredCookie(incoming.http));
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/session/password',
      summary: 'Change my password; my other sessions end',
      body: passwordBody,
      async handle(incoming) {
        const { user, session } = callerOf(incoming);
        parts.attempts.begin(user.name, addressOf(incoming.http));
        if (!(await verifyPassword(incoming.body.current, user.passwordHash))) {
          throw new GatewayError('FORBIDDEN', 'The current password is wrong.');
        }
        parts.attempts.succeeded(user.name, addressOf(incoming.http));
        checkNewPassword(incoming.body.password, user.name);
        parts.inventory.changePassword(user.id, await hashPassword(incoming.body.password));
        await parts.sessions.revokeUser(user.id, session.id);
      },
    }),
  ];
}

function viewOf({ inventory }: RouteParts, { name, role }: User): SessionView {
  return { name, role, campus: inventory.current().campus.name, may: allowedTo(role) };
}
