/** The site's own broker, a real mosquitto, is stopped and comes back with what it had kept. Nobody touches the gateway. */
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { openMosquitto } from '../support/mosquitto.ts';
import { peer } from '../support/peers.ts';
import { episodes } from './episodes.ts';
import type { Campaign } from './kill.ts';

export async function brokerRestarts(campaign: Campaign): Promise<readonly Figure[]> {
  const { seed } = campaign;
  const mosquitto = peer('mosquitto');
  if (mosquitto === undefined) {
    return figuresOf({ test: 'chaos broker', dose: 'none', seed }, [{ metric: 'mosquitto is missing', value: Number.NaN, unit: '', limit: 0 }]);
  }
  await using broker = await openMosquitto(mosquitto);
  await broker.start();
  await using school = await openMeasuredSchool({ siteBroker: broker.url });
  let restarts = 0;
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    // Before its first session there the broker keeps nothing for us, and tells the panels that all is well.
    async ready() {
      while (school.gateway.said('panel broker connected') === 0) await systemClock.sleep(millis(50));
      await systemClock.sleep(seconds(2)); // subscribed by then
    },
    begin: () => broker.stop('SIGTERM'),
    async end() {
      await broker.start();
      restarts += 1;
    },
    met: () => restarts,
  });
  return figuresOf({ test: 'chaos broker restarted', dose: lasted, seed }, rows);
}
