/**
 * Uplink over MQTT, QoS 1: proof is the PUBACK. The outbox is the gateway's own: MQTT.js stores and re-sends nothing, because every
 * connection has a client of its own and whatever was in flight when it went is told so at once.
 *
 * What a PUBACK proves depends on the broker. A 3.1.1 broker has no way to say no: mosquitto answers a publish that its ACL denies with a
 * normal PUBACK and drops it (alarm-panels §4.7), so onboarding must see a test event arrive. MQTT 5.0 says so by reason code: prefer `version: 5`.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IConnackPacket, MqttClient } from 'mqtt';
import { z } from 'zod';
import type { UplinkSettings } from '../../gateway/domain/campus.ts';
import type { Delivery } from '../../gateway/domain/delivery.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type EventKind, eventKinds } from '../../gateway/domain/event.ts';
import type { AdapterContext, Uplink, UplinkAdapter } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { connectMqtt } from '../protocols/mqtt/connect.ts';
import { dial } from '../protocols/net/dial.ts';
import { limited } from '../protocols/net/limited.ts';

const config = z.strictObject({
  /** mqtt://host[:1883] or mqtts://host[:8883], without user name and password. */
  url: z
    .string()
    .max(2_048)
    .refine((text) => URL.canParse(text) && /^mqtts?:$/.test(new URL(text).protocol), 'an address such as mqtts://police.example:8883')
    .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', 'an address without user name and password'),
  username: z.string().min(1).max(256).optional(),
  /** `{campus}` is the campus id, `{kind}` the event kind. */
  topic: z
    .string()
    .min(1)
    .max(512)
    .refine((text) => !/[+#\0]/.test(text), 'a topic without "+", "#" and NUL')
    .refine((text) => !/[{}]/.test(text.replaceAll(/\{(campus|kind)\}/g, '')), 'only the placeholders {campus} and {kind}')
    .default('campus/{campus}/alarm'),
  /** Unique at the broker; usual: one made for this process. */
  clientId: z.string().min(1).max(256).optional(),
  /** 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
  version: z.union([z.literal(4), z.literal(5)]).default(4),
  /** Seconds between pings. */
  keepalive: z.int().min(5).max(600).default(30),
  /** Longest wait for a PUBACK, seconds. */
  timeout: z.number().min(0.1).max(120).default(10),
  /** Deliveries in flight at once; the broker's receive maximum (MQTT 5.0) may lower it. */
  window: z.int().min(1).max(256).default(16),
  /** Longest body that this broker takes, bytes. MQTT 5.0 brokers say so themselves. */
  maxBytes: z.int().min(1_024).max(16_777_216).default(262_144),
  accepts: z
    .array(z.enum(eventKinds))
    .min(1)
    .default([...eventKinds]),
  /** PEM file of the authority to trust instead of the system's. */
  ca: z.string().min(1).max(1_024).optional(),
  /** SHA-256 of the one certificate to expect; without `ca` this is the whole proof of identity. */
  fingerprint256: z
    .string()
    .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, 'a SHA-256 fingerprint: 64 hex digits, colons allowed')
    .optional(),
});
export type MqttUplinkConfig = z.output<typeof config>;

export const mqtt: UplinkAdapter<MqttUplinkConfig> = {
  kind: 'mqtt',
  config,
  create(settings, checked, context) {
    return new MqttUplink(settings, checked, context);
  },
};

/** Room for topic, packet id and properties beside the body. */
const packetRoom = 1_024;

/** Reason codes that mean "later", as HTTP 429 does (MQTT 5.0 §3.4.2.1): packet identifier in use, quota exceeded. */
const laterCodes: ReadonlySet<number> = new Set([0x91, 0x97]);
const nobodyListens = 0x10;

/** One connection and what is in flight on it. */
interface Link {
  readonly client: MqttClient;
  readonly window: number;
  readonly most: number;
  /** Rejects each delivery in flight; called when the connection is gone. */
  readonly inFlight: Set<(error: Error) => void>;
  readonly waiting: (() => void)[];
  /** Given up by their deadline but never acknowledged: they still count against the window. */
  abandoned: number;
  acknowledged: number;
}

class MqttUplink implements Uplink {
  readonly id;
  readonly accepts: ReadonlySet<EventKind>;
  readonly window: number;
  readonly #config: MqttUplinkConfig;
  readonly #settings: UplinkSettings;
  readonly #context: AdapterContext;
  readonly #clientId: string;
  #link: Link | undefined;
  #why = 'the connection is not open yet';

  constructor(settings: UplinkSettings, checked: MqttUplinkConfig, context: AdapterContext) {
    this.id = settings.id;
    this.accepts = new Set(checked.accepts);
    this.window = checked.window;
    this.#config = checked;
    this.#settings = settings;
    this.#context = context;
    // The same name for the life of the process: a new connection then takes over a half-open old one instead of standing beside it.
    this.#clientId = checked.clientId ?? `campus-gateway-${settings.id}-${randomBytes(4).toString('hex')}`;
  }

