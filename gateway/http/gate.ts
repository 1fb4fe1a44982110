/** The gate: who is calling, and may they? Routes, sockets and media paths all pass through here. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../domain/errors.ts';
import type { UserId } from '../domain/ids.ts';
import type { Secret } from '../domain/secret.ts';
import type { Access } from './access.ts';
import { passHolder } from './evidence-pass.ts';
import { checkSameOrigin } from './origin.ts';
import type { HttpParts } from './ports.ts';
import { type Caller, mayUse } from './route.ts';
import { sessionToken } from './sessions/cookies.ts';
import type { Sessions } from './sessions/sessions.ts';

export interface Gate {
  /** The signed-in caller of a request, if any. Counts as use of the session. */
  callerOf(request: IncomingMessage): Caller | undefined;
  /** Lets the request pass or throws UNAUTHENTICATED or FORBIDDEN. Undefined: nobody in particular. */
  pass(request: IncomingMessage, access: Access): Caller | undefined;
  scraper(request: IncomingMessage): boolean;
  /** Whether the caller of a socket that is open may still have it. */
  stands(caller: Caller, access: Access): boolean;
}

export function openGate(parts: Pick<HttpParts, 'inventory' | 'listen' | 'evidence'>, sessions: Sessions, scrapeToken: Secret): Gate {
  const allowed = (parts.listen.allowedOrigins ?? []).map((origin) => origin.toLowerCase());
  const wanted = digest(scrapeToken.reveal());
  const userById = (id: UserId) => parts.inventory.user(id);

  const callerOf = (request: IncomingMessage): Caller | undefined => {
    const token = sessionToken(request);
    const session = token === undefined ? undefined : sessions.find(token);
    // The role is read anew each time: a demoted or removed user loses at once what was taken.
    const user = session && userById(session.user);
    return session && user ? { session, user } : undefined;
  };

  // Hashed first: timingSafeEqual wants equal lengths, and the length of a token is nobody's business.
  const scraper = (request: IncomingMessage): boolean => {
    const offered = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
    return offered !== undefined && timingSafeEqual(digest(offered), wanted);
  };

  return {
    callerOf,
    scraper,
    pass(request, access) {
      if (access.kind === 'public') {
        checkSameOrigin(request, allowed);
        return undefined;
      }
      if (access.kind === 'scrape' && scraper(request)) return undefined;
      if (access.kind === 'pass' && passHolder(parts, request) !== undefined) return undefined;
      const caller = callerOf(request);
      if (!caller) throw new GatewayError('UNAUTHENTICATED', 'Sign in first: no session came with this request, or it has ended.');
      checkSameOrigin(request, allowed);
      if (!mayUse(caller.user.role, access.roles)) {
        throw new GatewayError('FORBIDDEN', `The role ${caller.user.role} may not do this.`, { context: { role: caller.user.role } });
      }
      return caller;
    },
    stands(caller, access) {
      const user = userById(caller.user.id);
      return user !== undefined && sessions.stands(caller.session.id) && access.kind !== 'public' && mayUse(user.role, access.roles);
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
