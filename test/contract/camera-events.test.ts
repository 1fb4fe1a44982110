/** Events of a camera, from the simulated one over real HTTP: every way in which a subscription goes wrong, and that it comes back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import type { EventFault } from '../../simulators/camera/event-faults.ts';
import { eventually } from '../support/eventually.ts';
import { heardCamera } from '../support/heard-camera.ts';
import { cameraShop, signInTo } from '../support/simulated-camera.ts';

let shop: Awaited<ReturnType<typeof cameraShop>>;
beforeAll(async () => {
  shop = await cameraShop();
  // Its pictures are encoded once, before time passes fast.
  await using _first = await shop.open();
});
afterAll(() => shop[Symbol.asyncDispose]());

const pressed = 'input DI_1 raised';

test.concurrent('a pressed input is told once, and once that it was let go; with the message as evidence', async () => {
  await using heard = await heardCamera(shop);
  await heard.settled();
  heard.camera.event('input-1', true);
  heard.camera.event('input-1', true);
  heard.camera.event('input-1', false);
  await eventually(() => expect(heard.told()).toEqual([pressed, 'input DI_1 restored']));
  const press = heard.events().find(({ state }) => state === 'raised');
  expect(Buffer.from(press?.raw ?? []).toString()).toMatch(/^<wsnt:NotificationMessage>.*DI_1.*Value="true".*<\/wsnt:NotificationMessage>$/);
  expect(new Set(heard.events().map(({ dedupe }) => dedupe)).size).toBe(heard.events().length);
});

test.concurrent('motion on two topics is one; a line that is crossed ends by itself; what nobody knows is told as such', async () => {
  await using heard = await heardCamera(shop);
  await heard.settled();
  heard.camera.event('motion', true);
  heard.camera.event('line', true);
  heard.camera.event('doorbell', true);
  heard.camera.event('motion', false);
  await eventually(() =>
    expect([...heard.told()].sort()).toEqual(
      ['motion raised', 'line Gate line raised', 'other raised', 'motion restored', 'line Gate line restored', 'other restored'].sort(),
    ),
  );
  expect(heard.events().find(({ event }) => event === 'other')?.topic).toBe('Device/Doorbell/Pressed');
});

test.concurrent('what could be had is told, by kind and topic', async () => {
  await using heard = await heardCamera(shop);
  await eventually(async () => {
    const offered = await heard.session.offeredEvents(new AbortController().signal);
    expect(offered).toContainEqual({ kind: 'input', topic: 'Device/Trigger/DigitalInput' });
    expect(offered).toContainEqual({ topic: 'Device/Doorbell/Pressed' });
  });
});

test.concurrent('a state that is active already when we come is no press', async () => {
  await using heard = await heardCamera(shop, {}, (camera) => camera.event('input-1', true));
  await heard.settled();
  expect(heard.told()).toEqual(['input DI_1 still']);
  heard.camera.event('input-1', false);
  heard.camera.event('input-1', true);
  await eventually(() => expect(heard.told()).toEqual(['input DI_1 still', 'input DI_1 restored', pressed]));
});

/** A press is heard although it does this from the beginning. */
const bearable = [
  'events-wrong-host',
  'events-wrong-port',
  'events-storm',
  'events-hang-up',
  'events-one-pull-point',
  'events-twice',
  'events-no-time',
] as const satisfies readonly EventFault[];

test.concurrent.each(bearable)('a camera with %s is heard all the same', async (fault) => {
  await using heard = await heardCamera(shop, {}, (camera) => camera.fault(fault, true));
  await heard.settled();
  heard.camera.event('input-1', true);
  await eventually(() => expect(heard.told()).toEqual([pressed]));
  // Long enough for a pull to be hung up on.
  await systemClock.sleep(millis(800));
  heard.camera.event('input-1', false);
  heard.camera.event('input-1', true);
  await eventually(() => expect(heard.told()).toEqual([pressed, 'input DI_1 restored', pressed]));
  expect(heard.camera.counters.events.pulls).toBeLessThan(60);
});

test.concurrent('a subscription that lives for 20 s is renewed, again and again', async () => {
  await using heard = await heardCamera(shop, {}, (camera) => camera.fault('events-short-life', true));
  await heard.settled();
  await eventually(() => expect(heard.camera.counters.events.renewals).toBeGreaterThan(1));
  await eventually(() => {
    for (const active of [false, true]) heard.camera.event('input-1', active);
    expect(heard.told()).toContain(pressed);
  });
  expect(heard.camera.counters.events.subscriptions).toBeLessThan(3);
});

