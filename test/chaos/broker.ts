/**
 * The site's own broker, a real mosquitto, ends and comes back. Nobody touches the gateway. A PUBACK of such a broker is its own promise: what it
 * kept it must bring, and what it lost when it was killed must at least be told to the police side.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { eventOf } from '../../simulators/platform/behaviour.ts';
import { openAuthority, type Pair } from '../support/authority.ts';
import { type Figure, figuresOf, mostOf, type Row } from '../support/measure-figures.ts';
import { measuredCampus } from '../support/measure-inventory.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { acknowledgedIn, noneOf, theirs } from '../support/measure-promise.ts';
import { type MeasuredSchool, openMeasuredSchool, type SchoolOptions } from '../support/measure-school.ts';
import { type Mosquitto, type MosquittoOptions, openMosquitto } from '../support/mosquitto.ts';
import { peer } from '../support/peers.ts';
import { episodes } from './episodes.ts';
import { type Campaign, schoolFor } from './kill.ts';

/** reliability-security F11. */
const heardAgainWithin = 5_000;

interface Ending {
  readonly named: string;
  readonly begin: (broker: Mosquitto, school: MeasuredSchool, random: () => number) => Promise<void>;
  /** Before it is started for good. */
  readonly mend?: (broker: Mosquitto) => Promise<void> | void;
  /** What it lost must be told, each time where it has forgotten our session. */
  readonly loses?: 'messages' | 'session';
  readonly tls?: MosquittoOptions['tls'];
  readonly school?: SchoolOptions;
}

/** With its persistence on, it keeps everything. */
export const brokerRestarts = (campaign: Campaign) => brokerEnds(campaign, { named: 'broker restarted', begin: (broker) => broker.stop('SIGTERM') });

export const brokerKills = (campaign: Campaign) =>
  brokerEnds(campaign, { named: 'broker killed', begin: (broker) => broker.stop('SIGKILL'), loses: 'messages' });

export const brokerForgets = (campaign: Campaign) =>
  brokerEnds(campaign, {
    named: 'broker restarted, with nothing kept',
    async begin(broker) {
      await broker.stop('SIGTERM');
      broker.forget();
    },
    loses: 'session',
  });

/** Somebody leaves rubbish on the topics of the panels, which it hands out anew to whoever subscribes. */
export const brokerLitter = (campaign: Campaign) =>
  brokerEnds(campaign, {
    named: 'broker restarted, with rubbish retained',
    async begin(broker, { panels }, random) {
      const client = await mqtt.connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
      for (const { id } of panels) {
        for (const name of ['evt', 'state', 'hb', 'lwt', 'rsp']) {
          await client.publishAsync(`campus/${measuredCampus}/panel/${id}/${name}`, rubbish(random), { qos: 1, retain: true });
        }
      }
      await client.endAsync();
      await broker.stop('SIGTERM');
    },
  });

