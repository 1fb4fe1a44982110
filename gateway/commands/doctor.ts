/** `doctor`: can this machine run the gateway, and is what it needs there? Each finding with what to do about it. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import type { Words } from '../domain/words.ts';
import type { GatewayConfig } from '../runtime/config.ts';
import { configWarnings } from '../runtime/config-rules.ts';
import { findFfmpeg } from '../runtime/ffmpeg-path.ts';

export interface DoctorFinding {
  readonly name: string;
  readonly verdict: 'well' | 'warning' | 'problem';
  readonly sentence: Words;
}

const run = promisify(execFile);

export async function examine(config: GatewayConfig): Promise<readonly DoctorFinding[]> {
  const tools = ['python3', 'make', 'g++'] as const;
  return [
    node(),
    sqlite(),
    ...(await Promise.all(tools.map(tool))),
    await ffmpeg(config),
    await disk(config),
    ...(await Promise.all(portsOf(config).map(port))),
    ...configWarnings(config).map((sentence) => ({ name: 'config', verdict: 'warning', sentence }) as const),
  ];
}

function node(): DoctorFinding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const well = (major === 20 && minor >= 19) || (major > 20 && major < 27);
  const found = process.versions.node;
  return {
    name: 'node',
    verdict: well ? 'well' : 'problem',
    sentence: well
      ? { zh: `Node ${found}。`, en: `Node ${found}.` }
      : { zh: `Node ${found} 不受支持，需要 20.19 至 26。`, en: `Node ${found} is not supported: 20.19 to 26 is needed.` },
  };
}

function sqlite(): DoctorFinding {
  const database = new Database(':memory:');
  const found = String(database.prepare('SELECT sqlite_version()').pluck().get());
  database.close();
  return { name: 'sqlite', verdict: 'well', sentence: { zh: `SQLite ${found}。`, en: `SQLite ${found}.` } };
}

/** Needed to compile better-sqlite3 where no prebuilt file fits (always on Node 20). */
async function tool(name: string): Promise<DoctorFinding> {
  try {
    const { stdout } = await run(name, ['--version'], { timeout: 10_000 });
    const first = stdout.split('\n')[0] ?? '';
    return { name, verdict: 'well', sentence: { zh: `${first}。`, en: `${first}.` } };
  } catch {
    return {
      name,
      verdict: 'warning',
      sentence: { zh: `缺少 ${name}：重新安装依赖时需要它。`, en: `${name} is missing: it is needed when dependencies are installed again.` },
    };
  }
}

async function ffmpeg(config: GatewayConfig): Promise<DoctorFinding> {
  try {
    const { path, version } = await findFfmpeg(config.ffmpeg.path);
    return { name: 'ffmpeg', verdict: 'well', sentence: { zh: `ffmpeg ${version}（${path}）。`, en: `ffmpeg ${version} (${path}).` } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name: 'ffmpeg', verdict: 'warning', sentence: { zh: `没有 ffmpeg：转发不受影响，模拟摄像机不可用。`, en: why } };
  }
}

async function disk(config: GatewayConfig): Promise<DoctorFinding> {
  const folder = process.cwd();
  const { bavail, bsize } = await statfs(config.dataFolder).catch(() => statfs(folder)); // the data folder may not exist before the first start
  const megabytes = Math.round((bavail * bsize) / 1024 / 1024);
  const well = megabytes >= 1_024;
  return {
    name: 'disk',
    verdict: well ? 'well' : 'problem',
    sentence: { zh: `数据盘剩余 ${megabytes} MB。`, en: `${megabytes} MB free for data.` },
  };
}

function portsOf(config: GatewayConfig): readonly { readonly name: string; readonly address: string; readonly port: number }[] {
  const { http, mqtt, rtsp } = config;
  return [
    { name: 'https', address: http.address, port: http.port },
    ...(http.plain.enabled ? [{ name: 'http', ...http.plain }] : []),
    ...(mqtt.tls.enabled ? [{ name: 'mqtts', ...mqtt.tls }] : []),
    ...(mqtt.plain.enabled ? [{ name: 'mqtt', ...mqtt.plain }] : []),
    ...(rtsp.enabled ? [{ name: 'rtsp', ...rtsp }] : []),
    ...(rtsp.enabled && rtsp.tls.enabled ? [{ name: 'rtsp.tls', ...rtsp.tls }] : []),
  ];
}

function port({ name, address, port: number }: { readonly name: string; readonly address: string; readonly port: number }): Promise<DoctorFinding> {
  const where = `${address}:${number}`;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) =>
      resolve({
        name,
        verdict: 'warning',
        sentence: { zh: `${where} 已被占用（网关正在运行？）。`, en: `${where} is taken (is the gateway running?): ${error.message}` },
      }),
    );
    probe.listen(number, address, () => {
      probe.close(() => resolve({ name, verdict: 'well', sentence: { zh: `${where} 可用。`, en: `${where} is free.` } }));
    });
  });
}
