/** `npm run bench -- NAME [--quick] [--part PART] [--seed S] [--json] [--record] [--break NAME] [--minutes N]`. Exit 1 if any row fails, 2 on wrong usage. */
import { parseArgs } from 'node:util';
import { buildIfStale } from '../support/measure-build.ts';
import { type Figure, tellFigures } from '../support/measure-figures.ts';
import { alarmParts, type Bench, benchAlarms } from './alarms.ts';
import { benchCameraEvents } from './camera-events.ts';
import { benchEvidence, evidenceParts } from './evidence.ts';
import { benchGb28181, gbParts } from './gb28181.ts';
import { benchGbRtp } from './gb28181-rtp.ts';
import { benchOutputs, outputParts } from './outputs.ts';
import { recordFigures } from './record.ts';
import { benchStart } from './start.ts';
import { benchStreams, streamBreaks, streamParts } from './streams.ts';
import { benchWall, wallBreaks } from './wall.ts';

interface Runnable {
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
  readonly parts?: readonly string[];
  readonly breaks?: readonly string[];
  /** Lasts as long as it is told to. */
  readonly lasts?: true;
}

/** One line per bench. */
const benches: Readonly<Record<string, Runnable>> = {
  alarms: { run: benchAlarms, parts: alarmParts },
  'camera-events': { run: benchCameraEvents },
  evidence: { run: benchEvidence, parts: evidenceParts },
  gb28181: { run: benchGb28181, parts: gbParts },
  'gb28181-rtp': { run: benchGbRtp, lasts: true },
  outputs: { run: benchOutputs, parts: outputParts, lasts: true },
  start: { run: benchStart },
  streams: { run: benchStreams, parts: streamParts, breaks: streamBreaks },
  wall: { run: benchWall, breaks: wallBreaks, lasts: true },
};

function usage(problem: string): never {
  const lines = Object.entries(benches).map(([name, { parts = [], breaks = [], lasts }]) => {
    const choice = (option: string, values: readonly string[]) => (values.length === 0 ? '' : ` [--${option} ${values.join('|')}]`);
    return `npm run bench -- ${name} [--quick] [--seed S] [--json] [--record]${choice('part', parts)}${choice('break', breaks)}${lasts ? ' [--minutes N]' : ''}`;
  });
  process.stderr.write(`${problem}\nUsage: ${lines.join('\n       ')}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        part: { type: 'string' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
        break: { type: 'string' },
        minutes: { type: 'string' },
      },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const { values: given, positionals } = readArguments();
const [name = '', ...others] = positionals;
const { quick, part, break: broken } = given;
const seed = Number(given.seed);
const minutes = given.minutes === undefined ? undefined : Number(given.minutes);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (!bench || others.length > 0) usage('Name one bench.');
if (!Number.isInteger(seed) || seed < 0) usage('--seed is a whole number.');
if (part !== undefined && !bench.parts?.includes(part)) usage(`${part} is not a part of ${name}.`);
if (broken !== undefined && !bench.breaks?.includes(broken)) usage(`${name} cannot be broken by ${broken}.`);
if (minutes !== undefined && !(bench.lasts && minutes > 0)) usage(`${name} does not last ${given.minutes} minutes.`);
const options = Object.entries({ part, break: broken, minutes: given.minutes }).flatMap(([option, value]) =>
  value === undefined ? [] : [` --${option} ${value}`],
);
const replay = `npm run bench -- ${name} --seed ${seed}${quick ? ' --quick' : ''}${options.join('')}`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
buildIfStale();
try {
  const figures = await bench.run({
    quick,
    seed,
    ...(part === undefined ? {} : { part }),
    ...(broken === undefined ? {} : { broken }),
    ...(minutes === undefined ? {} : { minutes }),
  });
  process.exitCode = tellFigures(figures, { json: given.json, replay }) ? 0 : 1;
  if (given.record) recordFigures(name, figures, replay);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\nReplay: ${replay}\n`);
  process.exitCode = 1;
}
