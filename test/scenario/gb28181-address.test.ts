/** The box gets another address while it is registered. Needs two network interfaces of its own: a veth pair, which root can make. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../support/gb-device.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { server } from '../support/gb-registrar.ts';

const ip = (...words: readonly string[]) => spawnSync('ip', words).status === 0;
/** At most 15 characters, and of this process alone. */
const [platformSide, ourSide] = [`gbp${process.pid}`, `gbd${process.pid}`];
const platformAddress = '10.213.7.1';
const possible = ip('link', 'add', platformSide, 'type', 'veth', 'peer', 'name', ourSide);
if (!possible) console.warn('SKIPPED: no veth pair can be made here; nobody sees what a changed address does.');

describe.skipIf(!possible)('a box whose address changes', () => {
  beforeAll(() => {
    for (const [name, address] of [[platformSide, platformAddress] as const, [ourSide, '10.213.8.2'] as const]) {
      expect(ip('addr', 'add', `${address}/32`, 'dev', name) && ip('link', 'set', name, 'up')).toBe(true);
    }
  });
  afterAll(() => {
    ip('link', 'del', platformSide);
  });

  test.each([
    ['udp', '10.213.8.2', '10.213.8.3'],
    ['tcp', '10.213.8.3', '10.213.8.2'],
  ] as const)('is registered again from the new one, over %s, within 90 s and with nobody’s help', async (transport, from, to) => {
    const clock = new ManualClock();
    await using platform = await localPlatform({
      clock,
      listen: { address: platformAddress, port: 0 },
      welcome: { queries: false, subscriptions: [] },
    });
    const at = { code: server, address: platformAddress, port: platform.address.port };
    await using box = gbDevice(at, clock, { transport, platform: at, local: { interface: ourSide, port: 0 } });
    await until(clock, () => box.uplink.link()?.state === 'up' && platform.devices()[0]?.peer.address === from);
    // A cable that is out is no new address yet.
    expect(ip('addr', 'del', `${from}/32`, 'dev', ourSide)).toBe(true);
    const out = clock.now();
    await until(clock, () => clock.now() - out > seconds(20));
    expect(ip('addr', 'add', `${to}/32`, 'dev', ourSide)).toBe(true);
    const back = clock.now();
    await until(clock, () => box.uplink.link()?.state === 'up' && platform.devices()[0]?.peer.address === to);
    expect(clock.now() - back).toBeLessThanOrEqual(seconds(90));
  });
});
