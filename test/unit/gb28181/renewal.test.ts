/** A registration is renewed before it runs out. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';

test('a registration is refreshed before it runs out, in the same series', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  registrar.expires = 120;
  await using _device = gbDevice(registrar, clock);
  await until(clock, () => registrar.of('REGISTER').length === 4);
  const all = registrar.of('REGISTER');
  expect(new Set(all.map(({ callId }) => callId)).size).toBe(1);
  expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  expect(all[2]!.at - all[1]!.at).toBeLessThanOrEqual(90_000);
});

test('a registration that is not renewed is asked for again after 60 s and more', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  registrar.expires = 120;
  await using device = gbDevice(registrar, clock);
  await until(clock, () => device.uplink.link()?.state === 'up');
  const before = registrar.of('REGISTER').length;
  registrar.whim = ({ request }) => (request.method === 'REGISTER' ? 403 : undefined);
  await until(clock, () => registrar.of('REGISTER').length >= before + 2, 300_000);
  const [refused, again] = registrar.of('REGISTER').slice(before);
  expect(again!.at - refused!.at).toBeGreaterThanOrEqual(60_000);
});
