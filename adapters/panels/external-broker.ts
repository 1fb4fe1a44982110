/**
 * Panels behind a broker that the site runs (mosquitto, EMQX). Consumed through `handleMessage`: its callback sends the PUBACK, so the commit
 * comes first; the `message` event acknowledges whatever happens and is never used (alarm-panels §4.1, 39 of 100 lost on kill -9).
 * One `run` is one connection; the supervisor opens the next. Which panel spoke is known by its topic only: the broker's own access list must
 * keep every panel below its prefix.
 */
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { PanelId } from '../../gateway/domain/ids.ts';
import type { PanelDoor, PanelIntake } from '../../gateway/domain/panel-ports.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import type { Secret } from '../../gateway/domain/secret.ts';
import { type Instant, type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { matches } from '../../gateway/domain/topic-filter.ts';
import type { Words } from '../../gateway/domain/words.ts';
import { rememberedAt } from '../../gateway/runtime/steady-time.ts';
import { type Backlog, openBacklog } from './broker-backlog.ts';
import { closedUnheard, whyUnheard } from './broker-refusals.ts';

export interface ExternalBrokerOptions {
  /** As panels name it in the inventory (`panel.broker`). */
  readonly name: string;
  /** `mqtt://host:port` or `mqtts://host:port`, without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** Names our session at the broker: it must stay the same for ever and be used by nobody else. */
  readonly clientId: string;
  /** False breaks the product on purpose: what came to the broker while we were away is then lost. */
  readonly keepsSession?: boolean;
  readonly protocolVersion?: 4 | 5;
  /** PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly keepalive?: Millis;
  /** How long nobody was there before this process began; absent: for long. */
  readonly away?: Millis | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onConnected?: () => void;
}

/** What the broker may keep for us while we are down (MQTT 5 §3.1.2.11.2), in seconds: a week. */
const sessionExpiry = 7 * 24 * 3_600;
const topicsEvery = seconds(5);

export function externalBroker(options: ExternalBrokerOptions): PanelIntake {
  const { name, clock, log, onConnected } = options;
  const keepalive = options.keepalive ?? seconds(30);
  const backlog = openBacklog(clock, options.away);
  return {
    name,
    async run(door, signal) {
      const broken = new AbortController();
      // Not AbortSignal.any: Node 20 may collect a combined signal that only its listeners wait for.
      const ending = broken.signal;
      const abandon = () => broken.abort(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      if (signal.aborted) abandon();
      const { default: mqtt } = await import('mqtt'); // Large, and few sites have a broker of their own.
      const client = mqtt.connect(options.url, { ...clientOptions(options, keepalive), manualConnect: true });
      let connectedAt: (() => Instant) | undefined;
      const speaker = speakersAt(door);
      const fail: Fail = (sentence, why, cause) => {
        if (ending.aborted) return;
        door.unheard(why);
        broken.abort(new GatewayError('PANEL_BROKER', `Broker ${name} at ${options.url}: ${sentence}`, { cause, context: { broker: name } }));
      };
      client.handleMessage = (packet, done) => {
        // While one is pending nothing else of this connection is handled, pings included: past half the keepalive the broker would leave.
        const within = millis(keepalive / 2);
        const committed = new AbortController();
        const overdue = clock.sleep(within, committed.signal).then(
          () => Promise.reject(new Error(`The commit took more than ${within / 1_000} s.`)),
          () => undefined, // committed in time, or not at all: the race is over
        );
        Promise.race([take(door, packet, { clock, log, connectedAt, kept: backlog.waited(packet), speaker }), overdue]).then(
          () => {
            committed.abort();
            backlog.taken();
            done();
          },
          (error) => {
            committed.abort();
            // Without an answer the library goes silent; only a new connection brings the message again (§4.2).
            if (!ending.aborted) log.error('panel message not taken', { broker: name, error });
            fail('a message could not be committed.', uncommitted, error);
          },
        );
      };
      client.on('error', (error) => fail('the connection failed.', whyUnheard(error), error));
      client.on('close', () => fail('the connection was closed.', connectedAt === undefined ? closedUnheard : closed));
      client.on('connect', ({ sessionPresent }) => {
        connectedAt = rememberedAt(clock);
        backlog.connected(sessionPresent);
        log.info('panel broker connected', { broker: name, sessionPresent });
        onConnected?.();
        if (!sessionPresent) door.sessionLost();
      });
      try {
        if (signal.aborted) return;
        client.connect();
        await Promise.all([
          keepTopics(door, client, { clock, log, subscribed: backlog.subscribed }, ending, fail),
          sendOrders(door, client, { clock, signal: ending, version: options.protocolVersion ?? 4 }),
        ]);
        if (!signal.aborted) throw broken.signal.reason;
      } finally {
        signal.removeEventListener('abort', abandon);
        if (connectedAt !== undefined) backlog.left();
        await ended(client);
      }
    },
  };
}

type Fail = (sentence: string, why: Words, cause?: unknown) => void;

const closed: Words = { zh: '连接已断开', en: 'the connection was closed' };
const uncommitted: Words = { zh: '有一条消息无法存盘，代理会重发', en: 'one of its messages could not be kept; the broker sends it again' };
const refusedTopics = (topics: readonly string[]): Words => ({
  zh: `代理不允许网关订阅 ${topics.slice(0, 3).join('、')}`,
  en: `it does not let us hear ${topics.slice(0, 3).join(', ')}`,
});

/** A fresh object each time: the library writes into the one that it is given. */
function clientOptions(options: ExternalBrokerOptions, keepalive: Millis): IClientOptions {
  const { username, password, clientId, tls, protocolVersion = 4, keepsSession = true } = options;
  return {
    clientId,
    protocolVersion,
    clean: !keepsSession,
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: sessionExpiry, receiveMaximum: 20 } } : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(tls ?? {}),
    keepalive: Math.ceil(keepalive / 1_000),
    connectTimeout: seconds(10),
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };
}

