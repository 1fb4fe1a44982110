/**
 * Uplink over MQTT, QoS 1: proof is the PUBACK. The outbox is the gateway's own: MQTT.js stores and re-sends nothing, because every
 * connection has a client of its own and whatever was in flight when it went is told so at once.
 *
 * What a PUBACK proves depends on the broker. A 3.1.1 broker has no way to say no: mosquitto answers a publish that its ACL denies with a
 * normal PUBACK and drops it (alarm-panels §4.7), so onboarding must see a test event arrive. MQTT 5.0 says so by reason code: prefer `version: 5`.
 */
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { UplinkSettings } from '../../gateway/domain/campus.ts';
import type { FarCertificate } from '../../gateway/domain/certificate.ts';
import type { Delivery } from '../../gateway/domain/delivery.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { EventKind } from '../../gateway/domain/event.ts';
import type { LinkStatus } from '../../gateway/domain/health.ts';
import { seconds } from '../../gateway/domain/time.ts';
import type { Uplink, UplinkAdapter, UplinkContext } from '../../gateway/domain/uplink-ports.ts';
import { linked } from '../../gateway/runtime/linked.ts';
import { FarCertificates } from '../far-certificate.ts';
import { Publisher } from '../protocols/mqtt/publisher.ts';
import { bareHost, dial } from '../protocols/net/dial.ts';
import { bodyWithEvidence, evidenceKeys } from '../uplink-evidence.ts';
import { Heartbeat, heartbeatKey } from '../uplink-heartbeat.ts';
import { addressKey, deliveryKeys, trustKeys, trustOf } from '../uplink-settings.ts';

