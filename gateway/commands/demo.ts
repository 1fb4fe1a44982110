/** `demo`: a whole simulated school, the police side and the gateway, on loopback, with nothing to configure. Also the first scenario test. */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { CameraRunner, SimulatedCampus } from '../../simulators/campus.ts';
import type { PanelSimulator } from '../../simulators/panel/simulator.ts';
import { assemble, type Gateway } from '../assemble.ts';
import type { Inventory } from '../domain/campus.ts';
import type { Fmp4Message } from '../domain/media.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { type Millis, seconds } from '../domain/time.ts';
import { parseConfig } from '../runtime/config.ts';
import { packageRoot } from '../runtime/package-root.ts';
import { Scope } from '../runtime/scope.ts';
import { hostPort } from './common.ts';

export interface DemoOptions {
  readonly clock: Clock;
  readonly log: Logger;
  print(line: string): void;
  /** Before the button is pressed. */
  readonly pressAfter?: Millis;
  /** The school; config/demo-campus.yaml unless given. */
  readonly campusFile?: string;
  /** False: any free ports, for tests. */
  readonly usualPorts?: boolean;
  /** True, for tests: the media worker can be broken. */
  readonly breakable?: boolean;
  /** Absent: as the campus file says. */
  readonly camera?: CameraRunner;
}

export interface Demo extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly school: SimulatedCampus;
  /** Frames seen so far, by channel. */
  readonly frames: ReadonlyMap<string, number>;
  /** Data folder; gone when the demo ends. */
  readonly folder: string;
  readonly panels: ReadonlyMap<string, PanelSimulator>;
  /** Resolves once the police side has the alarm of the first press. */
  readonly delivered: Promise<void>;
}

const buttonPanel = 'guard-room';
const buttonZone = '1';

