/** A broker, our own or a mosquitto, with a fleet behind it and two panels in front; the intake is a list. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerAddresses } from '../../adapters/panels/broker-listeners.ts';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { esphomeDialect } from '../../adapters/panels/dialects/esphome.ts';
import { tasmotaDialect } from '../../adapters/panels/dialects/tasmota.ts';
import { type BrokerLimits, embeddedBroker } from '../../adapters/panels/embedded-broker.ts';
import { externalBroker } from '../../adapters/panels/external-broker.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Mosquitto, openMosquitto } from './mosquitto.ts';
import { eventually, logInto, panelOf, password } from './panels.ts';
import { type RecordingFleet, recordingFleet } from './recording-fleet.ts';

export interface Rig extends AsyncDisposable, Pick<RecordingFleet, 'reports' | 'lines' | 'fleet' | 'inventory' | 'audit' | 'commit' | 'openAlarms'> {
  readonly addresses: BrokerAddresses;
  connect(panel: string, options?: IClientOptions): Promise<MqttClient>;
}

export interface RigOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly limits?: Partial<BrokerLimits>;
  readonly panels?: readonly Panel[];
  /** A mosquitto that the site runs, in place of ours: the program. */
  readonly mosquitto?: string;
}

export async function brokerRig(options: RigOptions = {}): Promise<Rig> {
  const recording = recordingFleet({
    panels: options.panels ?? [panelOf('gate'), panelOf('gate-2')],
    dialects: [campusDialect, esphomeDialect, tasmotaDialect],
    reconcileAfter: millis(100),
  });
  const { fleet, lines } = recording;
  const log = logInto(lines);
  const clients: MqttClient[] = [];
  const life = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const site = options.mosquitto === undefined ? undefined : await openMosquitto(options.mosquitto);
  const atSite = async ({ url, start }: Mosquitto): Promise<BrokerAddresses> => {
    await start();
    running = externalBroker({ name: 'site', url, clientId: 'gateway', clock: systemClock, log }).run(fleet.doorFor('embedded'), life.signal);
    await eventually(() => lines.some(({ message }) => message === 'panel topics heard'), 20_000);
    return { plain: { address: '127.0.0.1', port: Number(new URL(url).port), exposed: false } };
  };
  const atOurs = () =>
    new Promise<BrokerAddresses>((resolve, reject) => {
      running = embeddedBroker({
        plain: { address: '127.0.0.1', port: 0 },
        ...(options.tls ? { tls: { address: '127.0.0.1', port: 0, ...options.tls } } : {}),
        ...(options.limits ? { limits: options.limits } : {}),
        clock: systemClock,
        log,
        onListening: resolve,
      }).run(fleet.doorFor('embedded'), life.signal);
      running.catch(reject);
    });
  const addresses = await (site ? atSite(site) : atOurs());
  return Object.assign(recording, {
    addresses,
    async connect(panel: string, more: IClientOptions = {}) {
      const client = mqtt.connect(`mqtt://127.0.0.1:${addresses.plain!.port}`, {
        clientId: panel,
        username: panel,
        password: `${panel}:${password}`,
        protocolVersion: 4,
        reconnectPeriod: 0,
        keepalive: 30,
        ...more,
      });
      clients.push(client);
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve());
        client.once('error', reject);
        client.once('close', () => reject(new Error('closed before it was connected')));
      });
      client.on('error', () => undefined); // what happens later is each test's business
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.end(true);
      life.abort();
      await running;
      await site?.[Symbol.asyncDispose]();
      fleet[Symbol.dispose]();
    },
  });
}
