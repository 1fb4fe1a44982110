/** Module loader hooks of the fuzzer's threads: product code, and the bugs planted to try the fuzzer, is loaded with counters. */
import { readFileSync } from 'node:fs';
import type { LoadHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';
import { instrument } from './instrument.ts';

const root = new URL('../../', import.meta.url).href;
const counted = ['adapters/', 'gateway/', 'test/fuzz/planted/'];

export const load: LoadHook = async (url, context, nextLoad) => {
  const path = url.startsWith(root) ? (url.slice(root.length).split('?')[0] ?? '') : '';
  if (!path.endsWith('.ts') || !counted.some((folder) => path.startsWith(folder))) return nextLoad(url, context);
  const file = fileURLToPath(`${root}${path}`);
  const woven = instrument(path, readFileSync(file, 'utf8'));
  const { code, map } = await transformWithOxc(woven, file, { target: 'es2022', sourcemap: true });
  // What needs a helper at run time (`using`) is no parser: it goes without counters.
  if (code.includes('@oxc-project/runtime')) return nextLoad(url, context);
  const inline = Buffer.from(JSON.stringify(map)).toString('base64');
  return { format: 'module', source: `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`, shortCircuit: true };
};
