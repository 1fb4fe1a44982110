/** Plays the police side: takes alarms by webhook and by MQTT, keeps a ledger, and misbehaves on demand. */
import { setMaxListeners } from 'node:events';
import type { Endpoint } from '../../gateway/domain/media.ts';
import type { Clock, Logger } from '../../gateway/domain/ports.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { type Behaviour, eventOf, type Receiver } from './behaviour.ts';
import { type LedgerRow, openLedger } from './ledger.ts';
import { type MqttDoor, openMqttReceiver } from './mqtt-receiver.ts';
import { openWebhookReceiver, type WebhookDoor } from './webhook-receiver.ts';

export interface PoliceOptions {
  readonly webhook?: Omit<WebhookDoor, 'hmacKey'>;
  readonly mqtt?: MqttDoor;
  /** A file path, or `memory`. */
  readonly ledger: string;
  /** The webhook uplink's secret: with it, a wrong signature is answered 401. */
  readonly hmacKey?: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each arrival, after it is in the ledger. */
  readonly arrived?: (row: LedgerRow) => void;
  /** Told of each delivery as its first bytes come: of one that breaks off there is no arrival. */
  readonly begun?: (eventId: string) => void;
}

/** One alarm as an operator there sees it: repeats of an event id count once. */
export interface PoliceAlarm {
  readonly event: string;
  readonly panel: string;
  readonly zone: string;
  readonly type: string;
  readonly drill: boolean;
}

export interface PoliceSimulator extends AsyncDisposable {
  /** Bound; present for each door that was asked for. */
  readonly webhook?: Endpoint & { readonly url: string };
  readonly mqtt?: Endpoint & { readonly url: string };
  ledger(): readonly LedgerRow[];
  /** Accepted `alarm.raised` events, each once, in the order of arrival. */
  alarms(): readonly PoliceAlarm[];
  /** Resolves once the ledger has a row that satisfies; rows that are in already count. */
  arrival(satisfies: (row: LedgerRow) => boolean, signal: AbortSignal): Promise<LedgerRow>;
  misbehave(behaviour: Behaviour): void;
  /** Resolves once nobody is connected: all that a gateway sent before it was killed is then in the ledger. */
  deserted(): Promise<void>;
  /** Closes every door and drops every connection. */
  down(): Promise<void>;
  /** Back to good behaviour, doors open at the same ports. Exchanges left hanging by silence end without an answer. */
  comeBack(): Promise<void>;
}

export async function runPoliceSimulator(options: PoliceOptions): Promise<PoliceSimulator> {
  await using opening = new Scope();
  const ledger = opening.own(openLedger(options.ledger));
  const watchers = new Set<(row: LedgerRow) => void>();
  const ended = new AbortController();
  // A slow platform keeps many exchanges waiting on this one signal.
  setMaxListeners(0, ended.signal);
  opening.defer(() => ended.abort());
  let behaviour: Behaviour = { kind: 'well' };
  let standing = true;
  const desk = {
    clock: options.clock,
    behaviour: () => behaviour,
    begun: (eventId: string) => options.begun?.(eventId),
    arrived(row: LedgerRow) {
      ledger.append(row);
      options.arrived?.(row);
      for (const watch of [...watchers]) watch(row);
    },
  };
  const receivers: Receiver[] = [];
  const open = async (receiver: Promise<Receiver>) => {
    receivers.push(opening.own(await receiver));
    return receivers.at(-1)!.port;
  };
  const { webhook, mqtt } = options;
  const key = options.hmacKey === undefined ? {} : { hmacKey: options.hmacKey };
  const webPort = webhook && (await open(openWebhookReceiver({ ...webhook, ...key }, desk, ended.signal)));
  const mqttPort = mqtt && (await open(openMqttReceiver(mqtt, desk, ended.signal)));
  const scope = opening.release();
  options.log.info('police side open', { webhook: webPort, mqtt: mqttPort });

  return {
    ...(webhook && webPort ? { webhook: placed(webhook.tls ? 'https' : 'http', webhook.listen.address, webPort, '/alarms') } : {}),
    ...(mqtt && mqttPort ? { mqtt: placed(mqtt.tls ? 'mqtts' : 'mqtt', mqtt.listen.address, mqttPort, '') } : {}),
    ledger: () => ledger.rows(),
    alarms: () => alarmsOf(ledger.rows()),
    arrival: (satisfies, signal) =>
      new Promise((resolve, reject) => {
        const already = ledger.rows().find(satisfies);
        if (already || signal.aborted) {
          if (already) resolve(already);
          else reject(signal.reason);
          return;
        }
        const abandon = () => {
          watchers.delete(watch);
          reject(signal.reason);
        };
        const watch = (row: LedgerRow) => {
          if (!satisfies(row)) return;
          watchers.delete(watch);
          signal.removeEventListener('abort', abandon);
          resolve(row);
        };
        watchers.add(watch);
        signal.addEventListener('abort', abandon, { once: true });
      }),
    misbehave(next) {
      behaviour = next;
    },
    deserted: async () => void (await Promise.all(receivers.map((receiver) => receiver.deserted()))),
    async down() {
      if (!standing) return;
      standing = false;
      await Promise.all(receivers.map((receiver) => receiver.down()));
    },
    async comeBack() {
      behaviour = { kind: 'well' };
      for (const receiver of receivers) receiver.letGo();
      if (standing) return;
      standing = true;
      await Promise.all(receivers.map((receiver) => receiver.up()));
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function placed(scheme: string, address: string, port: number, path: string): Endpoint & { readonly url: string } {
  return { address, port, url: `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}${path}` };
}

function alarmsOf(rows: readonly LedgerRow[]): readonly PoliceAlarm[] {
  const alarms = new Map<string, PoliceAlarm>();
  for (const row of rows) {
    const event = row.answer === 'accepted' ? eventOf(row.body) : undefined;
    if (event?.kind !== 'alarm.raised' || alarms.has(row.eventId)) continue;
    alarms.set(row.eventId, {
      event: row.eventId,
      panel: String(event.panel),
      zone: String(event.zone),
      type: String(event.type),
      drill: event.drill === true,
    });
  }
  return [...alarms.values()];
}
