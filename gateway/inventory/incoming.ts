/** The file's items as rows: secrets sealed on the way in; one that says what is stored already keeps its sealed text, so that it is no change. */
import { createHash } from 'node:crypto';
import { isGatewayError } from '../domain/errors.ts';
import type { Problem } from '../runtime/problems.ts';
import type { InventoryDocument, SecretEntry } from './document.ts';
import { flag, type Rows } from './rows.ts';
import { ruleRow } from './rules.ts';
import { isSealed, type Sealer } from './seal.ts';
import { ownerOf } from './snapshot.ts';
import { supervisionOf } from './supervision.ts';

export interface Incoming {
  /** Only the tables that the file speaks of. */
  readonly rows: Partial<Rows>;
  readonly problems: readonly Problem[];
}

export function incomingOf(document: InventoryDocument, before: Rows, sealer: Sealer): Incoming {
  const problems: Problem[] = [];
  const sealed = (entry: SecretEntry | undefined, stored: string | null, owner: string): string | null => {
    if (entry === undefined) return stored;
    if (entry === null || entry === stored) return entry;
    const plain = typeof entry === 'object' ? entry.plain : isSealed(entry) ? opened(entry, owner) : entry;
    if (plain === undefined) {
      problems.push({ path: owner, expected: 'a secret sealed on this box for this item, or plain text', got: 'one sealed elsewhere' });
      return stored;
    }
    return stored !== null && opened(stored, owner) === plain ? stored : sealer.seal(plain, owner);
  };
  /** Unless something was said of it already. */
  const lacking = (path: string, expected: string) => {
    if (!problems.some((problem) => problem.path === path)) problems.push({ path, expected, got: 'nothing' });
  };
  const opened = (text: string, owner: string): string | undefined => {
    try {
      return sealer.unseal(text, owner);
    } catch (error) {
      // The caller turns it into a problem of the file, or seals anew.
      if (isGatewayError(error, 'SECRET_UNREADABLE')) return undefined;
      throw error;
    }
  };
  const stored = <Row extends { readonly id: string }>(rows: readonly Row[], id: string) => rows.find((row) => row.id === id);
  const { campus, places, cameras, channels, panels, uplinks, rules, streamKeys, users } = document;

  const rows: Partial<Rows> = {
    ...(rules ? { rules: entriesOf(rules).map(([id, rule]) => ruleRow(id, rule)) } : {}),
    ...(campus ? { campus: [{ ...campus, practice: JSON.stringify(campus.practice) }] } : {}),
    ...(places ? { places: entriesOf(places).map(([id, { name }]) => ({ id, name })) } : {}),
    ...(channels ? { channels: entriesOf(channels).map(([id, channel]) => ({ id, ...channel })) } : {}),
    ...(users ? { users: entriesOf(users).map(([id, user]) => ({ id, ...user })) } : {}),
    ...(cameras
      ? {
          cameras: entriesOf(cameras).map(
            ([id, { username, password, fingerprint256, place, settings, events, enabled, maintenance, ...camera }]) => {
              const known = stored(before.cameras, id);
              const path = ownerOf.camera(id);
              const kept = username === undefined ? null : sealed(password, known?.password ?? null, path);
              if (username === undefined && password) {
                problems.push({ path: `cameras.${id}.username`, expected: 'a user name beside the password', got: 'nothing' });
              }
              if (username !== undefined && kept === null) lacking(path, 'a password beside the user name');
              return {
                ...{ id, ...camera, place: place ?? null, username: username ?? null, password: kept },
                ...{ fingerprint256: fingerprint256 ?? null },
                ...{ settings: JSON.stringify(settings), events: JSON.stringify(events), enabled: flag(enabled), maintenance: flag(maintenance) },
              };
            },
          ),
        }
      : {}),
    ...(panels
      ? {
          panels: entriesOf(panels).map(
            ([id, { name, place, dialect, broker, settings, heartbeatSeconds, supervision, enabled, maintenance, ...panel }]) => {
              const known = stored(before.panels, id);
              const plain = typeof panel.password === 'object' ? panel.password.plain : panel.password;
              const hash = plain === undefined ? panel.passwordSha256 : createHash('sha256').update(plain).digest('hex');
              return {
                ...{ id, name, place: place ?? null, dialect, broker, settings: JSON.stringify(settings) },
                ...{ passwordSha256: hash ?? known?.passwordSha256 ?? null, heartbeatEvery: Math.round(heartbeatSeconds * 1_000) },
                supervision: JSON.stringify(supervisionOf(supervision ?? {})),
                secret: sealed(panel.secret, known?.secret ?? null, ownerOf.panel(id)),
                ...{ enabled: flag(enabled), maintenance: flag(maintenance) },
              };
            },
          ),
          zones: entriesOf(panels).flatMap(([panel, { zones }]) =>
            entriesOf(zones).map(([id, zone]) => ({
              ...{ panel, id, name: zone.name, place: zone.place ?? null, type: zone.type ?? null, channels: JSON.stringify(zone.channels) },
            })),
          ),
        }
      : {}),
    ...(uplinks
      ? {
          uplinks: entriesOf(uplinks).map(([id, { name, adapter, settings, secret, role, enabled }]) => {
            const kept = sealed(secret, stored(before.uplinks, id)?.secret ?? null, ownerOf.uplink(id));
            return { id, name, adapter, settings: JSON.stringify(settings), secret: kept, role, enabled: flag(enabled) };
          }),
        }
      : {}),
    ...(streamKeys
      ? {
          streamKeys: entriesOf(streamKeys).map(([id, { label, password, channels: only, purpose = 'local' }]) => {
            const path = ownerOf.streamKey(id);
            const kept = sealed(password, stored(before.streamKeys, id)?.password ?? null, path);
            if (kept === null) lacking(path, 'a password');
            return { id, label, password: kept ?? '', channels: only ? JSON.stringify(only) : null, purpose };
          }),
        }
      : {}),
  };
  return { rows, problems };
}

function entriesOf<Item>(items: Readonly<Record<string, Item>>): [string, Item][] {
  return Object.entries(items);
}
