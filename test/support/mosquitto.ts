/** A real mosquitto on a port of its own, which keeps what it holds over an orderly restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { freePorts } from './free-ports.ts';

export interface Mosquitto extends AsyncDisposable {
  readonly url: string;
  /** Resolves once it takes connections. */
  start(): Promise<void>;
  /** Resolves once it is gone. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** While it is stopped: what it kept of sessions and messages is gone. */
  forget(): void;
}

export interface MosquittoOptions {
  /** Files, read anew at each start. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** `program`: as `peer` found it. */
export async function openMosquitto(program: string, { tls }: MosquittoOptions = {}): Promise<Mosquitto> {
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'campus-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(
    config,
    [
      ...[`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true', 'max_queued_messages 0'],
      ...(tls ? [`certfile ${tls.certificate}`, `keyfile ${tls.key}`] : []),
      // As root it would change to a user who may not write here.
      ...['user root', 'persistence true', `persistence_location ${folder}/`, ''],
    ].join('\n'),
  );
  let child: ChildProcess | undefined;
  const stop: Mosquitto['stop'] = async (signal) => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill(signal);
    await gone;
  };
  const orphaned = () => child?.kill('SIGKILL');
  process.on('exit', orphaned);
  return {
    url: `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`,
    async start() {
      child = spawn(program, ['-c', config], { stdio: 'ignore' });
      await listens(port);
    },
    stop,
    forget: () => rmSync(join(folder, 'mosquitto.db'), { force: true }),
    async [Symbol.asyncDispose]() {
      process.off('exit', orphaned);
      await stop('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Resolves once a broker takes connections there. */
export async function listens(port: number): Promise<void> {
  const limit = performance.now() + seconds(60);
  while (!(await answers(port))) {
    if (performance.now() > limit) throw new Error('mosquitto takes no connections.');
    await systemClock.sleep(millis(20));
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
