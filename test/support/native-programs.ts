/** The C++ programs of test/bench/native: compiled at first use, again when a source changes, and run as children that end with us. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { threadMillisOf } from './measure-process.ts';

const sources = fileURLToPath(new URL('../bench/native', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/campus-gateway-bench', import.meta.url));
const flags = ['-O2', '-std=c++20', '-Wall', '-Wextra', '-Werror'];

export type NativeName = 'camera-farm' | 'floor-relay' | 'drain-client' | 'cut-power';

/** A child that is told lines, and says some. */
export interface LineProgram extends AsyncDisposable {
  say(line: string): void;
  /** The next line that it says; rejects where it ends before. */
  line(): Promise<string>;
  threadMillis(): ReadonlyMap<string, number>;
}

/** Path of what `make(path)` leaves, made once for each different `key`. Runs at the same time do not meet: each makes its own, the last one stays. */
export function cached(name: string, key: string, make: (path: string) => void): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const path = join(cache, `${digest}-${name}`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const made = join(cache, `${process.pid}-${digest}-${name}`);
  make(made);
  renameSync(made, path);
  return path;
}

/** Its path. Throws where it cannot be compiled. */
export const nativeProgram = (name: NativeName): string => compiled(name, name, flags);

/** … of a library that the loader puts before the C library's own calls. */
export const preloaded = (name: 'disk-faults'): string => compiled(name, `${name}.so`, [...flags, '-shared', '-fPIC']);

function compiled(name: string, made: string, options: readonly string[]): string {
  const text = readdirSync(sources)
    .toSorted()
    .map((file) => readFileSync(join(sources, file), 'utf8'));
  return cached(made, [...options, ...text].join('\0'), (path) => {
    const { status, error, stderr } = spawnSync('g++', [...options, '-o', path, join(sources, `${name}.cpp`)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`g++ cannot compile ${name}: ${error?.message ?? stderr}`);
  });
}

export function runNative(name: NativeName, options: Readonly<Record<string, string | number | undefined>>): LineProgram {
  const words = Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [`--${option}`, String(value)]));
  return runByLines(name, nativeProgram(name), words);
}

export function runByLines(name: string, program: string, words: readonly string[]): LineProgram {
  const child: ChildProcess & { stdin: NonNullable<ChildProcess['stdin']>; stdout: NonNullable<ChildProcess['stdout']> } = spawn(program, words, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  child.stdin.on('error', () => undefined); // It is gone: whoever waits for a line is told.
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    say: (line) => void child.stdin.write(`${line}\n`),
    async line() {
      const next = await lines.next();
      if (next.done) throw new Error(`${name} ended by itself (${(await gone).join(' ')}).`);
      return next.value;
    },
    threadMillis: () => threadMillisOf(child.pid),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await gone;
    },
  };
}
