/** sipp (Debian's sip-tester), a SIP peer of other people's making: its scenarios lie in test/interop/sipp. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.ts';
import { peer } from './peers.ts';
import { runProgram } from './run-program.ts';

export const sipp = peer('sipp');
export const sippPatience = 110_000;
export const sippTransport = { UDP: [], TCP: ['-t', 't1'] } as const;

export const scenario = (name: string) => ['-sf', fileURLToPath(new URL(`../interop/sipp/${name}.xml`, import.meta.url))];

/** Resolves when all its calls went as its scenario says. */
export async function runSipp(args: readonly string[], calls: number): Promise<void> {
  const usual = ['-i', '127.0.0.1', '-m', String(calls), '-nostdin', '-timeout', '100', '-timeout_error'];
  const { code, output, errors } = await runProgram(sipp!, [...args, ...usual], sippPatience);
  if (code !== 0) throw new Error(`sipp ended with ${code}: ${errors.slice(-1_000)}${output.slice(-3_000)}`);
}

interface SippServer extends AsyncDisposable {
  /** What its scenario wrote down, in order. */
  log(): readonly string[];
}

/** Answers whoever calls until it is disposed; then throws where a call did not go as its scenario says. */
export async function openSippServer(args: readonly string[]): Promise<SippServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
  const log = join(folder, 'log');
  const child = spawn(sipp!, [...args, '-i', '127.0.0.1', '-nostdin', '-deadcall_wait', '0', '-trace_logs', '-log_file', log], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-3_000);
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    log() {
      try {
        return readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line !== '');
      } catch {
        return []; // Nothing is written yet.
      }
    },
    async [Symbol.asyncDispose]() {
      // It ends when its calls have.
      child.kill('SIGUSR1');
      const impatient = setTimeout(() => child.kill('SIGKILL'), 60_000);
      const code = await ended;
      clearTimeout(impatient);
      await rm(folder, { recursive: true, force: true });
      if (code !== 0) throw new Error(`sipp ended with ${code}: ${output}`);
    },
  };
}

/** It cannot be told to choose one. */
export async function freePort() {
  const [port = 0] = await freePorts(1);
  return { address: '127.0.0.1', port };
}
