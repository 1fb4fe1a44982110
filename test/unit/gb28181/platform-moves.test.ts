/** A platform that is named by a host name, and whose name leads elsewhere one day. */
import { promises as dns } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { expect, test } from 'vitest';
import { minutes } from '../../../gateway/domain/time.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { server } from '../../support/gb-registrar.ts';

/** What the network's name server says just now. */
const names = { address: '127.0.0.1' };
Reflect.set(dns, 'lookup', async () => ({ address: names.address, family: 4 }));
syncBuiltinESMExports();

const online = (platform: { devices(): readonly { readonly online: boolean }[] }) => platform.devices().some((device) => device.online);

test('a platform that moved is found by its name again, by itself and within 90 s; one that stands is not left for a new answer', async () => {
  const clock = new ManualClock();
  const welcome = { queries: false, subscriptions: [] };
  await using old = await localPlatform({ clock, welcome });
  await using fresh = await localPlatform({ clock, welcome, listen: { address: '127.0.0.3', port: old.address.port } });
  const { port } = old.address;
  await using device = gbDevice({ port }, clock, { platform: { code: server, address: 'platform.police.test', port } });
  await until(clock, () => online(old) && device.uplink.link()?.state === 'up');

  names.address = '127.0.0.3';
  const end = clock.now() + minutes(1);
  await until(clock, () => clock.now() >= end);
  expect([online(old), online(fresh)]).toEqual([true, false]);

  await old.down();
  const gone = clock.now();
  await until(clock, () => online(fresh) && device.uplink.link()?.state === 'up', minutes(5));
  // Until the loss is noticed: a keepalive of 20 s, and three answers that do not come.
  expect(clock.now() - gone).toBeLessThanOrEqual(90_000);
});
