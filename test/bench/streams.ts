/** Cameras that play while something else is measured. */
import type { InventoryStore } from '../../gateway/inventory/store.ts';
import type { GatewayChild } from '../support/measure-gateway.ts';

export interface Viewers extends AsyncDisposable {
  /** Pictures that each viewer has got so far. */
  frames(): readonly number[];
}

export interface Streams extends AsyncDisposable {
  /** Puts the cameras into the inventory, with a key to watch them by. */
  readonly furnish: (store: InventoryStore) => void;
  /** One RTSP viewer per camera; resolves once every one of them has its first picture. */
  watch(gateway: GatewayChild): Promise<Viewers>;
}

export async function openStreams(_count: number): Promise<Streams> {
  return {
    furnish: () => undefined,
    watch: async () => ({ frames: () => [], [Symbol.asyncDispose]: async () => undefined }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