interface Taking {
  readonly clock: Clock;
  readonly log: Logger;
  readonly connectedAt: (() => Instant) | undefined;
  /** It waited for us at the broker. */
  readonly kept: boolean;
  readonly speaker: (topic: string) => PanelId | undefined;
}

async function take(door: PanelDoor, packet: IPublishPacket, { clock, log, connectedAt, kept, speaker }: Taking): Promise<void> {
  const panel = speaker(packet.topic);
  if (panel === undefined) {
    // A panel that was removed meanwhile; refusing would only bring it back for ever.
    log.warn('panel message from nobody', { topic: packet.topic.slice(0, 200) });
    return;
  }
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  await door.receive(panel, {
    topic: packet.topic,
    payload: Uint8Array.from(payload),
    qos: packet.qos,
    retained: packet.retain,
    duplicate: packet.dup,
    kept,
    receivedAt: clock.now(),
    ...(connectedAt === undefined ? {} : { connectedAt: connectedAt() }),
  });
}

/** More topics than panels have; somebody who makes up new ones cannot fill the memory. */
const mostTopics = 10_000;

/** Whose topic it is. Asked with each message, and found once for each topic: the list of panels is another when the inventory changes. */
function speakersAt(door: PanelDoor): (topic: string) => PanelId | undefined {
  let listed = door.panels();
  const known = new Map<string, PanelId | undefined>();
  return (topic) => {
    const panels = door.panels();
    if (panels !== listed || known.size >= mostTopics) known.clear();
    listed = panels;
    if (!known.has(topic)) known.set(topic, panels.find(({ topics }) => topics.some((filter) => matches(filter, topic)))?.panel.id);
    return known.get(topic);
  };
}

/** Subscribes to the topics of every panel, and follows the inventory. A new subscription brings the retained state. */
async function keepTopics(
  door: PanelDoor,
  client: MqttClient,
  { clock, log, subscribed }: Pick<ExternalBrokerOptions, 'clock' | 'log'> & Pick<Backlog, 'subscribed'>,
  signal: AbortSignal,
  fail: Fail,
): Promise<void> {
  const held = new Set<string>();
  while (!signal.aborted) {
    const wanted = new Set(door.panels().flatMap(({ topics }) => topics));
    const fresh = [...wanted].filter((topic) => !held.has(topic));
    const stale = [...held].filter((topic) => !wanted.has(topic));
    try {
      if (fresh.length > 0) {
        const grants = await untilAborted(client.subscribeAsync(fresh, { qos: 1 }), signal);
        const refused = grants?.filter(({ qos }) => qos >= 128).map(({ topic }) => topic) ?? [];
        subscribed();
        if (refused.length > 0) return fail(`it does not let us hear ${refused.join(', ')}.`, refusedTopics(refused));
        // No answer: the connection has ended meanwhile.
        if (grants !== undefined) door.unheard();
      }
      if (stale.length > 0) await untilAborted(client.unsubscribeAsync(stale), signal);
    } catch (error) {
      return fail('it does not let us hear the panels.', whyUnheard(error), error);
    }
    for (const topic of fresh) held.add(topic);
    for (const topic of stale) held.delete(topic);
    if (fresh.length > 0) log.info('panel topics heard', { topics: held.size });
    await clock.sleep(topicsEvery, signal).catch(() => undefined); // aborted: the loop ends
  }
}

/** The library leaves the promises of a closed connection open for ever. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve(undefined);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/**
 * Only while connected: what the library keeps for later would be carried out later. A broker may keep an order for an absent panel only where the panel
 * itself refuses what has expired (QoS 1); any other goes with QoS 0, which brokers do not keep, and tells those of MQTT 5 when it ends.
 */
async function sendOrders(door: PanelDoor, client: MqttClient, { clock, signal, version }: Sending): Promise<void> {
  await connected(client, signal);
  for await (const { topic, payload, expiring, expires } of door.orders(signal)) {
    const left = Math.max(1, Math.ceil((expires - clock.now()) / 1_000));
    const properties = version === 5 ? { properties: { messageExpiryInterval: left } } : {};
    client.publish(topic, Buffer.from(payload), { qos: expiring ? 1 : 0, retain: false, ...properties });
  }
}

interface Sending {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly version: 4 | 5;
}

function connected(client: MqttClient, signal: AbortSignal): Promise<void> {
  if (client.connected || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    client.once('connect', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function ended(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.removeAllListeners('close');
    client.end(true, {}, () => resolve());
  });
}
