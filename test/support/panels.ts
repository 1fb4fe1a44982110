/** Panels as tests enter them, and what they say. */
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Inventory, Panel } from '../../gateway/domain/campus.ts';
import { campusId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import type { InventoryReader, Logger } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';

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

export const topic = (panel: string, name: string) => `campus/north/panel/${panel}/${name}`;

export function evt(seq: number, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ v: 1, seq, boot: 'b1', ts: Date.now(), zone: 7, part: 1, code: '1122', ...more });
}

/** Waits until the claim holds. */
export async function eventually(claim: () => boolean, within = 60_000): Promise<void> {
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
