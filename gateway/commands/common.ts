/** What every verb of the command line shares: where the configuration is, and how results and failures are told. */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { isGatewayError } from '../domain/errors.ts';
import type { Endpoint } from '../domain/media.ts';
import { type GatewayConfig, parseConfig, readConfig } from '../runtime/config.ts';

/** 0 well · 1 failure · 2 wrong usage or configuration · 3 the check found problems. */
export const exitCodes = { well: 0, failure: 1, usage: 2, problems: 3 } as const;

export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** The named file; else gateway.yaml here, if there is one; else the defaults. */
export async function configOf({ config }: CommonOptions): Promise<GatewayConfig> {
  if (config !== undefined) return readConfig(config);
  const usual = join(process.cwd(), 'gateway.yaml');
  return existsSync(usual) ? readConfig(usual) : parseConfig('', usual, process.env);
}

/** Devices and platforms have a say in what is printed: a terminal would obey their control characters, and show text in the order that they ask for. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

const usageCodes = ['CONFIG_INVALID', 'CONFIG_UNREADABLE', 'REQUEST_INVALID', 'INVENTORY_INVALID'] as const;

/** Tells a failure on standard error and returns the exit code that says the same. */
export function tellFailure(error: unknown, json: boolean): number {
  const known = isGatewayError(error);
  const message = json ? sentenceOf(error) : printable(sentenceOf(error));
  if (json)
    process.stderr.write(`${JSON.stringify({ code: known ? error.code : 'INTERNAL', message, ...(known ? { context: error.context } : {}) })}\n`);
  else process.stderr.write(`${known ? `${error.code}: ` : ''}${message}\n`);
  return isGatewayError(error, ...usageCodes) ? exitCodes.usage : exitCodes.failure;
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `Port ${String(error.port)} is taken by another program. Choose another in gateway.yaml, or stop that program. (${error.message})`;
  }
  return error.message;
}

export function hostPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What to type into a browser; 0.0.0.0 is nothing that anybody could. */
export function browserAddresses({ address, port }: Endpoint): readonly string[] {
  const everywhere = address === '0.0.0.0' || address === '::';
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const hosts = own.filter(({ family, internal }) => family === 'IPv4' && !internal).map((entry) => entry.address);
  return (everywhere ? [...hosts.slice(0, 3), 'localhost'] : [address]).map((host) => `https://${hostPort({ address: host, port })}/`);
}
