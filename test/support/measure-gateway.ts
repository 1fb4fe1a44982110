/** The gateway as a child process that can be killed with -9 and started again on the same ports and the same data folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import type { Millis } from '../../gateway/domain/time.ts';
import { freePorts } from './free-ports.ts';
import { builtGateway, builtOptions } from './measure-build.ts';
import { cpuMillisOf, residentMegabytesOf, threadMillisOf } from './measure-process.ts';

export interface Broken {
  readonly acknowledgeBeforeCommit?: boolean;
  readonly sendTwice?: boolean;
  readonly synchronous?: 'NORMAL';
  readonly commitDelayMillis?: number;
  readonly mediaFaults?: boolean;
  readonly mediaWatchdog?: boolean;
  readonly mistakes?: readonly ('wall-clock' | 'silence-is-yes' | 'no-session' | 'one-certificate')[];
  /** Each call leaves a socket and a timer. */
  readonly careless?: boolean;
}

export interface GatewayChild extends AsyncDisposable {
  readonly dataFolder: string;
  readonly broker: string;
  /** Plain HTTP on loopback. */
  readonly origin: string;
  /** HTTPS, with the certificate that the gateway made itself. */
  readonly secureOrigin: string;
  readonly rtspPort: number;
  /** RTSP over TLS, with the same certificate. */
  readonly rtspsPort: number;
  /** Epoch ms of each start. */
  readonly starts: readonly number[];
  /** Of each start that came so far, ms from spawn to the line `takes alarms`. */
  readonly alarmReady: readonly number[];
  /** Times that it ended by itself. */
  readonly unplannedExits: number;
  /** Resolves with the milliseconds from spawn to the line `ready`; undefined if it was killed before. Throws where it ends by itself. */
  start(): Promise<number | undefined>;
  /** kill -9; resolves once it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** A line on its standard input. */
  type(line: string): void;
  /** Times that it has logged this message. */
  said(message: string): number;
  /** Resolves with monotonic ms when it next logs this message; undefined if it does not within `patience`. */
  says(message: string, patience: Millis): Promise<number | undefined>;
  /** A metric's samples by its labels as they stand in the text, for example `quantile="0.99"`. */
  metric(name: string): Promise<ReadonlyMap<string, number>>;
  /** CPU milliseconds that all its threads have used (Linux). */
  cpuMillis(): number;
  /** … and by thread. The main thread has the number of the process. */
  threadMillis(): ReadonlyMap<string, number>;
  readonly pid: number | undefined;
  /** Resident memory of the process, MB (Linux). */
  residentMegabytes(): number;
}

