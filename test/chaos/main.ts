/** `npm run chaos -- --faults LIST [--runs N] [--seed S] [--json] [--break NAME] [--minutes N] [--only NAMES] [--topics N] [--broker embedded|mosquitto]`. Exit 1 if any row fails, 2 on wrong usage. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../support/measure-build.ts';
import { type Figure, tellFigures } from '../support/measure-figures.ts';
import type { Broken } from '../support/measure-gateway.ts';
import { brokerKills, brokerRestarts } from './broker.ts';
import { clipKills } from './clip.ts';
import { clockJumps } from './clock.ts';
import { brokenDisk, fullDisk, slowDisk } from './disk.ts';
import { type Campaign, campaignBrokers, killCampaign } from './kill.ts';
import { killsOfUplink } from './kill-uplink.ts';
import { mediaCampaign } from './media.ts';
import { inNamespaces } from './namespace.ts';
import { brokenLines } from './network.ts';
import { platformDown } from './platform-down.ts';
import { platformLoss } from './platform-loss.ts';
import { platformRestarts } from './platform-restarts.ts';
import { platformWeather } from './platform-weather.ts';
import { powerCampaign } from './power.ts';
import { refusedEvent } from './refused-event.ts';
import { retainedAndForgotten, retainedAtMosquitto, retainedAtOurs } from './retained.ts';
import { secondPath } from './second-path.ts';

type Measurement = (campaign: Campaign) => Promise<readonly Figure[]>;

/** One line per fault. `kill` is the whole promise about delivery; its parts have names of their own, to be repeated alone. */
const faults: Readonly<Record<string, readonly Measurement[]>> = {
  kill: [killCampaign, platformDown, refusedEvent],
  'kill-only': [killCampaign],
  'platform-down': [platformDown],
  'refused-event': [refusedEvent],
  'kill-dc09': [killsOfUplink('dc09')],
  'kill-gb28181': [killsOfUplink('gb28181')],
  power: [powerCampaign('ext4')],
  'power-xfs': [powerCampaign('xfs')],
  disk: [fullDisk],
  'slow-disk': [slowDisk],
  'io-error': [brokenDisk],
  clock: [clockJumps],
  clip: [clipKills],
  network: [brokenLines],
  broker: [brokerRestarts, brokerKills],
  'broker-killed': [brokerKills],
  retained: [retainedAtMosquitto, retainedAtOurs],
  'retained-mosquitto': [retainedAtMosquitto],
  media: [mediaCampaign('crash', 'hang', 'leak')],
  'media-crash': [mediaCampaign('crash')],
  'media-hang': [mediaCampaign('hang')],
  'media-memory': [mediaCampaign('leak', 'runaway')],
  'media-terminate': [mediaCampaign('terminate')],
  'platform-weather': [platformWeather],
  'platform-restarts': [platformRestarts],
  'platform-address': [inNamespaces('address')],
  'platform-link': [inNamespaces('link')],
  'platform-loss': [platformLoss],
  'second-path': [secondPath],
  'platform-loss-kernel': [inNamespaces('loss-udp', 'loss-tcp')],
};

/** The panels may be at a broker of the site as well: `--broker mosquitto`. */
const atAnyBroker: ReadonlySet<string> = new Set([
  ...['kill', 'kill-only', 'platform-down', 'refused-event', 'power', 'power-xfs'],
  ...['disk', 'slow-disk', 'io-error', 'clock', 'network'],
]);

/** Their parts of the gateway run in this process, or in one that needs no build. */
const unbuilt: ReadonlySet<string> = new Set([
  ...['clip', 'platform-restarts', 'platform-address', 'platform-link', 'second-path'],
  ...['platform-loss', 'platform-loss-kernel', 'platform-weather'],
]);

