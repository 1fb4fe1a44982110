/** The first administrator: by the claim code that the gateway printed, once. */

import { GatewayError } from '../../domain/errors.ts';
import { type Route, route } from '../route.ts';
import { nameText, z } from '../schemas/pieces.ts';
import { claimStatus, sessionView } from '../schemas/views.ts';
import { checkNewPassword, hashPassword } from '../sessions/password.ts';
import type { RouteParts } from './parts.ts';
import { addressOf, signIn } from './session.ts';

const claimBody = z
  .strictObject({ code: z.string().trim().min(1).max(128), name: nameText, password: z.string().max(1_024) })
  .openapi('ClaimRequest');

export function claimRoutes(parts: RouteParts): readonly Route[] {
  const closed = () => new GatewayError('CLAIM_CLOSED', 'The first administrator exists already: the claim is closed for ever.');
  return [
    route({
      method: 'GET',
      path: '/api/v1/claim',
      summary: 'Whether the first administrator is still to be claimed',
      reply: claimStatus,
      handle: () => ({ open: parts.inventory.claim().open }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/claim',
      summary: 'Become the first administrator',
      body: claimBody,
      reply: sessionView,
      status: 201,
      async handle({ body, http, response }) {
        if (!parts.inventory.claim().open) throw closed();
        // Counted per address: 80 random bits are not guessed anyway, and a stranger must not keep the owner out.
        parts.attempts.begin(`claim ${addressOf(http)}`, addressOf(http));
        checkNewPassword(body.password, body.name);
        const passwordHash = await hashPassword(body.password);
        if (!parts.inventory.claim().open) throw closed();
        // biome-ignore lint/correctness/useHookAtTopLevel: no React hook, it uses up the claim code
        const made = parts.inventory.useClaim(body.code, { name: body.name, passwordHash });
        const user = made ? parts.inventory.userByName(body.name) : undefined;
        if (!user) {
          parts.log.warn('claim refused', { address: addressOf(http) });
          throw new GatewayError('UNAUTHENTICATED', 'The claim code is wrong.');
        }
        parts.log.info('first administrator claimed', { user: user.id, address: addressOf(http) });
        return signIn(parts, { user, seat: 'console', http, response });
      },
    }),
  ];
}
