/** A broker, a fleet and two panels in one test; the intake is a list. */
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerAddresses } from '../../adapters/panels/broker-listeners.ts';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { esphomeDialect } from '../../adapters/panels/dialects/esphome.ts';
import { type BrokerLimits, embeddedBroker } from '../../adapters/panels/embedded-broker.ts';
import type { Inventory, Panel } from '../../gateway/domain/campus.ts';
import { campusId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import type { InventoryReader, Logger } from '../../gateway/domain/ports.ts';
import type { Report } from '../../gateway/domain/report.ts';
import { type Instant, millis, seconds } from '../../gateway/domain/time.ts';
import { openPanelFleet, type PanelFleet } from '../../gateway/fleet/panels.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';

export const password = 'c3RyZW5ndGggb2YgMTI4IGJpdHM';

export function panelOf(id: string, more: Partial<Panel> = {}): Panel {
  return {
    id: panelId(id),
    name: id,
    dialect: 'campus',
    broker: 'embedded',
    passwordSha256: createHash('sha256').update(`${id}:${password}`).digest('hex'),
    settings: {},
    heartbeatEvery: seconds(20),
    zones: [
      { id: zoneId('1'), name: 'front door', channels: [] },
      { id: zoneId('7'), name: 'gate button', channels: [], type: 'panic.silent' },
    ],
    enabled: true,
    maintenance: false,
    ...more,
  };
}

export function inventoryOf(panels: readonly Panel[]): InventoryReader & { replace(panels: readonly Panel[]): void } {
  let now = panels;
  const current = (): Inventory => ({
    campus: { id: campusId('north'), name: 'North', timeZone: 'Asia/Shanghai', address: '' },
    places: [],
    cameras: [],
    channels: [],
    panels: now,
    uplinks: [],
    rules: [],
  });
  return {
    current,
    async *changes() {},
    replace: (next) => {
      now = next;
    },
  };
}

export interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function logInto(lines: LogLine[]): Logger {
  const line = (message: string, fields: Readonly<Record<string, unknown>> = {}) => void lines.push({ message, fields });
  const log: Logger = { debug: line, info: line, warn: line, error: line, child: () => log };
  return log;
}

export interface Rig extends AsyncDisposable {
  readonly addresses: BrokerAddresses;
  readonly reports: Report[];
  readonly lines: LogLine[];
  readonly fleet: PanelFleet;
  readonly inventory: ReturnType<typeof inventoryOf>;
  /** What the intake does with a report before it is committed. */
  commit: (report: Report, receivedAt: Instant) => Promise<unknown>;
  connect(panel: string, options?: IClientOptions): Promise<MqttClient>;
}

export interface RigOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly limits?: Partial<BrokerLimits>;
  readonly panels?: readonly Panel[];
}

export async function brokerRig(options: RigOptions = {}): Promise<Rig> {
  const inventory = inventoryOf(options.panels ?? [panelOf('gate'), panelOf('gate-2')]);
  const reports: Report[] = [];
  const lines: LogLine[] = [];
  const log = logInto(lines);
  const clients: MqttClient[] = [];
  const fleet = openPanelFleet({
    inventory,
    dialects: new Map([campusDialect, esphomeDialect].map((dialect) => [dialect.name, dialect])),
    intake: {
      report: async (report, receivedAt) => {
        await rig.commit(report, receivedAt);
        reports.push(report);
      },
    },
    openAlarms: () => [],
    clock: systemClock,
    log,
    reconcileAfter: millis(100),
  });
  const life = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const addresses = await new Promise<BrokerAddresses>((resolve, reject) => {
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
  const rig: Rig = {
    addresses,
    reports,
    lines,
    fleet,
    inventory,
    commit: async () => undefined,
    async connect(panel, more = {}) {
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
      fleet[Symbol.dispose]();
    },
  };
  return rig;
}

export const topic = (panel: string, name: string) => `campus/north/panel/${panel}/${name}`;

export function evt(seq: number, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ v: 1, seq, boot: 'b1', ts: Date.now(), zone: 7, part: 1, code: '1122', ...more });
}

/** Waits until the claim holds; fails after 3 s. */
export async function eventually(claim: () => boolean, within = 3_000): Promise<void> {
  const end = performance.now() + within;
  while (!claim()) {
    if (performance.now() > end) throw new Error(`It did not come true: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function selfSigned(): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys: keys,
    signingAlgorithm: algorithm,
    notAfter: new Date('2046-01-01'),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString('pem') };
}