export async function openDemo(options: DemoOptions, signal: AbortSignal): Promise<Demo> {
  const { clock, log, print } = options;
  const { openSimulatedCampus, readCampusFile, cameraRunner } = await import('../../simulators/index.ts');
  await using scope = new Scope();
  const folder = await mkdtemp(join(tmpdir(), 'campus-gateway-demo-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));

  print('Building a school … 正在搭建模拟校园 …');
  const school = scope.own(
    await openSimulatedCampus(await readCampusFile(options.campusFile ?? join(packageRoot, 'config/demo-campus.yaml')), {
      ...{ clock, log, ledger: join(folder, 'police-ledger.jsonl') },
      camera: options.camera ?? cameraRunner(),
    }),
  );
  const gateway = scope.own(
    await assemble(parseConfig(await demoConfig(options), join(folder, 'gateway.yaml'), { CAMPUS_GATEWAY_TESTING: options.breakable ? '1' : '0' }), {
      clock,
      log,
    }),
  );
  const passwords = fill(gateway, school.inventory());
  const panels = school.connectPanels({
    broker: `mqtts://${hostPort(gateway.mqttTls ?? gateway.https)}`,
    tls: { fingerprint256: gateway.fingerprint256 },
    passwords,
  });
  const key = gateway.inventory.issueStreamKey('demo');
  tell(gateway, key, print);

  const ending = new AbortController();
  setMaxListeners(0, ending.signal); // each camera is watched until it
  const frames = watch({ gateway, clock, scope }, ending.signal);
  scope.defer(() => ending.abort());
  signal.addEventListener('abort', () => ending.abort(), { once: true });
  const delivered = (async () => {
    await clock.sleep(options.pressAfter ?? seconds(10), ending.signal);
    print('A panic button is pressed in the guard room. 门卫室按下紧急按钮。');
    panels.get(buttonPanel)?.trip(buttonZone);
    const row = await school.police.arrival((arrived) => arrived.answer === 'accepted' && arrived.body.includes('"alarm.raised"'), ending.signal);
    print(`The police side has it: event ${row.eventId}, signature ${row.signatureOk ? 'good' : 'BAD'}. 公安侧已收到并确认。`);
    const flowing = [...frames.values()].filter((count) => count > 0).length;
    print(`${flowing} of ${frames.size} streams are flowing. ${flowing} 路码流正在传输。`);
  })();
  delivered.catch((error: unknown) => {
    if (!ending.signal.aborted) log.error('demo failed', { error });
  });
  const owned = scope.release();
  return { gateway, school, frames, folder, delivered, panels, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

/** The usual ports where they are free, so that the printed addresses are easy to read; any others elsewhere. */
async function demoConfig({ usualPorts = true, breakable = false }: DemoOptions): Promise<string> {
  const address = '127.0.0.1';
  const port = (usual: number) => (usualPorts ? freeOr0(address, usual) : Promise.resolve(0));
  return JSON.stringify({
    dataFolder: './data',
    log: { level: 'warn' },
    http: { address, port: await port(8443), plain: { enabled: true, address, port: await port(8080) } },
    mqtt: { tls: { address, port: await port(8883) } },
    rtsp: { address, port: await port(8554), tls: { address, port: await port(8322) }, udp: { address, port: 0 } },
    webrtc: { udp: { from: 0, to: 0 } },
    ...(breakable ? { testing: { mediaFaults: true } } : {}),
  });
}

function freeOr0(address: string, port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(port, address, () => probe.close(() => resolve(port)));
  });
}

/** Enters the school into the inventory; returns the passwords that the panels were given. */
function fill({ inventory }: Gateway, school: Inventory): Readonly<Record<string, string>> {
  inventory.putCampus(school.campus);
  for (const place of school.places) inventory.putPlace(place);
  for (const camera of school.cameras) inventory.putCamera(camera);
  for (const channel of school.channels) inventory.putChannel(channel);
  const passwords: Record<string, string> = {};
  for (const panel of school.panels) {
    inventory.putPanel(panel);
    passwords[panel.id] = inventory.newPanelPassword(panel.id);
  }
  for (const uplink of school.uplinks) inventory.putUplink(uplink);
  return passwords;
}

/** Keeps every channel flowing, as a wall would; a camera that is not there yet is asked for again. */
function watch({ gateway, clock, scope }: { gateway: Gateway; clock: Clock; scope: Scope }, signal: AbortSignal): ReadonlyMap<string, number> {
  const frames = new Map<string, number>();
  for (const { id } of gateway.inventory.current().channels) {
    frames.set(id, 0);
    const opened = (async () => {
      while (!signal.aborted) {
        const { port1, port2 } = new MessageChannel();
        port1.on('message', (message: Fmp4Message) => {
          if (message.kind === 'fragment') frames.set(id, (frames.get(id) ?? 0) + 1);
        });
        try {
          const sink = await gateway.watch({ kind: 'fmp4', audio: false, channel: id, profile: 'sub', purpose: 'local', port: port2 }, signal);
          sink.start();
          return { sink, port1 };
        } catch {
          port1.close(); // not connected yet, which the pages show in words: again in a moment
          await clock.sleep(seconds(0.5), signal).catch(() => undefined);
        }
      }
      return undefined;
    })();
    scope.defer(async () => {
      const watching = await opened;
      watching?.port1.close();
      await watching?.sink[Symbol.asyncDispose]();
    });
  }
  return frames;
}

function tell(gateway: Gateway, key: { readonly username: string; readonly password: string }, print: DemoOptions['print']): void {
  const { plain, https, rtsp, claimCode, inventory } = gateway;
  const first = inventory.current().channels[0]?.id;
  print('');
  if (plain) print(`  Console 控制台    http://${hostPort(plain)}/        Wall 大屏  http://${hostPort(plain)}/wall`);
  print(`  HTTPS             https://${hostPort(https)}/       certificate SHA-256 ${gateway.fingerprint256.slice(0, 23)}…`);
  if (claimCode) print(`  Claim code 认领码  ${claimCode}   (open the console, choose a name and a password · 打开控制台创建管理员)`);
  if (rtsp && first) print(`  RTSP 码流          rtsp://${key.username}:${key.password}@${hostPort(rtsp)}/${first}/main`);
  print('  Ctrl-C ends everything and leaves nothing behind. 按 Ctrl-C 结束，不留任何残余。');
  print('');
}
