/** The site's own broker, a real mosquitto, is stopped and comes back with what it had kept. Nobody touches the gateway. */
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { openMosquitto } from '../support/mosquitto.ts';
import { peer } from '../support/peers.ts';
import { episodes } from './episodes.ts';
import type { Campaign } from './kill.ts';

export async function brokerRestarts(campaign: Campaign): Promise<readonly Figure[]> {
  const { seed } = campaign;
  if (!peer('mosquitto')) {
    return figuresOf({ test: 'chaos broker', dose: 'none', seed }, [{ metric: 'mosquitto is missing', value: Number.NaN, unit: '', limit: 0 }]);
  }
  await using broker = await openMosquitto();
  await broker.start();
  await using school = await openMeasuredSchool({ siteBroker: broker.url });
  let restarts = 0;
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    begin: () => broker.stop('SIGTERM'),
    async end() {
      await broker.start();
      restarts += 1;
    },
    met: () => restarts,
  });
  return figuresOf({ test: 'chaos broker restarted', dose: lasted, seed }, rows);
}
