/** Accounts of people. Passwords come hashed; there is always an administrator once there was one. */
import { randomBytes } from 'node:crypto';
import type { Role, User } from '../domain/campus.ts';
import { GatewayError } from '../domain/errors.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { foldName } from './check.ts';
import type { Ledger } from './ledger.ts';
import { putRow, type Row, removeRows } from './rows.ts';
import { userOf } from './snapshot.ts';

export interface Users {
  users(): readonly User[];
  user(id: UserId): User | undefined;
  /** Upper and lower case, and full-width letters, do not matter. */
  userByName(name: string): User | undefined;
  /** Throws CONFLICT where the name is taken. */
  addUser(name: string, role: Role, passwordHash: string): User;
  changePassword(user: UserId, passwordHash: string): void;
  /** Throws CONFLICT for the last administrator. */
  changeRole(user: UserId, role: Role): void;
  /** Throws CONFLICT for the last administrator. */
  removeUser(user: UserId): void;
}

export function usersOf(ledger: Ledger): Users {
  const users = () => ledger.snapshot.rows.users.map(userOf);
  return {
    users,
    user: (id) => users().find((user) => user.id === id),
    userByName: (name) => users().find((user) => foldName(user.name) === foldName(name)),
    addUser: (name, role, passwordHash) =>
      ledger.edit((database, before) => {
        const user = newUser(before.rows.users, { name, role, passwordHash });
        putRow(database, 'users', user);
        return userOf(user);
      }),
    changePassword: (id, passwordHash) =>
      ledger.edit((database, before) => putRow(database, 'users', { ...known(before.rows.users, id), passwordHash })),
    changeRole: (id, role) =>
      ledger.edit((database, before) => {
        const row = known(before.rows.users, id);
        if (role !== 'administrator') refuseLast(before.rows.users, id);
        putRow(database, 'users', { ...row, role });
      }),
    removeUser: (id) =>
      ledger.edit((database, before) => {
        known(before.rows.users, id);
        refuseLast(before.rows.users, id);
        removeRows(database, 'users', { column: 'id', is: id });
      }),
  };
}

export function newUser(
  rows: readonly Row<'users'>[],
  user: { readonly name: string; readonly role: Role; readonly passwordHash: string },
): Row<'users'> {
  if (rows.some((row) => foldName(row.name) === foldName(user.name))) {
    throw new GatewayError('CONFLICT', `A user named ${JSON.stringify(user.name)} exists already.`, { context: { name: user.name } });
  }
  return { id: userId(`user-${randomBytes(6).toString('hex')}`), name: user.name, role: user.role, passwordHash: user.passwordHash };
}

function known(rows: readonly Row<'users'>[], id: UserId): Row<'users'> {
  const row = rows.find((user) => user.id === id);
  if (!row) throw new GatewayError('NOT_FOUND', `There is no user ${JSON.stringify(id)}.`, { context: { user: id } });
  return row;
}

function refuseLast(rows: readonly Row<'users'>[], id: UserId): void {
  if (rows.some((row) => row.role === 'administrator' && row.id !== id)) return;
  if (rows.find((row) => row.id === id)?.role !== 'administrator') return;
  throw new GatewayError('CONFLICT', 'The last administrator stays: without one nobody could manage this gateway any more.', {
    context: { user: id },
  });
}
