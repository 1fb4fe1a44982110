/** Stream keys: let other programs watch by RTSP Digest, which needs the password itself; hence sealed, not hashed. */
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../domain/errors.ts';
import { type ChannelId, channelId } from '../domain/ids.ts';
import type { StreamKey } from '../domain/media.ts';
import type { Ledger } from './ledger.ts';
import { putRow, removeRows } from './rows.ts';
import { namesIn, ownerOf } from './snapshot.ts';

export interface StreamKeyLabel {
  readonly username: string;
  readonly label: string;
  readonly channels?: readonly ChannelId[];
  /** Present: of the police side, and counts in the uplink budget. */
  readonly purpose?: 'patrol';
}

export interface StreamKeys {
  /** The password (192 random bits) is returned here only. Without `channels` the key opens all. */
  issueStreamKey(label: string, channels?: readonly ChannelId[], purpose?: 'patrol'): { readonly username: string; readonly password: string };
  revokeStreamKey(username: string): void;
  /** With passwords: for the media plane alone. Keys that this box cannot read are left out. */
  streamKeys(): readonly StreamKey[];
  /** Without passwords: for people. */
  streamKeyLabels(): readonly StreamKeyLabel[];
}

export function streamKeysOf(ledger: Ledger): StreamKeys {
  const labels = () =>
    ledger.snapshot.rows.streamKeys.map(({ id, label, channels, password, purpose }) => ({
      label: {
        ...{ username: id, label },
        ...(channels === null ? {} : { channels: namesIn(channels).map(channelId) }),
        ...(purpose === 'patrol' ? { purpose: 'patrol' as const } : {}),
      },
      password,
    }));
  const lost = () => new Set(ledger.snapshot.unreadable.map(({ context }) => context.item));
  return {
    issueStreamKey: (label, channels, purpose) => {
      const username = `viewer-${randomBytes(5).toString('hex')}`;
      const password = randomBytes(24).toString('base64url');
      ledger.edit((database) => {
        const sealed = ledger.sealer.seal(password, ownerOf.streamKey(username));
        putRow(database, 'streamKeys', {
          id: username,
          label,
          password: sealed,
          channels: channels ? JSON.stringify(channels) : null,
          purpose: purpose ?? 'local',
        });
      });
      return { username, password };
    },
    revokeStreamKey: (username) =>
      ledger.edit((database) => {
        if (removeRows(database, 'streamKeys', { column: 'id', is: username }) > 0) return;
        throw new GatewayError('NOT_FOUND', `There is no stream key ${JSON.stringify(username.slice(0, 80))}.`, { context: { username } });
      }),
    streamKeys: () => {
      const unreadable = lost();
      return labels()
        .filter(({ label }) => !unreadable.has(ownerOf.streamKey(label.username)))
        .map(({ label: { label: _, ...key }, password }) => ({ ...key, password: ledger.sealer.unseal(password, ownerOf.streamKey(key.username)) }));
    },
    streamKeyLabels: () => labels().map(({ label }) => label),
  };
}
