/** One gateway, measured several times: what it takes with its alarms alone, and what with viewers. */
import { seconds } from '../../../gateway/domain/time.ts';
import type { InventoryStore } from '../../../gateway/inventory/store.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import type { Viewers } from '../../support/measure-viewers.ts';
import { type StreamServer, watchRtsp } from '../../support/stream-programs.ts';
import { type GatewayUnderLoad, openGatewayUnderLoad } from './gateway-under-load.ts';
import { watchPages } from './mse-viewers.ts';
import { type CpuRate, cpuRate, inAll, measureWindow, sumOf, viewersPlayWithin, type Window } from './window.ts';

export interface GatewayRun extends Window {
  /** CPU of the process with alarms, scrapes and streams; with all but the streams; the difference: ms in a second. */
  readonly total: number;
  readonly idle: number;
  readonly net: number;
  /** The difference without the main thread: V8's own threads clean up behind the media worker, and are counted. */
  readonly apart: number;
  /** CPU of the thread to which the streams added most: the media worker. */
  readonly worker: number;
  readonly resident: number;
}

export type Watch = (loaded: GatewayUnderLoad) => Promise<Viewers>;

export interface MeasuredGateway extends AsyncDisposable {
  readonly loaded: GatewayUnderLoad;
  /** Resident MB before the first stream. */
  readonly idleResident: number;
  /** CPU with alarms and scrapes alone. */
  idle(): Promise<CpuRate>;
  run(watch: Watch, idle: CpuRate): Promise<GatewayRun>;
  /** Streams for a while, unmeasured: a box relays for months, and V8 compiles what it does often in its first minute. */
  warm(watch: Watch): Promise<void>;
  /** Waits until no camera is pulled any more. */
  rest(): Promise<void>;
}

/** Its code for alarms is compiled by then, as it is on every day but the first. */
const warming = seconds(8);
export const streamsWarming = seconds(120);
const pulledNoMoreWithin = seconds(30);

/** `furnish` puts more into the inventory. */
export async function openMeasuredGateway(farm: StreamServer, furnish?: (store: InventoryStore) => void): Promise<MeasuredGateway> {
  await using opening = new Scope();
  const loaded = opening.own(await openGatewayUnderLoad(farm, furnish));
  const { gateway } = loaded;
  await systemClock.sleep(warming);
  const idleResident = gateway.residentMegabytes();
  const scope = opening.release();
  return {
    loaded,
    idleResident,
    idle: () => cpuRate(gateway),
    async run(watch, idle) {
      await using viewers = await watch(loaded);
      const window = await measureWindow(viewers, gateway);
      return { ...window, ...compared(window.cpu, idle, String(gateway.pid)), resident: gateway.residentMegabytes() };
    },
    async warm(watch) {
      await using _viewers = await watch(loaded);
      await systemClock.sleep(streamsWarming);
    },
    async rest() {
      const limit = systemClock.monotonic() + pulledNoMoreWithin;
      while ((await gateway.metric('stream_viewers')).size > 0) {
        if (systemClock.monotonic() > limit) throw new Error(`Cameras are still pulled ${pulledNoMoreWithin} ms after the last viewer left.`);
        await systemClock.sleep(seconds(0.5));
      }
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function compared(cpu: CpuRate, alone: CpuRate, mainThread: string) {
  const added = ([thread, rate]: readonly [string, number]) => rate - (alone.get(thread) ?? 0);
  const apart = [...cpu].filter(([thread]) => thread !== mainThread);
  const [busiest] = apart.toSorted((one, other) => added(other) - added(one));
  const [total, idle] = [inAll(cpu), inAll(alone)];
  return { total, idle, net: total - idle, apart: sumOf(apart.map(added)), worker: busiest?.[1] ?? Number.NaN };
}

export const byRtsp =
  (cameras: readonly number[]): Watch =>
  ({ gateway, key }) =>
    watchRtsp({ port: gateway.rtspPort, cameras, account: key }, viewersPlayWithin);

export const byPages =
  (cameras: readonly number[], secure: boolean): Watch =>
  async ({ gateway, signIn }) => {
    const origin = secure ? gateway.secureOrigin : gateway.origin;
    return watchPages({ origin, cookie: await signIn(secure), cameras }, viewersPlayWithin);
  };
