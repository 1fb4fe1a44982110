/** `npm run chaos -- --faults LIST [--runs N] [--seed S] [--json] [--break NAME] [--minutes N] [--only NAMES] [--topics N] [--alarms N] [--broker embedded|mosquitto]`. Exit 1 if any row fails, 2 on wrong usage. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../support/measure-build.ts';
import { type Figure, tellFigures } from '../support/measure-figures.ts';
import type { Broken } from '../support/measure-gateway.ts';
import { brokerCertificates, brokerForgets, brokerKills, brokerLitter, brokerRestarts } from './broker.ts';
import { expiredCertificates } from './certificate.ts';
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

interface Fault {
  readonly measured: readonly Measurement[];
  /** Break the gateway on purpose, by name: what is measured first, or by a measurement of its own, must then fail. */
  readonly breaks?: Readonly<Record<string, Broken | Measurement>>;
  /** The panels may be at a broker of the site as well: `--broker mosquitto`. */
  readonly anyBroker?: true;
  /** Its parts of the gateway run in this process, or in one that needs no build. */
  readonly unbuilt?: true;
}

/** One line per fault. `kill` is the whole promise about delivery; its parts have names of their own, to be repeated alone. */
const faults: Readonly<Record<string, Fault>> = {
  kill: {
    measured: [killCampaign, platformDown, refusedEvent],
    breaks: { 'acknowledge-before-commit': { acknowledgeBeforeCommit: true, commitDelayMillis: 300 }, 'send-twice': { sendTwice: true } },
    anyBroker: true,
  },
  'kill-only': { measured: [killCampaign], anyBroker: true },
  'platform-down': { measured: [platformDown], anyBroker: true },
  'refused-event': { measured: [refusedEvent], anyBroker: true },
  'kill-dc09': {
    measured: [killsOfUplink('dc09')],
    breaks: {
      'send-twice-dc09': { sendTwice: true },
      'acknowledge-before-commit-dc09': { acknowledgeBeforeCommit: true, commitDelayMillis: 300 },
    },
  },
  'kill-gb28181': { measured: [killsOfUplink('gb28181')] },
  power: { measured: [powerCampaign('ext4')], breaks: { 'synchronous-normal': { synchronous: 'NORMAL' } }, anyBroker: true },
  'power-xfs': { measured: [powerCampaign('xfs')], anyBroker: true },
  disk: { measured: [fullDisk], breaks: { 'acknowledge-on-a-full-disk': { acknowledgeBeforeCommit: true } }, anyBroker: true },
  'slow-disk': { measured: [slowDisk], anyBroker: true },
  'io-error': { measured: [brokenDisk], breaks: { 'acknowledge-on-a-broken-disk': { acknowledgeBeforeCommit: true } }, anyBroker: true },
  clock: { measured: [clockJumps], breaks: { 'wall-clock': { mistakes: ['wall-clock'] } }, anyBroker: true },
  clip: { measured: [clipKills], unbuilt: true },
  network: { measured: [brokenLines], breaks: { 'silence-is-yes': { mistakes: ['silence-is-yes'] } }, anyBroker: true },
  broker: {
    measured: [brokerRestarts, brokerKills, brokerForgets, brokerLitter, brokerCertificates],
    breaks: { 'no-session': { mistakes: ['no-session'] } },
  },
  'broker-killed': { measured: [brokerKills] },
  'broker-forgets': { measured: [brokerForgets] },
  'broker-litter': { measured: [brokerLitter] },
  'broker-certificate': { measured: [brokerCertificates] },
  certificate: { measured: [expiredCertificates], breaks: { 'one-certificate': { mistakes: ['one-certificate'] } } },
  retained: { measured: [retainedAtMosquitto, retainedAtOurs], breaks: { 'lost-journal': retainedAndForgotten } },
  'retained-mosquitto': { measured: [retainedAtMosquitto] },
  media: { measured: [mediaCampaign('crash', 'hang', 'leak')] },
  'media-crash': { measured: [mediaCampaign('crash')] },
  'media-hang': { measured: [mediaCampaign('hang')], breaks: { 'no-media-watchdog': { mediaWatchdog: false } } },
  'media-memory': { measured: [mediaCampaign('leak', 'runaway')] },
  'media-terminate': { measured: [mediaCampaign('terminate')] },
  'platform-weather': { measured: [platformWeather], breaks: { 'careless-calls': { careless: true } }, unbuilt: true },
  'platform-restarts': { measured: [platformRestarts], unbuilt: true },
  'platform-address': { measured: [inNamespaces('address')], unbuilt: true },
  'platform-link': { measured: [inNamespaces('link')], unbuilt: true },
  'platform-loss': { measured: [platformLoss], unbuilt: true },
  'second-path': { measured: [secondPath], unbuilt: true },
  'platform-loss-kernel': { measured: [inNamespaces('loss-udp', 'loss-tcp')], unbuilt: true },
};

const breaks = Object.values(faults).flatMap(({ measured, breaks = {} }) =>
  Object.entries(breaks).map(([name, broken]) =>
    typeof broken === 'function' ? { name, broken: {}, measured: [broken] } : { name, broken, measured: measured.slice(0, 1) },
  ),
);

function usage(problem: string): never {
  process.stderr.write(
    `${problem}\nUsage: npm run chaos -- --faults ${Object.keys(faults).join(',')} [--runs N] [--seed S] [--json] [--break ${breaks.map(({ name }) => name).join('|')}] [--minutes N] [--only NAMES] [--topics N] [--alarms N] [--broker embedded|mosquitto]\n`,
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
        alarms: { type: 'string' },
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
const broken = breaks.find(({ name }) => name === given.break);
if (given.break !== undefined && !broken) usage(`There is no switch ${JSON.stringify(given.break)}.`);
const minutes = given.minutes === undefined ? undefined : Number(given.minutes);
if (minutes !== undefined && !(minutes > 0)) usage('--minutes is a number above 0.');
const broker = campaignBrokers.find((name) => name === given.broker);
if (given.broker !== undefined && broker === undefined) usage(`--broker is ${campaignBrokers.join(' or ')}.`);
const elsewhere = names.find((name) => !faults[name]?.anyBroker);
if (broker !== undefined && elsewhere !== undefined) usage(`--broker does not apply to ${elsewhere}.`);
const topics = given.topics === undefined ? undefined : Number(given.topics);
if (topics !== undefined && !(topics > 0)) usage('--topics is a number above 0.');
const alarms = given.alarms === undefined ? undefined : Number(given.alarms);
if (alarms !== undefined && !(alarms > 0)) usage('--alarms is a number above 0.');
const options = Object.entries({
  break: given.break,
  minutes: given.minutes,
  only: given.only,
  topics: given.topics,
  alarms: given.alarms,
  broker,
}).flatMap(([option, value]) => (value === undefined ? [] : [` --${option} ${value}`]));
const replay = `npm run chaos -- --faults ${given.faults} --runs ${runs} --seed ${seed}${options.join('')}`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
if (!names.every((name) => faults[name]?.unbuilt)) buildIfStale();
try {
  const figures: Figure[] = [];
  const measurements = broken?.measured ?? new Set(names.flatMap((name) => faults[name]?.measured ?? []));
  for (const measurement of measurements) {
    const more = {
      ...(broken ? { broken: broken.broken } : {}),
      ...(minutes === undefined ? {} : { minutes }),
      ...(topics === undefined ? {} : { topics }),
      ...(alarms === undefined ? {} : { alarms }),
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