  /** One connection: throws when it cannot be made or is lost; the supervisor calls again, with its jittered wait. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#connection(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      throw error;
    }
  }

  async #connection(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { url, ca, fingerprint256, username, version, keepalive, window, maxBytes } = this.#config;
    const target = new URL(url);
    const secure = target.protocol === 'mqtts:';
    using opening = limited((until) => this.#context.clock.sleep(seconds(10), until), signal);
    const socket = await dial(
      {
        host: target.hostname.replace(/^\[|\]$/g, ''),
        port: Number(target.port) || (secure ? 8883 : 1883),
        tls: secure ? { ca: ca === undefined ? undefined : await readFile(ca, 'utf8'), fingerprint256 } : undefined,
      },
      opening.signal,
    );
    const password = this.#settings.secret?.reveal();
    await using connection = await connectMqtt(socket, { clientId: this.#clientId, username, password, version, keepalive }, opening.signal);
    const { most, receive } = limitsOf(connection.connack);
    const link: Link = {
      client: connection.client,
      window: Math.min(window, receive),
      most: Math.min(maxBytes, most - packetRoom),
      inFlight: new Set(),
      waiting: [],
      abandoned: 0,
      acknowledged: 0,
    };
    this.#link = link;
    this.#context.log.info('uplink connected', { uplink: this.id, window: link.window });
    let failure = new Error('the uplink was closed');
    try {
      const error = await Promise.race([connection.lost, aborted(signal)]);
      if (error) {
        failure = error;
        throw new GatewayError('DELIVERY_UNANSWERED', `The broker of uplink ${this.id} at ${target.host} is gone: ${error.message}`, {
          cause: error,
          context: { uplink: this.id },
        });
      }
    } finally {
      this.#link = undefined;
      for (const reject of [...link.inFlight]) reject(failure);
      for (const wake of link.waiting.splice(0)) wake();
    }
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<{ readonly proof: string }> {
    const topic = this.#topicOf(delivery);
    const link = this.#link;
    if (!link) throw this.#unanswered(delivery, this.#why);
    const size = Buffer.byteLength(delivery.body);
    if (size > link.most) throw this.#refused(delivery, `its body of ${size} bytes is over the limit of ${link.most}`);
    using limit = limited((until) => this.#context.clock.sleep(seconds(this.#config.timeout), until), signal);
    const deadline = limit.signal;
    while (link === this.#link && link.inFlight.size + link.abandoned >= link.window) await this.#room(link, deadline, delivery);
    if (link !== this.#link) throw this.#unanswered(delivery, this.#why);
    return await this.#publish(link, topic, delivery, deadline);
  }

  async #publish(link: Link, topic: string, delivery: Delivery, deadline: AbortSignal): Promise<{ readonly proof: string }> {
    const before = link.acknowledged;
    return new Promise((resolve, reject) => {
      let open = true;
      const settle = () => {
        open = false;
        link.inFlight.delete(lost);
        deadline.removeEventListener('abort', late);
      };
      const lost = (error: Error) => {
        settle();
        reject(this.#unanswered(delivery, error.message, error));
      };
      const late = () => {
        settle();
        link.abandoned += 1;
        // MQTT 3.1.1 §4.4 re-sends on a new connection only. A broker that answered nobody since is dead to us; one that owes a whole window blocks us.
        if (link.acknowledged === before || link.abandoned >= link.window) link.client.stream.destroy();
        reject(this.#unanswered(delivery, 'no PUBACK in time', deadline.reason));
      };
      link.inFlight.add(lost);
      deadline.addEventListener('abort', late, { once: true });
      link.client.publish(topic, delivery.body, { qos: 1 }, (error, packet) => {
        link.acknowledged += 1;
        if (!open) link.abandoned -= 1;
        else {
          settle();
          const code = error && 'code' in error ? Number(error.code) : packet && 'reasonCode' in packet ? Number(packet.reasonCode ?? 0) : 0;
          if (error || code === nobodyListens) reject(this.#judged(delivery, code, error ?? undefined));
          else resolve({ proof: 'PUBACK' });
        }
        link.waiting.shift()?.();
      });
    });
  }

  #judged(delivery: Delivery, code: number, error: Error | undefined): GatewayError {
    // 0x10 is a success code, but it says that the broker threw the event away, as nobody subscribes: no proof of anything.
    if (code === nobodyListens) return this.#unanswered(delivery, 'PUBACK reason code 0x10, nobody at the broker subscribes to the topic');
    const reason = `PUBACK reason code 0x${code.toString(16)}${error ? `, ${error.message}` : ''}`;
    if (code >= 0x80 && !laterCodes.has(code)) return this.#refused(delivery, reason);
    return this.#unanswered(delivery, code >= 0x80 ? reason : (error?.message ?? reason), error);
  }

  async #room(link: Link, deadline: AbortSignal, delivery: Delivery): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const wake = () => {
        deadline.removeEventListener('abort', late);
        resolve();
      };
      const late = () => {
        const place = link.waiting.indexOf(wake);
        if (place >= 0) link.waiting.splice(place, 1);
        reject(this.#unanswered(delivery, `no room among the ${link.window} in flight`, deadline.reason));
      };
      if (deadline.aborted) {
        late();
        return;
      }
      link.waiting.push(wake);
      deadline.addEventListener('abort', late, { once: true });
    });
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

/** MQTT 5.0 §3.2.2.3: what the broker will take; absent means 65,535 publishes and any size. */
function limitsOf(connack: IConnackPacket): { readonly receive: number; readonly most: number } {
  return {
    receive: connack.properties?.receiveMaximum ?? 65_535,
    most: connack.properties?.maximumPacketSize ?? Number.MAX_SAFE_INTEGER,
  };
}

function campusOf(body: string): string | undefined {
  try {
    const campus = (JSON.parse(body) as { event?: { campus?: unknown } } | null)?.event?.campus;
    return typeof campus === 'string' && /^[a-z0-9][a-z0-9_-]*$/.test(campus) ? campus : undefined;
  } catch {
    return undefined; // Not JSON: the caller refuses the delivery with a sentence that says so.
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
