/** What becomes of a registration that stands: it is renewed, refused, or sent elsewhere. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { deliveryOf, gbDevice, until } from '../../support/gb-device.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';
import { never } from '../../support/sip-endpoint.ts';
import { alarm } from '../../support/spine.ts';

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

test('a 302 to an alarm is no refusal of it: it goes to the server that was named, once that one has registered us', async () => {
  const clock = new ManualClock();
  await using front = await new GbRegistrar(clock).open();
  await using behind = await new GbRegistrar(clock).open();
  await using device = gbDevice(front, clock);
  await until(clock, () => front.keepalives.length === 1);
  const isAlarm = (registrar: GbRegistrar) => registrar.heard.at(-1)?.message?.cmdType === 'Alarm';
  front.whim = () => (isAlarm(front) ? { status: 302, headers: { Contact: `<sip:34020000002000000002@127.0.0.1:${behind.port}>` } } : undefined);
  const pressed = deliveryOf(alarm());
  await expect(device.uplink.deliver(pressed, never)).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  await until(clock, () => behind.keepalives.length === 1);
  expect(await device.uplink.deliver(pressed, never)).toEqual({ proof: 'SIP 200' });
  expect(isAlarm(behind)).toBe(true);
});
