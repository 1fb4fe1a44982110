/** A measured claim: one row per figure, told as a table or as JSON lines. Every limit is the most that is allowed. */

export interface Figure {
  readonly test: string;
  /** How much was done to it, for example `20 kills, 500 alarms`. */
  readonly dose: string;
  readonly seed: number;
  readonly metric: string;
  /** NaN (nothing was measured) never passes a limit. */
  readonly value: number;
  readonly unit: string;
  /** Null: told for information. */
  readonly limit: number | null;
  readonly pass: boolean;
}

export interface Measuring {
  readonly test: string;
  readonly dose: string;
  readonly seed: number;
}

/** `limit` absent makes it information. */
export interface Row {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: number;
}

/** Rows of one measurement. */
export function figuresOf(measuring: Measuring, rows: readonly Row[]): readonly Figure[] {
  return rows.map(({ metric, value, unit, limit }) => ({
    ...measuring,
    metric,
    value: Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 : value,
    unit,
    limit: limit ?? null,
    pass: limit === undefined || value <= limit,
  }));
}

/** `value` below which the share `quantile` of the samples lies (nearest rank); NaN where there is none. */
export function quantileOf(samples: readonly number[], quantile: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * quantile) - 1)] ?? Number.NaN;
}

export const mostOf = (samples: readonly number[]): number => quantileOf(samples, 1);

/** Prints the rows; true if every row passes. On a failure the seed and the command that repeats the run go to standard error. */
export function tellFigures(figures: readonly Figure[], told: { readonly json: boolean; readonly replay: string }): boolean {
  process.stdout.write(told.json ? figures.map((figure) => `${JSON.stringify(figure)}\n`).join('') : tableOf(figures));
  const failed = figures.filter(({ pass }) => !pass);
  for (const { test, metric, value, unit, limit, seed } of failed) {
    process.stderr.write(`FAILED ${test}: ${metric} is ${value} ${unit}, limit ${limit} (seed ${seed})\n`);
  }
  if (failed.length > 0) process.stderr.write(`Replay: ${told.replay}\n`);
  return figures.length > 0 && failed.length === 0;
}

function tableOf(figures: readonly Figure[]): string {
  const head = ['test', 'dose', 'seed', 'metric', 'value', 'unit', 'limit', 'pass'];
  const rows = figures.map(({ test, dose, seed, metric, value, unit, limit, pass }) => {
    const verdict = limit === null ? '' : pass ? 'yes' : 'NO';
    return [test, dose, String(seed), metric, String(value), unit, limit === null ? '' : `≤ ${limit}`, verdict];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('');
}

/** Seeded randomness in [0, 1): mulberry32, so that a run can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
