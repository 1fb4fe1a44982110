/** Accounts. Password hashes never leave. */
import { type Role, roles, type User } from '../../domain/campus.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { UserId } from '../../domain/ids.ts';
import { type Route, route } from '../route.ts';
import { idOf, idText, nameText, z } from '../schemas/pieces.ts';
import { checkNewPassword, hashPassword } from '../sessions/password.ts';
import type { RouteParts } from './parts.ts';

const params = z.object({ id: idText<UserId>() });
const creation = z.strictObject({ name: nameText, role: z.enum(roles), password: z.string().max(1_024) }).openapi('UserCreation');
const change = z.strictObject({ role: z.enum(roles).optional(), password: z.string().max(1_024).optional() }).openapi('UserChange');
const entry: z.ZodType<{ readonly id: UserId; readonly name: string; readonly role: Role }> = z
  .object({ id: idOf<UserId>(), name: z.string(), role: z.enum(roles) })
  .openapi('User');

export function userRoutes({ inventory, sessions }: RouteParts): readonly Route[] {
  const find = (id: UserId): User => {
    const found = inventory.user(id);
    if (!found) throw new GatewayError('NOT_FOUND', `There is no user ${id}.`);
    return found;
  };
  return [
    route({
      method: 'GET',
      path: '/api/v1/users',
      summary: 'Accounts',
      reply: z.array(entry).readonly(),
      handle: () => inventory.users(),
    }),
    route({
      method: 'POST',
      path: '/api/v1/users',
      summary: 'Add an account',
      body: creation,
      reply: entry,
      status: 201,
      async handle({ body: { name, role, password } }) {
        checkNewPassword(password, name);
        return inventory.addUser(name, role, await hashPassword(password));
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/users/:id',
      summary: 'Another role or a new password; the sessions of that account end',
      params,
      body: change,
      reply: entry,
      async handle({ params: { id }, body: { role, password } }) {
        const { name } = find(id);
        if (password !== undefined) checkNewPassword(password, name);
        const hash = password === undefined ? undefined : await hashPassword(password);
        if (role !== undefined) inventory.changeRole(id, role);
        if (hash !== undefined) inventory.changePassword(id, hash);
        await sessions.revokeUser(id);
        return find(id);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/users/:id',
      summary: 'Remove an account; its sessions end',
      params,
      async handle(incoming) {
        inventory.removeUser(incoming.params.id);
        await sessions.revokeUser(incoming.params.id);
      },
    }),
  ];
}
