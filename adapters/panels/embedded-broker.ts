/**
 * Our own MQTT 3.1.1 broker for panels (aedes). A PUBACK (or PUBREC) leaves only after `door.receive` resolved, that is after the commit:
 * aedes writes it once `authorizePublish` calls back (alarm-panels §4.3). A message that could not be committed is not acknowledged and its
 * connection is closed, so that the panel sends it again. The broker keeps nothing: no session, no retained message, no queue. What must
 * last is in the journal, and what is not kept cannot be lost by a restart nor grown by a stranger.
 */
import { once } from 'node:events';
import { Aedes, type AuthenticateError, type Client, type ConnectPacket, type PublishPacket } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { PanelDoor, PanelGrant, PanelIntake } from '../../gateway/domain/panel-ports.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { mayPublish, maySubscribe, ownClientId, wronglyRetained } from './broker-access.ts';
import { type BrokerAddresses, type BrokerListeners, listen } from './broker-listeners.ts';
import { type Allowance, allowance, GuardedConnection } from './guarded-connection.ts';
import { maxPayloadBytes } from './panel-json.ts';

// It would keep a buffer for each of the 65,536 packet ids, 8 MB in all, to save making two bytes.
writeToStream.cacheNumbers = false;

export interface BrokerLimits {
  readonly maxPayloadBytes: number;
  readonly maxTopicLevels: number;
  readonly maxClientIdLength: number;
  /** Seconds; a panel that names none or a longer one is refused. */
  readonly maxKeepalive: number;
  readonly connectWithinMs: number;
  readonly maxConnections: number;
  /** SUBSCRIBE filters of one connection, repeats included. */
  readonly maxSubscriptions: number;
  /** Connections that have not signed in, over all and per address. */
  readonly maxUnknown: number;
  readonly maxUnknownPerAddress: number;
  readonly messages: { readonly perSecond: number; readonly burst: number };
  readonly floodAfterMs: number;
}

export const usualLimits: BrokerLimits = {
  maxPayloadBytes,
  maxTopicLevels: 8,
  maxClientIdLength: 128,
  maxKeepalive: 300,
  connectWithinMs: seconds(5),
  maxConnections: 1_024,
  maxSubscriptions: 64,
  maxUnknown: 256,
  maxUnknownPerAddress: 64,
  messages: { perSecond: 100, burst: 200 },
  floodAfterMs: minutes(5),
};

export interface EmbeddedBrokerOptions extends BrokerListeners {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onListening?: (addresses: BrokerAddresses) => void;
  readonly limits?: Partial<BrokerLimits>;
}

/** What we know of a connection before and after it signed in. */
interface Caller {
  readonly connection: GuardedConnection;
  wish?: { readonly clientId: string; readonly willTopic?: string };
  grant?: PanelGrant;
  subscriptions: number;
  ended?: string;
}

const revocationEvery = seconds(5);