function topicKey(placeholders: readonly string[]) {
  const names = placeholders.map((name) => `{${name}}`);
  return z
    .string()
    .min(1)
    .max(512)
    .refine((text) => !/[+#\0]/.test(text), 'a topic without "+", "#" and NUL')
    .refine((text) => !/[{}]/.test(names.reduce((rest, name) => rest.replaceAll(name, ''), text)), `only the placeholders ${names.join(' and ')}`);
}

const config = z.strictObject({
  /** mqtt://host[:1883] or mqtts://host[:8883]. */
  url: addressKey(['mqtt:', 'mqtts:'], 'mqtts://police.example:8883'),
  username: z.string().min(1).max(256).optional(),
  /** `{campus}` is the campus id, `{kind}` the event kind. */
  topic: topicKey(['campus', 'kind']).default('campus/{campus}/alarm'),
  /** Unique at the broker; usual: one made for this process. */
  clientId: z.string().min(1).max(256).optional(),
  /** 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
  version: z.union([z.literal(4), z.literal(5)]).default(4),
  /** Seconds between pings. */
  keepalive: z.int().min(5).max(600).default(30),
  /** The broker's receive maximum (MQTT 5.0) may lower `window`. */
  ...deliveryKeys,
  heartbeatSeconds: heartbeatKey,
  heartbeatTopic: topicKey(['campus']).default('campus/{campus}/heartbeat'),
  /** Longest body that this broker takes, bytes. MQTT 5.0 brokers say so themselves. */
  maxBytes: z.int().min(1_024).max(16_777_216).default(262_144),
  ...evidenceKeys,
  ...trustKeys,
});
export type MqttUplinkConfig = z.output<typeof config>;

export const mqtt = {
  kind: 'mqtt',
  config,
  create(settings: UplinkSettings, checked: MqttUplinkConfig, context: UplinkContext) {
    return new MqttUplink(settings, checked, context);
  },
} satisfies UplinkAdapter<MqttUplinkConfig>;

/** Room for topic, packet id and properties beside the body. */
const packetRoom = 1_024;

/** Reason codes that mean "later", as HTTP 429 does (MQTT 5.0 §3.4.2.1): packet identifier in use, quota exceeded. */
const laterCodes: ReadonlySet<number> = new Set([0x91, 0x97]);
const nobodyListens = 0x10;

class MqttUplink implements Uplink {
  readonly id;
  readonly accepts: ReadonlySet<EventKind>;
  readonly acceptedBy = 'answered';
  readonly window: number;
  readonly #config: MqttUplinkConfig;
  readonly #settings: UplinkSettings;
  readonly #context: UplinkContext;
  readonly #heartbeat: Heartbeat;
  readonly #certificates: FarCertificates;
  readonly #clientId: string;
  #publisher: Publisher | undefined;
  #why = 'the connection is not open yet';

  constructor(settings: UplinkSettings, checked: MqttUplinkConfig, context: UplinkContext) {
    this.id = settings.id;
    this.accepts = new Set(checked.accepts);
    this.window = checked.window;
    this.#config = checked;
    this.#settings = settings;
    this.#context = context;
    this.#certificates = new FarCertificates(context.clock);
    // The same name for the life of the process: a new connection then takes over a half-open old one instead of standing beside it.
    this.#clientId = checked.clientId ?? `campus-gateway-${settings.id}-${randomBytes(4).toString('hex')}`;
    const send = (body: string, campus: string, signal: AbortSignal) => this.#beat(body, campus, signal);
    this.#heartbeat = new Heartbeat({ uplink: this.id, every: checked.heartbeatSeconds, context, send });
  }

  /** A connection says nothing of who listens behind the broker: deliveries tell, and heartbeats where there are any. */
  link(): LinkStatus | undefined {
    return this.#heartbeat.link;
  }

  certificate(): FarCertificate | undefined {
    return this.#certificates.last;
  }

  async examine(): Promise<never> {
    throw new GatewayError('COMMAND_UNSUPPORTED', `Uplink ${this.id} has no doctor: its log and the reasons of its deliveries tell.`);
  }

  /** One connection: throws when it cannot be made or is lost; the supervisor calls again, with its jittered wait. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#connection(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#heartbeat.missed(error);
      this.#why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      throw error;
    }
  }

  async #connection(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { url, username, version, keepalive, window } = this.#config;
    const target = new URL(url);
    const secure = target.protocol === 'mqtts:';
    using opening = this.#context.clock.deadline(seconds(10), signal);
    const at = { host: bareHost(target.hostname), port: Number(target.port) || (secure ? 8883 : 1883) };
    const socket = await dial({ ...at, tls: secure ? await trustOf(this.id, this.#config) : undefined }, opening).catch((error: unknown) => {
      void this.#certificates.refused(error, at);
      throw error;
    });
    if (secure) this.#certificates.taken(socket as TLSSocket);
    const password = this.#settings.secret?.reveal();
    // Few boxes have such an uplink, and its library takes more memory than the rest of this one.
    const { connectMqtt } = await import('../protocols/mqtt/connect.ts');
    await using connection = await connectMqtt(socket, { clientId: this.#clientId, username, password, version, keepalive }, opening);
    const publisher = new Publisher(connection, window);
    this.#publisher = publisher;
    this.#context.log.info('uplink connected', { uplink: this.id, window: publisher.window });
    using beats = linked(signal);
    const beating = this.#heartbeat.run(beats.signal);
    try {
      const error = await goneOrAborted(connection.lost, signal);
      if (!error) return;
      throw new GatewayError('DELIVERY_UNANSWERED', `The broker of uplink ${this.id} at ${target.host} is gone: ${error.message}`, {
        cause: error,
        context: { uplink: this.id },
      });
    } finally {
      this.#publisher = undefined;
      beats.abort();
      await beating;
    }
  }

  async #beat(body: string, campus: string, signal: AbortSignal): Promise<void> {
    const { heartbeatTopic, timeout } = this.#config;
    const publisher = this.#publisher;
    if (!publisher) throw new Error(this.#why);
    using limit = this.#context.clock.deadline(seconds(timeout), signal);
    const code = await publisher.publish(heartbeatTopic.replaceAll('{campus}', campus), body, limit);
    if (code !== 0) throw new Error(`PUBACK reason code 0x${code.toString(16)}`);
  }

  async deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }> {
    const topic = this.#topicOf(delivery);
    const publisher = this.#publisher;
    if (!publisher) throw this.#unanswered(delivery, this.#why);
    const size = Buffer.byteLength(delivery.body);
    const most = Math.min(this.#config.maxBytes, publisher.mostBytes - packetRoom);
    if (size > most) throw this.#refused(delivery, `its body of ${size} bytes is over the limit of ${most}`);
    const body = await bodyWithEvidence(delivery, { uplink: this.id, settings: this.#config, context: this.#context }, most);
    using limit = this.#context.clock.deadline(seconds(this.#config.timeout), signal);
    let code: number;
    left?.();
    try {
      code = await publisher.publish(topic, body, limit);
    } catch (cause) {
      const late = cause instanceof DOMException;
      throw this.#unanswered(delivery, late ? 'no PUBACK in time' : cause instanceof Error ? cause.message : String(cause), cause);
    }
    if (code === 0) return { proof: 'PUBACK' };
    // 0x10 is a success code, but it says that the broker threw the event away, as nobody subscribes: no proof of anything.
    if (code === nobodyListens) throw this.#unanswered(delivery, 'PUBACK reason code 0x10: nobody at the broker subscribes to the topic');
    const reason = `PUBACK reason code 0x${code.toString(16)}`;
    throw laterCodes.has(code) ? this.#unanswered(delivery, reason) : this.#refused(delivery, reason);
  }

  #topicOf(delivery: Delivery): string {
    const { topic } = this.#config;
    if (!topic.includes('{')) return topic;
    const campus = campusOf(delivery.body);
    if (campus === undefined && topic.includes('{campus}')) throw this.#refused(delivery, 'its body names no campus to make the topic from');
    return topic.replaceAll('{campus}', campus ?? '').replaceAll('{kind}', delivery.kind);
  }

  #refused(delivery: Delivery, why: string): GatewayError {
    return new GatewayError('DELIVERY_REFUSED', `Uplink ${this.id} cannot deliver event ${delivery.event}: ${why}.`, {
      context: { uplink: this.id, event: delivery.event },
    });
  }

  #unanswered(delivery: Delivery, why: string, cause?: unknown): GatewayError {
    return new GatewayError(
      'DELIVERY_UNANSWERED',
      `The broker of uplink ${this.id} did not take event ${delivery.event}: ${why.replace(/\.$/, '')}.`,
      {
        cause,
        context: { uplink: this.id, event: delivery.event },
      },
    );
  }
}

function campusOf(body: string): string | undefined {
  try {
    const campus = (JSON.parse(body) as { event?: { campus?: unknown } } | null)?.event?.campus;
    return typeof campus === 'string' && /^[a-z0-9][a-z0-9_-]*$/.test(campus) ? campus : undefined;
  } catch {
    return undefined; // Not JSON: the caller refuses the delivery with a sentence that says so.
  }
}

/** Undefined: aborted first. Leaves no listener behind, as a link may come and go for years under one signal. */
async function goneOrAborted(lost: Promise<Error>, signal: AbortSignal): Promise<Error | undefined> {
  let wake = (): void => undefined;
  const stop = new Promise<undefined>((resolve) => {
    wake = () => resolve(undefined);
  });
  if (signal.aborted) wake();
  signal.addEventListener('abort', wake, { once: true });
  try {
    return await Promise.race([lost, stop]);
  } finally {
    signal.removeEventListener('abort', wake);
  }
}
