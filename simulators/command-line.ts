/** What every `campus-gateway simulate …` command shares: its shape, its arguments, and the words typed while it runs. */
import { readFile } from 'node:fs/promises';
import { type Command, CommanderError } from 'commander';
import type { TlsTrust } from '../adapters/protocols/net/dial.ts';
import { GatewayError } from '../gateway/domain/errors.ts';
import type { Clock, Logger } from '../gateway/domain/ports.ts';
import type { Words } from '../gateway/domain/words.ts';
import { aborted } from '../gateway/runtime/shutdown.ts';

export interface SimulatorContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** One line to the person at the terminal. */
  print(line: string): void;
  /** What that person types, line by line; absent: nobody is there. */
  readonly input?: AsyncIterable<string>;
}

export interface Simulator {
  readonly name: string;
  readonly summary: Words;
  /** Runs until aborted, or until its work is done. Throws with a clear sentence. `--help` prints and returns. */
  run(args: readonly string[], context: SimulatorContext, signal: AbortSignal): Promise<void>;
}

/** False: help was asked for and printed. Throws REQUEST_INVALID for arguments that the command does not take. */
export function understood(command: Command, args: readonly string[], context: SimulatorContext): boolean {
  const lines = (text: string) => context.print(text.replace(/\n$/, ''));
  command.exitOverride().configureOutput({ writeOut: lines, writeErr: () => undefined });
  try {
    command.parse([...args], { from: 'user' });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw new GatewayError('REQUEST_INVALID', `${error.message.replace(/^error: /, '')} (see \`simulate ${command.name()} --help\`)`);
  }
}

/** Does what is typed until the end of input or abort; a sentence for what cannot be done, and on it goes. */
export async function obeyTyped(
  context: SimulatorContext,
  act: (words: readonly string[]) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  if (!context.input) return;
  const lines = context.input[Symbol.asyncIterator]();
  const over = aborted(signal).then(() => undefined);
  for (;;) {
    const next = await Promise.race([lines.next().catch(() => undefined), over]); // a closed terminal is the end of input
    if (!next || next.done) return;
    const words = next.value.trim().split(/\s+/);
    if (words[0] === '') continue;
    try {
      await act(words);
    } catch (error) {
      context.print(error instanceof Error ? error.message : String(error));
    }
  }
}

/** `8090`, `127.0.0.1:8090` or `[::1]:8090`; loopback unless an address is given. */
export function endpointOf(text: string, option: string): { readonly address: string; readonly port: number } {
  const parts = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (!parts || port > 65_535) {
    throw new GatewayError(
      'REQUEST_INVALID',
      `${option} wants a port or address:port, for example 8090 or 127.0.0.1:8090, but ${JSON.stringify(text)} came.`,
    );
  }
  return { address: parts[1] ?? parts[2] ?? '127.0.0.1', port };
}

export function brokerOf(text: string): string {
  if (URL.canParse(text) && /^mqtts?:$/.test(new URL(text).protocol)) return text;
  throw new GatewayError('REQUEST_INVALID', `--broker wants mqtt://host:1883 or mqtts://host:8883, but ${JSON.stringify(text)} came.`);
}

export async function trustOf(options: { readonly ca?: string; readonly fingerprint?: string; readonly insecure?: boolean }): Promise<TlsTrust> {
  return {
    ca: options.ca === undefined ? undefined : await textOf(options.ca, '--ca'),
    fingerprint256: options.fingerprint,
    insecure: options.insecure,
  };
}

export async function textOf(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('CONFIG_UNREADABLE', `The file ${path} of ${option} cannot be read.`, { cause, context: { path } });
  }
}
