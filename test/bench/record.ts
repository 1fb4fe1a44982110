/** Puts figures into docs/benchmarks.md, in the place of the last ones, with the machine and the day. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../support/measure-figures.ts';

const document = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** Throws where the document has no place for this bench. */
export function recordFigures(name: string, figures: readonly Figure[], command: string): void {
  const [begin, end] = [`<!-- figures: ${name} -->`, '<!-- end -->'];
  const text = readFileSync(document, 'utf8');
  const at = text.indexOf(begin);
  const until = text.indexOf(end, at);
  if (at < 0 || until < 0) throw new Error(`docs/benchmarks.md has no "${begin}" with an "${end}" after it.`);
  writeFileSync(document, `${text.slice(0, at + begin.length)}\n${sectionOf(figures, command)}${text.slice(until)}`);
}

function sectionOf(figures: readonly Figure[], command: string): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GB, Linux ${release()}, Node ${process.versions.node}`;
  const day = new Date().toISOString().slice(0, 10);
  const lines = [
    `${day} · ${machine} · load ${(loadavg()[0] ?? 0).toFixed(1)} at the end · \`${command}\``,
    '',
    '| test | dose | figure | value | limit | |',
    '|---|---|---|--:|--:|---|',
    ...figures.map(({ test, dose, metric, value, unit, limit, pass }) => {
      const shown = `${Number.isInteger(value) ? value : value.toPrecision(3)} ${unit}`;
      return `| ${test} | ${dose} | ${metric} | ${shown} | ${limit ?? ''} | ${limit === null ? '' : pass ? 'yes' : '**NO**'} |`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}
