/** One connection of the panel to its broker: signs in with a last will, says who it is, empties its queue in order, beats, obeys. */
import type { MqttClient } from 'mqtt';
import { z } from 'zod';
import { connectMqtt, type MqttConnection } from '../../adapters/protocols/mqtt/connect.ts';
import { bareHost, dial, type TlsTrust } from '../../adapters/protocols/net/dial.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import type { PanelBox, PanelEvent } from './box.ts';
import { Severable } from './severable.ts';

export interface LinkOptions {
  readonly broker: string;
  readonly tls?: TlsTrust;
  readonly panel: string;
  readonly password: string;
  /** Ends with `/`. */
  readonly prefix: string;
  readonly heartbeatEvery: Millis;
  /** Seconds of the MQTT keepalive. */
  readonly keepalive: number;
  /** Events in flight at once. */
  readonly inFlight: number;
  /** A broker that acknowledges nothing for so long is left. */
  readonly acknowledgeWithin: Millis;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the link shares with the simulator. */
export interface LinkDesk {
  readonly box: PanelBox;
  /** The snapshot is newer than what the broker holds. */
  stale: boolean;
  readonly heartbeatPaused: () => boolean;
  acknowledged(event: PanelEvent): void;
  /** Resolves at the next change of queue, snapshot or link. */
  changed(): Promise<void>;
  touch(): void;
}

export interface PanelLink {
  readonly line: Severable;
  /** Works until the connection is gone, then throws why. */
  serve(signal: AbortSignal): Promise<void>;
}

const orderBody = z.object({
  id: z.string().min(1).max(128),
  op: z.string().max(32),
  part: z.string().max(63).optional(),
  zone: z.string().max(63).optional(),
  mode: z.enum(['home', 'away', 'night']).optional(),
  on: z.boolean().optional(),
  exp: z.number().optional(),
});

export async function openPanelLink(options: LinkOptions, desk: LinkDesk, signal: AbortSignal): Promise<PanelLink & AsyncDisposable> {
  const target = new URL(options.broker);
  const secure = target.protocol === 'mqtts:';
  using opening = options.clock.deadline(seconds(10), signal);
  const socket = await dial(
    {
      host: bareHost(target.hostname),
      port: Number(target.port) || (secure ? 8883 : 1883),
      tls: secure ? (options.tls ?? {}) : undefined,
    },
    opening,
  );
  const line = new Severable(socket);
  const connection = await connectMqtt(
    line,
    {
      clientId: options.panel,
      username: options.panel,
      password: options.password,
      version: 4,
      keepalive: options.keepalive,
      will: { topic: `${options.prefix}lwt`, payload: 'offline', qos: 1, retain: true },
    },
    opening,
  );
  return {
    line,
    serve: (until) => serve(connection, options, desk, until),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function serve(connection: MqttConnection, options: LinkOptions, desk: LinkDesk, signal: AbortSignal): Promise<void> {
  const { client, lost } = connection;
  const { clock, prefix } = options;
  const over = new AbortController();
  const abandon = () => over.abort(signal.reason);
  signal.addEventListener('abort', abandon, { once: true });
  void lost.then((error) => over.abort(error));
  over.signal.addEventListener('abort', () => desk.touch(), { once: true });
  if (signal.aborted) abandon();
  try {
    client.on('message', (topic, payload, packet) => obey(client, { topic, payload: payload.toString(), retained: packet.retain }, options, desk));
    await client.subscribeAsync(`${prefix}cmd`, { qos: 1 });
    // The heartbeat goes first: it tells the panel's clock and its backlog, by which the gateway judges what follows.
    await publish(client, `${prefix}lwt`, 'online', true, options, over.signal);
    client.publish(`${prefix}hb`, desk.box.heartbeat(clock.now()), { qos: 0 });
    desk.stale = true;
    await Promise.all([empty(client, options, desk, over.signal), beat(client, options, desk, over.signal)]);
  } catch (error) {
    if (signal.aborted) {
      // An orderly end sends DISCONNECT, which silences the last will: so it is said here.
      if (client.connected) client.publish(`${prefix}lwt`, 'offline', { qos: 0, retain: true });
      return;
    }
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abandon);
    over.abort();
  }
}

/** Events in order, oldest first, `inFlight` at once; when none is left, the snapshot: so that a state never overtakes what led to it. */
async function empty(client: MqttClient, options: LinkOptions, desk: LinkDesk, signal: AbortSignal): Promise<void> {
  const inAir = new Set<PanelEvent>();
  let failure: unknown;
  while (!signal.aborted && failure === undefined) {
    const next = desk.box.queue.find((event) => !inAir.has(event));
    if (next && inAir.size < options.inFlight) {
      inAir.add(next);
      publish(client, `${options.prefix}evt`, next.payload, false, options, signal).then(
        () => {
          inAir.delete(next);
          const place = desk.box.queue.indexOf(next);
          if (place >= 0) desk.box.queue.splice(place, 1);
          desk.acknowledged(next);
          desk.touch();
        },
        (error: unknown) => {
          failure = error;
          desk.touch();
        },
      );
    } else if (!next && inAir.size === 0 && desk.stale) {
      desk.stale = false;
      await publish(client, `${options.prefix}state`, desk.box.snapshot(options.clock.now()), true, options, signal);
      desk.touch();
    } else {
      await desk.changed();
    }
  }
  throw failure ?? signal.reason;
}

async function beat(client: MqttClient, options: LinkOptions, desk: LinkDesk, signal: AbortSignal): Promise<void> {
  for (;;) {
    await options.clock.sleep(options.heartbeatEvery, signal);
    if (!desk.heartbeatPaused()) client.publish(`${options.prefix}hb`, desk.box.heartbeat(options.clock.now()), { qos: 0 });
  }
}

interface Ordered {
  readonly topic: string;
  readonly payload: string;
  readonly retained: boolean;
}

function obey(client: MqttClient, { topic, payload, retained }: Ordered, options: LinkOptions, desk: LinkDesk): void {
  // alarm-panels §1.10: a retained command is somebody's yesterday and is not answered; one past its `exp` is.
  if (topic !== `${options.prefix}cmd` || retained) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    parsed = undefined; // the schema below refuses it
  }
  const order = orderBody.safeParse(parsed);
  if (!order.success) {
    options.log.warn('panel got an unreadable command', { panel: options.panel });
    return;
  }
  const now = options.clock.now();
  const late = order.data.exp !== undefined && order.data.exp < now;
  const outcome = late ? { ok: false, err: 'expired' } : desk.box.obey(order.data, now);
  options.log.info('panel got a command', { panel: options.panel, op: order.data.op, ok: outcome.ok });
  client.publish(`${options.prefix}rsp`, JSON.stringify({ id: order.data.id, ...outcome }), { qos: 1 });
  if (outcome.ok) desk.stale = true;
  desk.touch();
}

/** Resolves at the PUBACK; rejects when the connection goes or nothing comes in time. */
async function publish(
  client: MqttClient,
  topic: string,
  payload: string,
  retain: boolean,
  options: LinkOptions,
  signal: AbortSignal,
): Promise<void> {
  using limit = options.clock.deadline(options.acknowledgeWithin, signal);
  await new Promise<void>((resolve, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
    limit.throwIfAborted();
    client.publish(topic, payload, { qos: 1, retain }, (error) => (error ? reject(error) : resolve()));
  });
}