/** It breaks, which is told, and is heard again after. */
const breaking = [
  'events-hang',
  'events-dead',
  'events-forgotten',
  'events-huge',
  'events-bomb',
  'events-cut-off',
  'events-refused',
  'silent',
  'off',
] as const;

test.concurrent.each(breaking)('a camera that turns to %s is told to be unheard, and is heard again after', async (fault) => {
  await using heard = await heardCamera(shop);
  await heard.settled();
  await heard.camera.fault(fault, true);
  heard.camera.event('input-2', true);
  // Of a subscription that stands, a refusal is met at its renewal only.
  if (fault === 'events-refused') await heard.camera.fault('events-forgotten', true);
  await eventually(() => expect(heard.reports.filter(({ kind }) => kind === 'lost')).not.toEqual([]));
  await heard.camera.fault('events-forgotten', false);
  await heard.camera.fault(fault, false);
  const before = heard.reports.length;
  await eventually(() => expect(heard.reports.slice(before)).toContainEqual(expect.objectContaining({ kind: 'heard' })));
  heard.camera.event('input-1', true);
  await eventually(() => expect(heard.told()).toContain(pressed));
  expect(heard.told().filter((line) => line === pressed)).toHaveLength(1);
  expect(heard.camera.counters.events.subscriptions).toBeLessThan(8);
});

describe('after a restart of the camera', () => {
  test.concurrent('the subscription comes back; a press in between is not invented, and a gap is told', async () => {
    await using heard = await heardCamera(shop);
    await heard.settled();
    const back = heard.camera.reboot(millis(20_000));
    heard.camera.event('input-1', true);
    heard.camera.event('input-1', false);
    await back;
    await eventually(() => {
      const kinds = heard.reports.map(({ kind }) => kind);
      expect(kinds.lastIndexOf('heard')).toBeGreaterThan(kinds.indexOf('lost'));
    }, millis(30_000));
    expect(heard.told()).toEqual([]);
    expect(heard.reports.find(({ kind }) => kind === 'lost')).toHaveProperty('until');
    heard.camera.event('input-1', true);
    await eventually(() => expect(heard.told()).toEqual([pressed]));
  });

  test.concurrent('an input that was let go meanwhile is told as quiet, one that was pressed as still', async () => {
    await using heard = await heardCamera(shop);
    await heard.settled();
    heard.camera.event('input-1', true);
    await eventually(() => expect(heard.told()).toEqual([pressed]));
    const back = heard.camera.reboot(millis(10_000));
    heard.camera.event('input-1', false);
    heard.camera.event('input-2', true);
    await back;
    await eventually(() => expect(heard.told()).toEqual([pressed, 'input DI_2 still']));
    expect(heard.events().filter(({ source, state }) => source === 'DI_1' && state === 'quiet')).toHaveLength(2);
  });
});

test.concurrent('an input that never tells of its release is asked about, and its next press counts', async () => {
  await using heard = await heardCamera(shop, {}, (camera) => camera.fault('events-no-end', true));
  await heard.settled();
  heard.camera.event('input-1', true);
  heard.camera.event('input-1', false);
  await eventually(() => expect(heard.events().filter(({ source, state }) => source === 'DI_1' && state === 'quiet')).toHaveLength(2));
  heard.camera.event('input-1', true);
  await eventually(() => expect(heard.told()).toEqual([pressed, pressed]));
});

test.concurrent('a camera that never says anything is told to be mute after three tries, and is left in peace', async () => {
  await using heard = await heardCamera(shop, {}, (camera) => camera.fault('events-mute', true));
  await eventually(() => expect(heard.reports.filter(({ kind }) => kind === 'lost')).toHaveLength(3));
  await systemClock.sleep(millis(500));
  expect(heard.camera.counters.events.subscriptions).toBe(3);
  await heard.camera.fault('events-mute', false);
  heard.camera.event('input-1', true);
  await eventually(() => expect(heard.told()).toEqual([pressed]));
});

test.concurrent('it lets go of its pull point when it leaves', async () => {
  const heard = await heardCamera(shop, {}, (camera) => camera.fault('events-one-pull-point', true));
  await using camera = heard.camera;
  await heard.settled();
  await heard[Symbol.asyncDispose]();
  expect(camera.counters.events.subscriptions).toBe(1);
});

test.concurrent('nothing is subscribed to where no rule wants anything', async () => {
  await using camera = await shop.open({ strictTokens: false });
  await using session = await signInTo(camera);
  const leaving = new AbortController();
  const first = session.reports(leaving.signal)[Symbol.asyncIterator]().next();
  await systemClock.sleep(millis(300));
  leaving.abort();
  expect([(await first).done, camera.counters.events.subscriptions]).toEqual([true, 0]);
});
