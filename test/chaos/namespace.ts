/** Faults that need a network of their own: what they need is Linux, root, `unshare`, `ip` to lose packets `nft` (Debian: nftables), to slow them `tc`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import type { Campaign } from './kill.ts';

export interface NamespaceOrder {
  readonly runs: number;
  readonly seed: number;
  readonly minutes: number;
}

export type NamespaceFault = 'loss-udp' | 'loss-tcp' | 'address' | 'link';

const child = fileURLToPath(new URL('./namespace-child.ts', import.meta.url));

/** Side by side, each in a network namespace of its own. One that cannot be run is a row without a value, which fails. */
export function inNamespaces(...faults: readonly NamespaceFault[]): (campaign: Campaign) => Promise<readonly Figure[]> {
  return async ({ runs, seed, minutes = 10 }) => (await Promise.all(faults.map((fault) => inNamespace(fault, { runs, seed, minutes })))).flat();
}

async function inNamespace(fault: NamespaceFault, order: NamespaceOrder): Promise<readonly Figure[]> {
  const words = ['--net', process.execPath, '--import', 'tsx', child, fault, JSON.stringify(order)];
  const running = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(running, 'close').catch((error: unknown) => [String(error)]);
  if (code === 0) return JSON.parse(said) as readonly Figure[];
  return figuresOf({ test: `chaos platform-${fault}`, dose: 'none', seed: order.seed }, [
    { metric: `no network namespace could be made, or used (${code})`, value: Number.NaN, unit: '', limit: 0 },
  ]);
}