export function embeddedBroker(options: EmbeddedBrokerOptions): PanelIntake {
  const { clock, log, onListening } = options;
  const limits = { ...usualLimits, ...options.limits };
  return {
    name: 'embedded',
    async run(door, signal) {
      await using scope = new Scope();
      const broken = new AbortController();
      const callers = new WeakMap<Client, Caller>();
      const connections = new Set<GuardedConnection>();
      const present = new Map<string, Client>();
      const allowances = new Map<string, Allowance>();
      const grantOf = (client: Client | null) => (client ? callers.get(client)?.grant : undefined);
      const deny = (client: Client | null, what: string, fields: Readonly<Record<string, unknown>> = {}) => {
        log.warn('panel refused', { what, panel: grantOf(client)?.panel.id, ...fields });
        return new GatewayError('PANEL_FORBIDDEN', `The panel may not ${what}.`, { context: fields });
      };

      const broker = await Aedes.createBroker({
        connectTimeout: limits.connectWithinMs,
        keepaliveLimit: limits.maxKeepalive,
        maxTopicLevels: limits.maxTopicLevels,
        maxClientsIdLength: limits.maxClientIdLength,
        maxInflightInbound: 100,
        drainTimeout: seconds(10),
        preConnect: (client, packet, done) => {
          const caller = callers.get(client);
          if (caller) caller.wish = wishOf(packet);
          // One connection per panel, whatever it calls itself; and no session, whatever it asks for.
          packet.clientId = packet.username ?? '';
          packet.clean = true;
          done(null, true);
        },
        authenticate: (client, username, password, done) => {
          const caller = callers.get(client);
          const panel = username && password ? door.authenticate(username, password) : undefined;
          const grant = panel && door.panels().find((each) => each.panel.id === panel.id);
          const refusal = caller && grant ? connectRefusal(grant, caller.wish, limits) : { code: 4, what: 'sign in with these credentials' };
          if (!caller || !grant || refusal) {
            deny(client, refusal?.what ?? 'connect', { username: username?.slice(0, 80) });
            return done(Object.assign(new Error('refused'), { returnCode: refusal?.code ?? 5 }) satisfies AuthenticateError, false);
          }
          caller.grant = grant;
          const allowed = allowances.get(grant.panel.id) ?? allowance(limits.messages, clock);
          allowances.set(grant.panel.id, allowed);
          caller.connection.admit(allowed);
          return done(null, true);
        },
        authorizePublish: (client, packet, done) => {
          const grant = grantOf(client);
          if (signal.aborted) return done(new Error('The broker is closing.'));
          const refusal = grant ? publishRefusal(grant, packet, limits) : 'publish before it signed in';
          if (!grant || refusal) return done(deny(client, refusal ?? 'publish', { topic: packet.topic.slice(0, 200) }));
          receive(door, grant, packet, clock).then(
            () => {
              packet.retain = false; // stored nowhere: the door has it
              done();
            },
            (error) => {
              log.error('panel message not taken', { panel: grant.panel.id, error });
              done(error);
            },
          );
        },
        authorizeSubscribe: (client, subscription, done) => {
          const caller = callers.get(client);
          if (caller?.grant && caller.subscriptions < limits.maxSubscriptions && maySubscribe(caller.grant, subscription.topic)) {
            caller.subscriptions += 1;
            return done(null, subscription);
          }
          deny(client, 'subscribe to this', { topic: subscription.topic.slice(0, 200) });
          return done(null, null); // SUBACK 0x80: the panel's alarms still come through
        },
        authorizeForward: (client, packet) => {
          const grant = grantOf(client);
          return grant && maySubscribe(grant, packet.topic) ? packet : null;
        },
      });
      // The broker closes those that signed in; the others are not its clients yet.
      scope.defer(() => {
        for (const connection of connections) connection.destroy();
      });
      scope.defer(() => new Promise<void>((resolve) => broker.close(resolve)));

      broker.on('clientReady', (client) => {
        const grant = grantOf(client);
        if (!grant) return;
        present.set(grant.panel.id, client);
        door.session(grant.panel.id, 'connected', 'signed in');
      });
      broker.on('clientDisconnect', (client) => {
        const caller = callers.get(client);
        const panel = caller?.grant?.panel.id;
        // A panel that was taken over by its own next connection is not gone.
        if (!panel || present.get(panel) !== client) return;
        present.delete(panel);
        if (!signal.aborted) door.session(panel, 'disconnected', caller.ended ?? 'connection closed');
      });
      broker.on('clientError', (client, error) => {
        const caller = callers.get(client);
        if (caller) caller.ended = error.message;
      });
      broker.on('connectionError', (_client, error) => log.info('panel connection failed', { reason: error.message }));
      once(broker, 'error').then(
        ([error]) => broken.abort(error),
        () => undefined, // cannot be: for 'error' itself `once` resolves
      );

      const addresses = await listen(options, limits, scope, {
        log,
        failed: (error) => broken.abort(error),
        accept: (socket) => {
          const connection = new GuardedConnection(socket, {
            clock,
            maxPacketBytes: limits.maxPayloadBytes + 1_024,
            maxUnknownBytes: 2 * limits.maxPayloadBytes,
            floodAfter: seconds(limits.floodAfterMs / 1_000),
            onSlowed: () => log.warn('panel slowed', { panel: grantOf(client)?.panel.id, ...limits.messages }),
          });
          const client = broker.handle(connection);
          callers.set(client, { connection, subscriptions: 0 });
          connections.add(connection);
          connection.once('close', () => connections.delete(connection));
          return { known: () => grantOf(client) !== undefined };
        },
      });
      onListening?.(addresses);

      // Not AbortSignal.any: Node 20 may collect a combined signal that only its listeners wait for.
      const abandon = () => broken.abort(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      scope.defer(() => signal.removeEventListener('abort', abandon));
      if (signal.aborted) abandon();
      await Promise.all([sendOrders(door, broker, broken.signal), closeRevoked(door, present, clock, broken.signal)]);
      if (!signal.aborted) throw broken.signal.reason;
    },
  };
}

function wishOf(packet: ConnectPacket): NonNullable<Caller['wish']> {
  return { clientId: packet.clientId, ...(packet.will ? { willTopic: packet.will.topic } : {}) };
}

/** MQTT 3.1.1 §3.2.2.3: 2 identifier rejected, 5 not authorized. */
function connectRefusal(grant: PanelGrant, wish: Caller['wish'], limits: BrokerLimits): { readonly code: number; readonly what: string } | undefined {
  if (!wish || wish.clientId.length > limits.maxClientIdLength || !ownClientId(grant.panel.id, wish.clientId)) {
    return { code: 2, what: 'use this client id' };
  }
  if (wish.willTopic !== undefined && !mayPublish(grant, wish.willTopic)) return { code: 5, what: 'leave a will there' };
  return undefined;
}

function publishRefusal(grant: PanelGrant, { topic, payload }: PublishPacket, limits: BrokerLimits): string | undefined {
  if (!mayPublish(grant, topic)) return 'publish there';
  return payload.length > limits.maxPayloadBytes ? `send ${payload.length} bytes at once` : undefined;
}

/** The will comes this way too: aedes asks `authorizePublish` before it publishes one. */
async function receive(door: PanelDoor, grant: PanelGrant, packet: PublishPacket, clock: Clock): Promise<void> {
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  await door.receive(grant.panel.id, {
    topic: packet.topic,
    // A copy of its own: the parser's buffer may be a slice of something larger that would be kept alive.
    payload: Uint8Array.from(payload),
    qos: packet.qos,
    retained: wronglyRetained(grant, packet.topic, packet.retain),
    duplicate: packet.dup,
    receivedAt: clock.now(),
  });
}

async function sendOrders(door: PanelDoor, broker: Aedes, signal: AbortSignal): Promise<void> {
  for await (const { topic, payload, expiring } of door.orders(signal)) {
    broker.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: expiring ? 1 : 0, retain: false, dup: false }, () => undefined);
  }
}

/** A panel that was disabled or given a new password does not keep its old connection. */
async function closeRevoked(door: PanelDoor, present: ReadonlyMap<string, Client>, clock: Clock, signal: AbortSignal): Promise<void> {
  const passwords = new Map<string, { readonly client: Client; readonly hash: string | undefined }>();
  while (!signal.aborted) {
    const current = new Map(door.panels().map(({ panel }) => [panel.id as string, panel.passwordSha256]));
    for (const [id, client] of present) {
      const before = passwords.get(id);
      if (!current.has(id) || (before?.client === client && before.hash !== current.get(id))) client.close();
      else if (before?.client !== client) passwords.set(id, { client, hash: current.get(id) });
    }
    await clock.sleep(revocationEvery, signal).catch(() => undefined); // aborted: the loop ends
  }
}