/** It comes back with a certificate that has ended, and nobody may trust it; then with a new one. */
export async function brokerCertificates(campaign: Campaign): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'campus-broker-'));
  try {
    const authority = await openAuthority();
    const files = { certificate: join(folder, 'chain.pem'), key: join(folder, 'key.pem') };
    const put = ({ cert, key }: Pair) => {
      writeFileSync(files.certificate, cert);
      writeFileSync(files.key, key);
    };
    const now = Date.now();
    const lasting = await authority.issue('the broker', { to: now + 24 * 3_600_000 });
    const ended = await authority.issue('the broker', { to: now - 60_000 });
    const siteAuthority = join(folder, 'authority.pem');
    writeFileSync(siteAuthority, authority.cert);
    put(lasting);
    return await brokerEnds(campaign, {
      named: 'broker with a certificate that has ended',
      async begin(broker) {
        put(ended);
        await broker.stop('SIGTERM');
        await broker.start();
      },
      async mend(broker) {
        put(lasting);
        await broker.stop('SIGTERM');
      },
      tls: files,
      school: { siteAuthority },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function brokerEnds(campaign: Campaign, { named, begin, mend, loses, tls, school: more }: Ending): Promise<readonly Figure[]> {
  const { seed } = campaign;
  const mosquitto = peer('mosquitto');
  if (mosquitto === undefined) {
    return figuresOf({ test: `chaos ${named}`, dose: 'none', seed }, [{ metric: 'mosquitto is missing', value: Number.NaN, unit: '', limit: 0 }]);
  }
  await using broker = await openMosquitto(mosquitto, tls ? { tls } : {});
  await broker.start();
  await using school = await openMeasuredSchool({ siteBroker: broker.url, ...more, ...schoolFor(campaign) });
  const back: { readonly at: number; readonly heardAfter: Promise<number> }[] = [];
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    begin: (random) => begin(broker, school, random),
    async end() {
      await mend?.(broker);
      const heard = school.gateway.says('panel topics heard', patience);
      await broker.start();
      const since = performance.now();
      back.push({ at: Date.now(), heardAfter: heard.then((at = Number.POSITIVE_INFINITY) => Math.max(0, at - since)) });
    },
    met: () => back.length,
    // What was lost never comes: only those that still wait for us or for each other do.
    ...(loses === undefined ? {} : { patience: seconds(6) }),
  });
  const heardAfter = await Promise.all(back.map((one) => one.heardAfter));
  return figuresOf({ test: `chaos ${named}`, dose: lasted, seed }, [
    ...(loses === undefined ? rows : [...rows.map(forgiven), noneOf('lost by the broker, and nobody was told', untold(school))]),
    ...(loses === 'session' ? gapsAfter(school, back) : []),
    { metric: 'panels heard again after the broker is back, most', value: mostOf(heardAfter), unit: 'ms', limit: heardAgainWithin },
  ]);
}

const patience: Millis = seconds(60);

const itsOwn: ReadonlySet<string> = new Set([theirs.absent, theirs.neverArrived, theirs.nobodyPressed, theirs.gaps]);

/** What it lost is told as its gap; an alarm that still stands comes by the state of its panel, without a number. */
const forgiven = ({ limit, ...row }: Row): Row => (limit === undefined || itsOwn.has(row.metric) ? row : { ...row, limit });

function untold(school: MeasuredSchool): number {
  const present = new Set(school.arrivals.map(({ press }) => press));
  const told = school.arrivals.map(({ row }) => eventOf(row.body) ?? {});
  const lost = new Set(acknowledgedIn(school).filter((key) => !present.has(key)));
  return school.presses.filter((press) => {
    if (!lost.has(pressKey(press))) return false;
    return !told.some((event) => event.kind === 'broker.gap' && Number(event.receivedAt) >= press.at);
  }).length;
}

/** The police side is told each time that messages may be missing. */
function gapsAfter({ arrivals }: MeasuredSchool, back: readonly { readonly at: number }[]): readonly Row[] {
  const gaps = arrivals.filter(({ kind }) => kind === 'broker.gap').map(({ row }) => row.arrivedAt);
  const first = (from: number, to: number) => Math.min(...gaps.filter((at) => at >= from && at < to)) - from;
  const toldAfter = back.map(({ at }, index) => first(at, back[index + 1]?.at ?? Number.POSITIVE_INFINITY));
  return [
    noneOf('sessions lost, and no gap told', toldAfter.filter((after) => !Number.isFinite(after)).length),
    { metric: 'a gap at the police side after the broker is back, most', value: mostOf(toldAfter), unit: 'ms' },
  ];
}

/** Never empty, which would clear what is kept. */
function rubbish(random: () => number): Buffer {
  const bytes = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
  const kinds = [
    bytes,
    Buffer.from('{"seq":'),
    Buffer.from('[[[['),
    Buffer.from('null'),
    Buffer.from('{"zone":{},"seq":-1,"ts":"yesterday","boot":[]}'),
  ];
  return kinds[Math.floor(random() * kinds.length)] ?? bytes;
}
