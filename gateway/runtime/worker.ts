/** Starts a worker thread from one of our own files, from TypeScript sources (tests, development) as from the built product. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

export function startWorker(file: URL, options: WorkerOptions = {}): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file, options);
  // Node 20 does not run TypeScript, and `--import tsx` in execArgv does not reach a worker's loader: register it inside.
  // By its file: an eval'd worker would resolve the name from the working directory.
  const tsx = new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))).href;
  const loader = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(loader, { ...options, eval: true });
}

/** The sibling file `name` (without extension) of the calling module, in the flavour that is running: `.ts` or `.js`. */
export function siblingModule(name: string, importMetaUrl: string): URL {
  return new URL(`./${name}${importMetaUrl.endsWith('.ts') ? '.ts' : '.js'}`, importMetaUrl);
}
