/** What becomes of a registration whose TCP connection ends, or stands still. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { deliveryOf, gbDevice, until } from '../../support/gb-device.ts';
import { GbRegistrar } from '../../support/gb-registrar.ts';
import { openRelay } from '../../support/relay.ts';
import { alarm } from '../../support/spine.ts';

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

/** ms, for an answer. */
const within = 9_000;

test('an alarm given up on a TCP connection that stands still does not arrive when the line is well again', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open('TCP');
  await using line = await openRelay(registrar.port);
  await using device = gbDevice(line, clock, { transport: 'tcp', timeout: within / 1_000 });
  await until(clock, () => registrar.keepalives.length === 1);
  const still = registrar.flow!.closed;
  line.block();
  let refused: unknown;
  const given = clock.now();
  device.uplink.deliver(deliveryOf(alarm({ zone: '3' }), 1), new AbortController().signal).catch((error: unknown) => {
    refused = error;
  });
  await until(clock, () => refused !== undefined);
  expect(refused).toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  expect(clock.now() - given).toBeLessThanOrEqual(within + 1_000);
  expect(device.uplink.link()).toMatchObject({ state: 'down', sentence: { en: expect.stringContaining('neither an alarm nor a keepalive') } });
  line.mend();
  await until(clock, () => still.aborted && device.uplink.link()?.state === 'up');
  expect(await device.uplink.deliver(deliveryOf(alarm({ zone: '3' }), 2), new AbortController().signal)).toEqual({ proof: 'SIP 200' });
  expect(registrar.heard.flatMap(({ message }) => (message?.cmdType === 'Alarm' ? [message.sn] : []))).toEqual([2]);
});

test('a platform that answers its keepalives keeps its connection, whatever it does not say to an alarm', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open('TCP');
  await using device = gbDevice(registrar, clock, { transport: 'tcp', timeout: within / 1_000 });
  await until(clock, () => registrar.keepalives.length === 1);
  const { closed } = registrar.flow!;
  registrar.whim = (_, { heard }) => (heard.at(-1)?.message?.cmdType === 'Alarm' ? 'ignore' : undefined);
  let refused: unknown;
  device.uplink.deliver(deliveryOf(alarm({ zone: '3' }), 1), new AbortController().signal).catch((error: unknown) => {
    refused = error;
  });
  await until(clock, () => refused !== undefined);
  expect(refused).toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  expect(closed.aborted).toBe(false);
  expect(device.uplink.link()).toMatchObject({ state: 'up' });
});
