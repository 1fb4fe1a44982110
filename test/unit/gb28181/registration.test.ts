/** The registration of a gateway at a police platform, over real sockets on a clock of our own (facts §3.7). */
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';

describe.each(['UDP', 'TCP'] as const)('over %s', (transport) => {
  const settings = { transport: transport.toLowerCase() };

  test('registers with a signature, keeps alive at once and then every 20 s, and says goodbye', async () => {
    const clock = new ManualClock();
    await using registrar = await new GbRegistrar(clock).open(transport);
    const device = gbDevice(registrar, clock, settings);
    await until(clock, () => registrar.keepalives.length === 4);
    const [first, signed] = registrar.of('REGISTER');
    expect([first?.signed, signed?.signed, signed?.callId === first?.callId, signed?.sequence]).toEqual([false, true, true, 2]);
    const [one, two, three, four] = registrar.keepalives.map(({ at }) => at);
    expect(one! - signed!.at).toBeLessThanOrEqual(500);
    for (const gap of [two! - one!, three! - two!, four! - three!]) expect(gap).toBeGreaterThanOrEqual(18_500);
    for (const gap of [two! - one!, three! - two!, four! - three!]) expect(gap).toBeLessThanOrEqual(20_500);
    expect(device.uplink.link()).toMatchObject({ state: 'up' });
    expect(Math.abs((device.uplink.link()?.clockOffset ?? 0) - 90_000)).toBeLessThanOrEqual(1_000);
    await device[Symbol.asyncDispose]();
    expect(registrar.of('REGISTER').at(-1)).toMatchObject({ expires: 0 });
    expect(registrar.registered).toBe(false);
  });
});
