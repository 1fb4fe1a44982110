/** Every secret that a gateway is given or makes, against everything that it says: its log at the finest level, its answers, its metrics, its files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assemble } from '../../gateway/assemble.ts';
import { cameraId, panelId, uplinkId, zoneId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { parseConfig } from '../../gateway/runtime/config.ts';
import { openLogger, silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { runPanelSimulator } from '../../simulators/panel/simulator.ts';
import { runPoliceSimulator } from '../../simulators/platform/simulator.ts';
import { eventually } from '../support/eventually.ts';

const canaryOf = (whose: string) => `canary-${whose}-${'7f3a'.repeat(6)}`;
const given = {
  camera: canaryOf('camera'),
  webhook: canaryOf('webhook'),
  mqtt: canaryOf('mqtt'),
  broker: canaryOf('broker'),
  scrape: canaryOf('scrape'),
  user: canaryOf('user'),
  wrongUser: canaryOf('wrong-user'),
  wrongPanel: canaryOf('wrong-panel'),
};

test('no secret comes out of a gateway whose every peer refuses it', { timeout: 90_000 }, async () => {
  await using scope = new Scope();
  const folder = mkdtempSync(join(tmpdir(), 'campus-canary-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const listen = { address: '127.0.0.1', port: 0 };
  const police = scope.own(
    await runPoliceSimulator({
      ...{ ledger: 'memory', hmacKey: 'another key', clock: systemClock, log: silentLogger },
      webhook: { listen },
      mqtt: { listen, username: 'school', password: 'another password' },
    }),
  );
  writeFileSync(join(folder, 'broker'), `${given.broker}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'scrape'), given.scrape, { mode: 0o600 });
  const config = {
    dataFolder: 'data',
    http: { ...listen, plain: { enabled: true, ...listen } },
    mqtt: {
      tls: { enabled: false },
      plain: { enabled: true, ...listen },
      external: [{ name: 'city', url: police.mqtt?.url, username: 'school', passwordFile: 'broker', version: 4 }],
    },
    rtsp: { enabled: false },
    metrics: { tokenFile: 'scrape' },
  };
  const lines: string[] = [];
  const log = openLogger('debug', { write: (line) => void lines.push(line) });
  const gateway = scope.own(await assemble(parseConfig(JSON.stringify(config), join(folder, 'gateway.yaml')), { clock: systemClock, log }));
  const { inventory } = gateway;
  const common = { enabled: true, maintenance: false };
  const credentials = { username: 'gateway', password: new Secret(given.camera) };
  for (const [id, adapter, address] of [
    ['c1', 'onvif', `${police.webhook?.url}`],
    ['c2', 'rtsp', `rtsp://127.0.0.1:${police.webhook?.port}/live`],
  ] as const) {
    inventory.putCamera({ id: cameraId(id), name: id, adapter, address, credentials, settings: {}, ...common });
  }
  const zones = [{ id: zoneId('1'), name: 'Button', channels: [] }];
  const panel = {
    id: panelId('guard'),
    name: 'Guard',
    dialect: 'campus',
    broker: 'embedded',
    settings: {},
    heartbeatEvery: seconds(20),
    zones,
    ...common,
  };
  inventory.putPanel(panel);
  const panelPassword = inventory.newPanelPassword(panel.id);
  const uplink = (id: string, adapter: string, settings: Record<string, unknown>, secret: string) =>
    inventory.putUplink({ id: uplinkId(id), name: id, adapter, settings, secret: new Secret(secret), enabled: true });
  uplink('web', 'webhook', { url: police.webhook?.url }, given.webhook);
  uplink('line', 'mqtt', { url: police.mqtt?.url, username: 'school' }, given.mqtt);
  const campus = inventory.current().campus.id;
  const broker = `mqtt://127.0.0.1:${gateway.mqttPlain?.port}`;
  const around = { broker, campus, panel: 'guard', zones: [{ id: '1', code: '120' }], clock: systemClock, log: silentLogger };
  scope.own(runPanelSimulator({ ...around, password: given.wrongPanel }));
  await systemClock.sleep(seconds(1));
  const guard = scope.own(runPanelSimulator({ ...around, password: panelPassword }));
  guard.trip('1');
  await eventually(async () => expect(police.ledger().some(({ answer }) => answer === 'refused')).toBe(true));

  const origin = `http://127.0.0.1:${gateway.plain?.port}`;
  const said: string[] = [];
  let cookie = '';
  const ask = async (path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const posted = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const reply = await fetch(origin + path, { ...posted, headers: { 'content-type': 'application/json', origin, cookie, ...headers } });
    return { status: reply.status, text: await reply.text(), setCookie: reply.headers.get('set-cookie') ?? '' };
  };
  const claimed = await ask('/api/v1/claim', { code: gateway.claimCode, name: 'head', password: given.user });
  expect(claimed.status).toBe(201);
  cookie = claimed.setCookie.split(';')[0] ?? '';
  said.push((await ask('/api/v1/session', { name: 'head', password: given.wrongUser })).text);
  const key = JSON.parse((await ask('/api/v1/stream-keys', { label: 'wall' })).text) as { username: string; password: string };
  for (const path of ['cameras', 'panels', 'uplinks', 'users', 'stream-keys', 'devices', 'channels', 'overview', 'alarms', 'events', 'campus']) {
    const reply = await ask(`/api/v1/${path}`);
    expect([path, reply.status]).toEqual([path, 200]);
    said.push(reply.text);
  }
  said.push((await ask('/metrics', undefined, { authorization: `Bearer ${given.scrape}` })).text);
  said.push(JSON.stringify(police.ledger()));

  const token = /=([^;]*)/.exec(cookie)?.[1] ?? 'none';
  const made = { claimCode: gateway.claimCode ?? 'none', panelPassword, streamKey: key.password, token };
  const entries = readdirSync(join(folder, 'data'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  const found = Object.entries({ ...given, ...made }).flatMap(([name, secret]) => {
    expect([name, secret.length > 10]).toEqual([name, true]);
    const forms = [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
      encodeURIComponent(secret),
    ];
    const stands = (texts: readonly string[]) => texts.some((text) => forms.some((form) => text.includes(form)));
    return [stands(lines) ? `${name} in the log` : [], stands(said) ? `${name} in an answer` : [], stands(files) ? `${name} in a file` : []].flat();
  });
  expect(found).toEqual([]);
  expect(lines.length).toBeGreaterThan(20);
});