export interface GatewayChildOptions {
  readonly broken?: Broken;
  readonly rtsp?: boolean;
  /** Where it keeps what lasts; below `folder` unless given. */
  readonly dataFolder?: string;
  /** Files: the certificate of its HTTPS and its MQTT, which then is MQTTS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** A broker of the site beside its own, named `site`. */
  readonly siteBroker?: string;
  /** File of whoever vouches for it. */
  readonly siteAuthority?: string;
  /** The cores that it may use, as taskset has them. */
  readonly cores?: string;
  /** Added to its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly patience: Millis;
}

export async function openGatewayChild(folder: string, options: GatewayChildOptions): Promise<GatewayChild> {
  const [https, plain, mqtt, rtsp, rtsps] = await freePorts(5);
  const { dataFolder = join(folder, 'data'), tls } = options;
  const config = join(folder, 'gateway.yaml');
  const address = '127.0.0.1';
  const settings = {
    dataFolder,
    http: {
      address,
      port: https,
      plain: { enabled: true, address, port: plain },
      ...(tls ? { tls: { certificate: tls.certificate, key: tls.key } } : {}),
    },
    mqtt: {
      tls: { enabled: tls !== undefined, address, port: mqtt },
      plain: { enabled: tls === undefined, address, port: mqtt },
      ...(options.siteBroker === undefined ? {} : { external: [siteOf(options.siteBroker, options.siteAuthority)] }),
    },
    rtsp: { enabled: options.rtsp ?? false, address, port: rtsp, tls: { address, port: rtsps }, udp: { address, port: 0 } },
    ...(options.broken ? { testing: options.broken } : {}),
  };
  writeFileSync(config, stringify(settings));
  const starts: number[] = [];
  const alarmReady: number[] = [];
  let child: ChildProcess | undefined;
  let expected = false;
  let unplannedExits = 0;
  const tail: string[] = [];
  const listeners = new Set<(message: string) => void>();
  const counts = new Map<string, number>();
  const hear = (line: string) => {
    const message = /"msg":"([^"]*)"/.exec(line)?.[1] ?? '';
    counts.set(message, (counts.get(message) ?? 0) + 1);
    for (const listener of [...listeners]) listener(message);
  };

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = child;
    if (!ending) return null;
    expected = true;
    if (ending.exitCode === null && ending.signalCode === null) {
      const gone = once(ending, 'exit');
      ending.kill(signal);
      await gone;
    }
    child = undefined;
    return ending.exitCode;
  };
  // Nothing is left running when the harness itself is interrupted.
  const orphaned = () => child?.kill('SIGKILL');
  process.on('exit', orphaned);

  return {
    dataFolder,
    broker: `${tls ? 'mqtts' : 'mqtt'}://${address}:${mqtt}`,
    origin: `http://${address}:${plain}`,
    secureOrigin: `https://${address}:${https}`,
    rtspPort: rtsp ?? 0,
    rtspsPort: rtsps ?? 0,
    starts,
    alarmReady,
    get unplannedExits() {
      return unplannedExits;
    },
    start: () =>
      new Promise((resolve, reject) => {
        const began = performance.now();
        starts.push(Date.now());
        expected = false;
        const words = [process.execPath, ...builtOptions(), builtGateway, 'serve', '--config', config];
        const [command = '', ...rest] = options.cores === undefined ? words : ['taskset', '--cpu-list', options.cores, ...words];
        const program = spawn(command, rest, {
          env: { ...environment(options.broken !== undefined), ...options.environment },
          stdio: ['pipe', 'pipe', 'pipe'],
        });
        child = program;
        const late = setTimeout(() => reject(failure(`was not ready within ${options.patience} ms`, tail)), options.patience);
        const note = (line: string) => {
          tail.push(line);
          if (tail.length > 20) tail.shift();
        };
        program.stdin.on('error', () => undefined); // It was killed while something was typed.
        createInterface({ input: program.stdout }).on('line', (line) => {
          note(line);
          hear(line);
          if (line.includes('"msg":"takes alarms"')) alarmReady.push(performance.now() - began);
          if (!line.includes('"msg":"ready"')) return;
          clearTimeout(late);
          resolve(performance.now() - began);
        });
        createInterface({ input: program.stderr }).on('line', note);
        program.once('exit', (code, signal) => {
          clearTimeout(late);
          if (expected) {
            resolve(undefined); // no effect where it was ready
            return;
          }
          unplannedExits += 1;
          reject(failure(`ended by itself (${signal ?? code})`, tail));
        });
      }),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    type: (line) => void child?.stdin?.write(`${line}\n`),
    said: (message) => counts.get(message) ?? 0,
    says: (message, patience) =>
      new Promise((resolve) => {
        const settle = (at: number | undefined) => {
          clearTimeout(late);
          listeners.delete(listener);
          resolve(at);
        };
        const listener = (heard: string) => {
          if (heard === message) settle(performance.now());
        };
        const late = setTimeout(() => settle(undefined), patience);
        listeners.add(listener);
      }),
    async metric(name) {
      const token = readFileSync(join(dataFolder, 'metrics.token'), 'utf8').trim();
      const reply = await fetch(`http://${address}:${plain}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      if (!reply.ok) throw new Error(`/metrics answered ${reply.status}.`);
      return samplesOf(await reply.text(), name);
    },
    cpuMillis: () => cpuMillisOf(child?.pid),
    threadMillis: () => threadMillisOf(child?.pid),
    get pid() {
      return child?.pid;
    },
    residentMegabytes: () => residentMegabytesOf(child?.pid),
    async [Symbol.asyncDispose]() {
      process.off('exit', orphaned);
      await end('SIGKILL');
    },
  };
}

const siteOf = (url: string, authorityFile?: string) => ({ name: 'site', url, ...(authorityFile === undefined ? {} : { authorityFile }) });

function environment(broken: boolean): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CAMPUS_GATEWAY_'));
  return { ...Object.fromEntries(inherited), ...(broken ? { CAMPUS_GATEWAY_TESTING: '1' } : {}) };
}

function failure(what: string, tail: readonly string[]): Error {
  return new Error(`The gateway ${what}. It said last:\n${tail.join('\n')}`);
}

function samplesOf(text: string, name: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, metric, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (metric === name) samples.set(labels, Number(value));
  }
  return samples;
}
