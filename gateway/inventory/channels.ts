/** Channels: what the platform and the wall call a camera. Each camera has at least one. */
import type Database from 'better-sqlite3';
import type { Channel } from '../domain/campus.ts';
import { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { Ledger } from './ledger.ts';
import { putRow, readRows, removeRows } from './rows.ts';

export interface Channels {
  putChannel(channel: Channel): void;
  /** Refused for the only channel of a camera, and while a zone or a stream key names it. */
  removeChannel(channel: ChannelId): void;
}

export function channelsOf(ledger: Ledger): Channels {
  return {
    putChannel: ({ id, name, camera, number }) => ledger.edit((database) => putRow(database, 'channels', { id, name, camera, number })),
    removeChannel: (channel) =>
      ledger.edit((database) => {
        if (removeRows(database, 'channels', { column: 'id', is: channel }) === 0) {
          throw new GatewayError('NOT_FOUND', `There is no channel ${JSON.stringify(channel)} in the inventory.`, { context: { channel } });
        }
      }),
  };
}

/** Gives every camera that has no channel one of the same id and name, with the next free number. */
export function addDefaultChannels(database: Database.Database): void {
  const { cameras, channels } = readRows(database);
  const ids = new Set(channels.map(({ id }) => id));
  const numbers = new Set(channels.map(({ number }) => number));
  const served = new Set(channels.map(({ camera }) => camera));
  for (const camera of cameras) {
    if (served.has(camera.id)) continue;
    let number = 1;
    while (numbers.has(number)) number += 1;
    numbers.add(number);
    let id = camera.id;
    for (let next = 2; ids.has(id); next += 1) id = `${camera.id.slice(0, 58)}-${next}`;
    ids.add(id);
    putRow(database, 'channels', { id, name: camera.name, camera: camera.id, number });
  }
}