/** Breaks the gateway on purpose: the claim must then fail. */
const breaks: Readonly<Record<string, { readonly broken: Broken; readonly measurement: Measurement }>> = {
  'acknowledge-before-commit': { broken: { acknowledgeBeforeCommit: true, commitDelayMillis: 300 }, measurement: killCampaign },
  'send-twice': { broken: { sendTwice: true }, measurement: killCampaign },
  'send-twice-dc09': { broken: { sendTwice: true }, measurement: killsOfUplink('dc09') },
  'acknowledge-before-commit-dc09': {
    broken: { acknowledgeBeforeCommit: true, commitDelayMillis: 300 },
    measurement: killsOfUplink('dc09'),
  },
  'synchronous-normal': { broken: { synchronous: 'NORMAL' }, measurement: powerCampaign('ext4') },
  'acknowledge-on-a-broken-disk': { broken: { acknowledgeBeforeCommit: true }, measurement: brokenDisk },
  'careless-calls': { broken: { careless: true }, measurement: platformWeather },
  'lost-journal': { broken: {}, measurement: retainedAndForgotten },
  'no-media-watchdog': { broken: { mediaWatchdog: false }, measurement: mediaCampaign('hang') },
};

function usage(problem: string): never {
  process.stderr.write(
    `${problem}\nUsage: npm run chaos -- --faults ${Object.keys(faults).join(',')} [--runs N] [--seed S] [--json] [--break ${Object.keys(breaks).join('|')}] [--minutes N] [--only NAMES] [--topics N] [--broker embedded|mosquitto]\n`,
  );
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        faults: { type: 'string', default: 'kill' },
        runs: { type: 'string', default: '20' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        break: { type: 'string' },
        minutes: { type: 'string' },
        only: { type: 'string' },
        topics: { type: 'string' },
        broker: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const given = readArguments();
const runs = Number(given.runs);
const seed = given.seed === undefined ? randomInt(2 ** 31) : Number(given.seed);
if (!Number.isInteger(runs) || runs < 1) usage('--runs is a whole number of at least 1.');
if (!Number.isInteger(seed) || seed < 0) usage('--seed is a whole number.');
const names = given.faults.split(',');
const unknown = names.find((name) => !Object.hasOwn(faults, name));
if (unknown !== undefined) usage(`There is no fault ${JSON.stringify(unknown)}.`);
if (given.break !== undefined && !Object.hasOwn(breaks, given.break)) usage(`There is no switch ${JSON.stringify(given.break)}.`);
const broken = given.break === undefined ? undefined : breaks[given.break];
const minutes = given.minutes === undefined ? undefined : Number(given.minutes);
if (minutes !== undefined && !(minutes > 0)) usage('--minutes is a number above 0.');
const broker = campaignBrokers.find((name) => name === given.broker);
if (given.broker !== undefined && broker === undefined) usage(`--broker is ${campaignBrokers.join(' or ')}.`);
const elsewhere = names.find((name) => !atAnyBroker.has(name));
if (broker !== undefined && elsewhere !== undefined) usage(`--broker does not apply to ${elsewhere}.`);
const topics = given.topics === undefined ? undefined : Number(given.topics);
if (topics !== undefined && !(topics > 0)) usage('--topics is a number above 0.');
const options = Object.entries({ break: given.break, minutes: given.minutes, only: given.only, topics: given.topics, broker }).flatMap(
  ([option, value]) => (value === undefined ? [] : [` --${option} ${value}`]),
);
const replay = `npm run chaos -- --faults ${given.faults} --runs ${runs} --seed ${seed}${options.join('')}`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
if (!names.every((name) => unbuilt.has(name))) buildIfStale();
try {
  const figures: Figure[] = [];
  const measurements = broken ? [broken.measurement] : [...new Set(names.flatMap((name) => faults[name] ?? []))];
  for (const measurement of measurements) {
    const more = {
      ...(broken ? { broken: broken.broken } : {}),
      ...(minutes === undefined ? {} : { minutes }),
      ...(topics === undefined ? {} : { topics }),
      ...(broker === undefined ? {} : { broker }),
      ...(given.only === undefined ? {} : { only: given.only.split(',') }),
    };
    figures.push(...(await measurement({ runs, seed, ...more })));
  }
  process.exitCode = tellFigures(figures, { json: given.json, replay }) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\nSeed ${seed}. Replay: ${replay}\n`);
  process.exitCode = 1;
}
