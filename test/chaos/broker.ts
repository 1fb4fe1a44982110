/**
 * The site's own broker, a real mosquitto, ends and comes back. Nobody touches the gateway. A PUBACK of such a broker is its own promise: what it
 * kept it must bring, and what it lost when it was killed must at least be told to the police side.
 */
import { seconds } from '../../gateway/domain/time.ts';
import { eventOf } from '../../simulators/platform/behaviour.ts';
import { type Figure, figuresOf, type Row } from '../support/measure-figures.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { acknowledgedIn, noneOf, theirs } from '../support/measure-promise.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';
import { openMosquitto } from '../support/mosquitto.ts';
import { peer } from '../support/peers.ts';
import { episodes } from './episodes.ts';
import { type Campaign, schoolFor } from './kill.ts';

/** With its persistence on, it keeps everything. */
export const brokerRestarts = (campaign: Campaign) => brokerEnds(campaign, 'SIGTERM', 'broker restarted');

export const brokerKills = (campaign: Campaign) => brokerEnds(campaign, 'SIGKILL', 'broker killed');

async function brokerEnds(campaign: Campaign, signal: 'SIGTERM' | 'SIGKILL', named: string): Promise<readonly Figure[]> {
  const { seed } = campaign;
  const mosquitto = peer('mosquitto');
  if (mosquitto === undefined) {
    return figuresOf({ test: `chaos ${named}`, dose: 'none', seed }, [{ metric: 'mosquitto is missing', value: Number.NaN, unit: '', limit: 0 }]);
  }
  await using broker = await openMosquitto(mosquitto);
  await broker.start();
  await using school = await openMeasuredSchool({ siteBroker: broker.url, ...schoolFor(campaign) });
  let ends = 0;
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    begin: () => broker.stop(signal),
    async end() {
      await broker.start();
      ends += 1;
    },
    met: () => ends,
    // What a killed broker lost never comes: only those that still wait for us or for each other do.
    ...(signal === 'SIGKILL' ? { patience: seconds(6) } : {}),
  });
  const all = signal === 'SIGTERM' ? rows : [...rows.map(forgiven), noneOf('lost by the broker, and nobody was told', untold(school))];
  return figuresOf({ test: `chaos ${named}`, dose: lasted, seed }, all);
}

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
