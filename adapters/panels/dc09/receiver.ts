/**
 * Receiver for panels that speak SIA DC-09, over TCP and UDP. Each panel has an account and, unless the inventory says otherwise, a key of its own.
 * Polls and messages alike are signs of life: the panel's `heartbeatEvery` is the interval of its polls.
 */
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { PanelIntake } from '../../../gateway/domain/panel-ports.ts';
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { Callers } from './callers.ts';
import { dc09Desk } from './desk.ts';
import { listenTcp } from './tcp.ts';
import { listenUdp } from './udp.ts';

export interface Dc09Limits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Of one address; what two seconds bring may come at once. */
  readonly messagesPerSecond: number;
  /** Until the first frame of a panel of ours, and from one byte of a frame to its end. */
  readonly firstFrameWithin: Millis;
  readonly frameWithin: Millis;
  /** Between two frames. */
  readonly idleFor: Millis;
  /** Frames on one connection that cannot be taken. */
  readonly strangeFrames: number;
  readonly datagramsInHand: number;
}

const usualLimits: Dc09Limits = {
  maxConnections: 1_024,
  maxConnectionsPerAddress: 64,
  messagesPerSecond: 100,
  firstFrameWithin: seconds(10),
  frameWithin: seconds(10),
  idleFor: seconds(600),
  strangeFrames: 10,
  datagramsInHand: 256,
};

export interface Dc09ReceiverOptions {
  readonly address: string;
  /** 0: the system chooses, the same for both. */
  readonly port: number;
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<Dc09Limits>;
  readonly onListening?: (port: number) => void;
}

export function dc09Receiver(options: Dc09ReceiverOptions): PanelIntake {
  const { address, clock, log, onListening } = options;
  const limits = { ...usualLimits, ...options.limits };
  return {
    name: 'dc09',
    async run(door, signal) {
      await using scope = new Scope();
      const broken = new AbortController();
      const failed = (error: Error) => broken.abort(error);
      const parts = { desk: dc09Desk(door, { clock, log }), callers: new Callers(clock, limits.messagesPerSecond), limits, clock, log, failed };
      let { port } = options;
      try {
        if (options.tcp) ({ port } = scope.own(await listenTcp({ address, port }, parts)));
        if (options.udp) ({ port } = scope.own(await listenUdp({ address, port }, parts)));
      } catch (cause) {
        throw new GatewayError('PANEL_BROKER', `The DC-09 receiver cannot listen on ${address}:${port}: ${String(cause)}.`, { cause });
      }
      log.info('dc09 receiver open', { address, port, tcp: options.tcp, udp: options.udp });
      onListening?.(port);
      const abandon = () => broken.abort(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      scope.defer(() => signal.removeEventListener('abort', abandon));
      if (signal.aborted) abandon();
      // Nothing can be said to a panel but answers: orders for it are taken and gone.
      for await (const order of door.orders(broken.signal)) log.warn('panel order impossible', { panel: order.panel });
      if (!signal.aborted) throw broken.signal.reason;
    },
  };
}
