/** Ports of our own, for whoever must come back at the one he had. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(tmpdir(), 'campus-test-ports');
const claims = new Set<string>();

/**
 * Free on loopback, and claimed until this process ends: another one that takes its ports here gets others, also while nobody listens at
 * ours. Below the range that the system takes outgoing ports from: there, somebody's connection could take ours while the gateway is down,
 * and a panel that calls a closed port could even be connected to itself.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (claim(port) && (await bindable(port))) ports.push(port);
  }
  return ports;
}

function claim(port: number): boolean {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    // Of a process that was killed nobody else takes the claim away: it is free from the next look on.
    if (!lives(file)) rmSync(file, { force: true });
    return false;
  }
  if (claims.size === 0) process.on('exit', () => claims.forEach((each) => void rmSync(each, { force: true })));
  claims.add(file);
  return true;
}

function lives(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Written a moment after it was made.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** By TCP and by UDP. */
async function bindable(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket('udp4');
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await once(socket.bind(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}
