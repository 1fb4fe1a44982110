/** What becomes of a registration whose TCP connection ends, or stands still. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';

test('a closed TCP connection is a lost registration, mended at once', async () => {
  const clock = new ManualClock();
  const registrar = await new GbRegistrar(clock).open('TCP');
  const { port } = registrar;
  await using device = gbDevice(registrar, clock, { transport: 'tcp' });
  await until(clock, () => registrar.keepalives.length === 1);
  await registrar.close();
  await using _back = await registrar.open('TCP', port);
  const back = clock.now();
  await until(clock, () => registrar.keepalives.length === 2);
  expect(clock.now() - back).toBeLessThanOrEqual(10_000);
  expect(device.uplink.link()).toMatchObject({ state: 'up' });
});

test('a TCP connection that ends in the moment of its 200 took the registration with it, which is noticed without a keepalive', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open('TCP');
  let broken: number | undefined;
  registrar.whim = ({ request, flow }, { heard }) => {
    // Keepalives would be taken by any connection: nobody must wait for one to be refused.
    if (request.method !== 'REGISTER' || broken !== undefined || !heard.at(-1)?.signed) return undefined;
    broken = flow.remote.port;
    // In one piece with the answer: the connection is over before anybody can have looked at it.
    queueMicrotask(() => void flow.send(Buffer.from('and nothing that is SIP\r\n\r\n')));
    return undefined;
  };
  await using device = gbDevice(registrar, clock, { transport: 'tcp' });
  await until(clock, () => broken !== undefined);
  const ended = clock.now();
  await until(clock, () => registrar.flow?.remote.port !== broken && device.uplink.link()?.state === 'up', 10_000);
  expect(clock.now() - ended).toBeLessThanOrEqual(3_000);
  expect(registrar.of('REGISTER').filter(({ signed }) => signed)).toHaveLength(2);
});

test('a TCP connection on which nothing comes back any more is left for a new one', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open('TCP');
  await using device = gbDevice(registrar, clock, { transport: 'tcp' });
  await until(clock, () => registrar.keepalives.length === 1);
  const still = registrar.flow!.remote.port;
  registrar.whim = ({ flow }) => (flow.remote.port === still ? 'ignore' : undefined);
  const begun = clock.now();
  await until(clock, () => registrar.flow!.remote.port !== still && device.uplink.link()?.state === 'up');
  // Twenty seconds to the next keepalive, and three without an answer.
  expect(clock.now() - begun).toBeLessThanOrEqual(45_000);
});
