/** A fuzzing thread: takes orders one after the other, and leaves each input in shared memory before it runs. */
import { register } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { corpusRoom, readCorpus, readFound, writeCorpus } from './corpus.ts';
import { openCounters } from './coverage.ts';
import { distil } from './distil.ts';
import { fuzz, type Outcome, retry } from './engine.ts';
import { findTarget } from './find-target.ts';
import { Slate } from './slate.ts';

export interface WorkerOrder {
  readonly target: string;
  readonly runs: number;
  readonly seed: number;
  /** This input alone. */
  readonly input?: Uint8Array;
  /** Write what was found into the committed corpus. */
  readonly save: boolean;
}

openCounters();
register(new URL('./instrument-hooks.ts', import.meta.url));
const slate = new Slate(workerData);
slate.sign();

parentPort?.on('message', async (order: WorkerOrder) => parentPort?.postMessage(await obey(order)));

async function obey({ target: name, runs, seed, input, save }: WorkerOrder): Promise<Outcome> {
  const target = await findTarget(name); // what is imported from here on is loaded with counters
  if (!target) throw new Error(`There is no target ${name}.`);
  const before = (next: Uint8Array) => slate.write(next);
  if (input) return retry(target, input, before);
  const outcome = fuzz(target, { runs, seed, corpus: [...readFound(name), ...readCorpus(name)] }, before);
  if (save) writeCorpus(name, distil(target, [...readCorpus(name), ...outcome.corpus], { room: corpusRoom, before }));
  return outcome;
}
