/** A player that is a program of somebody else: told what to play, heard at its pipes until it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Millis } from '../../../gateway/domain/time.ts';

export interface PlayerProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Each line of its standard output. */
  readonly line?: (line: string) => void;
  /** What it writes to descriptor 3, and to descriptor 4. */
  readonly picture: (bytes: Buffer) => void;
  readonly sound: (bytes: Buffer) => void;
  /** Whether a line of its standard error is a complaint; default: every one. */
  readonly complains?: (line: string) => boolean;
  /** It is killed then, and that is an error. */
  readonly within: Millis;
  /** How it is to be stopped; absent: it ends by itself. */
  readonly stop?: AbortSignal;
}

export interface RunningPlayer {
  /** Standard input, and descriptor 5 for a second one. */
  readonly inputs: readonly [Writable, Writable];
  /** Once it has ended: its complaints. */
  readonly ended: Promise<readonly string[]>;
}

/** Complaints that are kept. */
const most = 20;

export function startPlayer(player: PlayerProgram): RunningPlayer {
  const { program, args, environment, complains = () => true, within } = player;
  const child: ChildProcess = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const [stdin, stdout, stderr, three, four, five] = child.stdio as unknown as [Writable, Readable, Readable, Readable, Readable, Writable];
  for (const input of [stdin, five]) input.on('error', () => undefined); // it has ended: that is told below
  const errors: string[] = [];
  const complain = (text: string) => errors.length < most && errors.push(text);
  three.on('data', player.picture);
  four.on('data', player.sound);
  createInterface({ input: stdout }).on('line', player.line ?? (() => undefined));
  createInterface({ input: stderr }).on('line', (text) => text.trim() !== '' && complains(text) && complain(text));
  const late = setTimeout(() => {
    complain(`${program} was still at it after ${within} ms`);
    child.kill('SIGKILL');
  }, within);
  player.stop?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  const ended = new Promise<readonly string[]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      if (code !== 0) complain(`${program} ended with ${signal ?? code}`);
      resolve(errors);
    });
  });
  return { inputs: [stdin, five], ended };
}
