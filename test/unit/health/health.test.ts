import { describe, expect, test } from 'vitest';
import type { CameraStatus, FaultCode } from '../../../gateway/domain/health.ts';
import { channelId, uplinkId, zoneId } from '../../../gateway/domain/ids.ts';
import { after, hours, minutes, seconds } from '../../../gateway/domain/time.ts';
import { deviceState } from '../../../gateway/health/device-state.ts';
import { settledFor, track, untracked } from '../../../gateway/health/fault-tracker.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { connection, gate, guard, watchedSchool } from '../../support/watched-school.ts';

describe('the seconds before an alarm', () => {
  const button = { id: zoneId('1'), name: '按钮', channels: [channelId('gate')] };

  test('are a fault of the zone where its channel is not recorded far enough back, and proven where it is', async () => {
    await using here = watchedSchool();
    const { clock, health, ring, journalled } = here;
    here.change({ panels: [{ ...guard, zones: [button, { ...button, id: zoneId('2'), channels: [] }] }] });
    const state = async (length: number) => {
      await clock.advance(seconds(length));
      return health.device('guard/1')?.state;
    };
    ring.state = { reach: seconds(4), wanted: seconds(30), bytes: 1 };
    expect(await state(20)).toBe('unknown');
    expect(await state(40)).toBe('degraded');
    expect(health.device('guard/1')?.faults[0]?.sentence.en).toContain('keeps only the last 4 s of 30 s');
    ring.state = { reach: seconds(31), wanted: seconds(30), bytes: 1 };
    expect(await state(5)).toBe('normal');
    delete ring.state;
    expect(await state(15)).toBe('degraded');
    expect(health.device('guard/1')?.faults[0]?.sentence.en).toContain('not being recorded');
    expect(journalled.raised).toContain('zone-recording guard/1');
    expect(health.device('guard/2')).toBeUndefined();
  });
});

describe('the fault tracker', () => {
  const fail = { verdict: 'fail', sentence: { zh: '坏', en: 'bad' } } as const;
  const pass = { verdict: 'pass' } as const;

  test('makes a failure a fault only once it has lasted', () => {
    const clock = new ManualClock();
    const first = track(untracked, fail, clock.now(), { visibleAfter: seconds(3) });
    expect(first.fault).toBeUndefined();
    const second = track(first, fail, (clock.now() + 3_000) as never, { visibleAfter: seconds(3) });
    expect(second.fault?.since).toBe(clock.now());
  });

  test('holds a fault that comes and goes until it has been well for a minute', () => {
    let at = 1_000_000;
    let tracked = untracked;
    for (let round = 0; round < 3; round += 1) {
      at += 2_000;
      tracked = track(tracked, fail, at as never, { visibleAfter: seconds(0) });
      if (round < 2) tracked = track(tracked, pass, (at + 1_000) as never, { visibleAfter: seconds(0) });
    }
    tracked = track(tracked, pass, (at + 1_000) as never, { visibleAfter: seconds(0) });
    expect(tracked.fault).toBeDefined();
    tracked = track(tracked, pass, (at + 1_000 + settledFor) as never, { visibleAfter: seconds(0) });
    expect(tracked.fault).toBeUndefined();
  });

  test('keeps what stood, and proves nothing, while it cannot tell', () => {
    const standing = track(untracked, fail, 1_000 as never, { visibleAfter: seconds(0) });
    expect(track(standing, { verdict: 'unknown', why: 'x' }, 2_000 as never, { visibleAfter: seconds(0) }).fault).toBeDefined();
    const well = track(untracked, pass, 1_000 as never, { visibleAfter: seconds(0) });
    expect(track(well, { verdict: 'unknown', why: 'x' }, 2_000 as never, { visibleAfter: seconds(0) }).provenAt).toBeUndefined();
  });
});

test('no device is ever online under a parent that is not', () => {
  for (const parent of ['offline', 'unknown'] as const) {
    expect(deviceState({ enabled: true, maintenance: false, faults: [], proven: true, parent })).toBe('unknown');
  }
});

test('after a start the state is unknown until a probe has told something', async () => {
  await using here = watchedSchool();
  await here.clock.advance(seconds(1));
  expect(here.health.device('gate')?.state).toBe('unknown');
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(2));
  expect(here.health.device('gate')?.state).toBe('normal');
});

test('a camera that goes off is offline with its reason within 15 s, its other checks cannot tell, and it comes back', async () => {
  await using here = watchedSchool();
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(2));
  here.camera.status = connection(here.clock, 'unreachable');
  await here.clock.advance(seconds(6));
  expect(here.health.device('gate')).toMatchObject({ state: 'offline', faults: [{ code: 'camera-unreachable' }] });
  expect(here.journalled.raised).toContain('camera-unreachable gate');
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(3));
  expect(here.health.device('gate')).toMatchObject({ state: 'normal', faults: [] });
  expect(here.journalled.cleared).toBe(1);
});

test.each<[CameraStatus['connection'], number, FaultCode, string]>([
  ['refused-credentials', 0, 'camera-credentials', 'offline'],
  ['untrusted', 0, 'camera-certificate', 'offline'],
  ['failed', 0, 'camera-reply', 'offline'],
  ['connected', 90_000, 'camera-clock', 'degraded'],
])('a camera that is %s with its clock %i ms off has the fault %s and is %s', async (state, offset, code, expected) => {
  await using here = watchedSchool();
  here.camera.status = connection(here.clock, state, offset);
  await here.clock.advance(seconds(8));
  expect(here.health.device('gate')).toMatchObject({ state: expected, faults: [{ code }] });
});

test('a camera that takes its password, but not for its pictures, has the fault camera-credentials and says which it is', async () => {
  await using here = watchedSchool();
  here.camera.status = { ...connection(here.clock, 'connected'), streamRefused: true };
  await here.clock.advance(seconds(3));
  expect(here.health.device('gate')).toMatchObject({
    state: 'offline',
    faults: [{ code: 'camera-credentials', sentence: { zh: expect.stringContaining('取流'), en: expect.stringContaining('pictures') } }],
  });
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(3));
  expect(here.health.device('gate')).toMatchObject({ state: 'normal', faults: [] });
});

test('a panel that was cut off silently is at fault within two heartbeats and ten seconds', async () => {
  await using here = watchedSchool();
  const heardAt = here.clock.now();
  here.panel.status = { panel: guard.id, session: 'connected', announced: 'online', heardAt, since: heardAt, troubles: [], armed: {} };
  await here.clock.advance(seconds(40));
  expect(here.health.device('guard')?.state).toBe('normal');
  await here.clock.advance(seconds(10));
  expect(here.health.device('guard')).toMatchObject({ state: 'offline', faults: [{ code: 'panel-silent' }] });
});

test('checks go on when the clock of the box is set back by an hour, and a fault shows as soon as ever', async () => {
  await using here = watchedSchool();
  const heardAt = here.clock.now();
  here.panel.status = { panel: guard.id, session: 'connected', announced: 'online', heardAt, since: heardAt, troubles: [], armed: {} };
  await here.clock.advance(seconds(10));
  expect(here.health.device('guard')?.state).toBe('normal');
  // It has failed for a second, by the clock as it was.
  here.panel.status = { ...here.panel.status, session: 'disconnected' };
  await here.clock.advance(seconds(1));
  here.clock.set(after(here.clock.now(), hours(-1)));
  await here.clock.advance(seconds(5));
  expect(here.health.device('guard')?.faults[0]?.code).toBe('panel-silent');
});

test('a panel whose last will arrived is at fault within five seconds', async () => {
  await using here = watchedSchool();
  const now = here.clock.now();
  here.panel.status = { panel: guard.id, session: 'disconnected', announced: 'offline', heardAt: now, since: now, troubles: [], armed: {} };
  await here.clock.advance(seconds(5));
  expect(here.health.device('guard')?.faults[0]?.code).toBe('panel-silent');
});

test('a panel whose broker does not let us hear it is at fault with the reason, not for its silence, and is well once it is heard', async () => {
  await using here = watchedSchool();
  const site = { ...guard, broker: 'site' };
  here.change({ panels: [site] });
  const heardAt = here.clock.now();
  const heard = { panel: site.id, session: 'unknown', announced: 'online', since: heardAt, troubles: [], armed: {} } as const;
  here.panel.status = { ...heard, heardAt, siteBroker: { name: 'site' } };
  await here.clock.advance(seconds(20));
  expect(here.health.device('guard')?.state).toBe('normal');
  here.panel.status = { ...heard, heardAt, siteBroker: { name: 'site', unheard: { zh: '没有程序监听', en: 'nobody listens there' } } };
  await here.clock.advance(seconds(9));
  expect(here.health.device('guard')).toMatchObject({ state: 'unknown', faults: [] });
  await here.clock.advance(seconds(60));
  expect(here.health.device('guard')).toMatchObject({ state: 'offline', faults: [{ code: 'panel-broker' }] });
  expect(here.health.device('guard')?.faults[0]?.sentence).toMatchObject({
    en: expect.stringContaining('does not hear the broker site: nobody listens there'),
    zh: expect.stringContaining('没有程序监听'),
  });
  here.panel.status = { ...heard, heardAt: here.clock.now(), siteBroker: { name: 'site' } };
  await here.clock.advance(seconds(3));
  expect(here.health.device('guard')).toMatchObject({ state: 'normal', faults: [] });
});

test('a media worker that was replaced degrades the gateway for ten minutes, with count and reason', async () => {
  await using here = watchedSchool();
  await here.clock.advance(seconds(6));
  expect(here.health.device('gateway')?.state).toBe('normal');
  here.restarts.note('crashed');
  here.restarts.note('out-of-memory');
  await here.clock.advance(seconds(6));
  expect(here.health.device('gateway')).toMatchObject({ state: 'degraded', faults: [{ code: 'media-restarted' }] });
  expect(here.health.device('gateway')?.faults[0]?.sentence).toMatchObject({
    zh: expect.stringMatching(/重启了 2 次.*内存不足/),
    en: expect.stringMatching(/2 times.*ran out of memory/),
  });
  await here.clock.advance(minutes(10.2));
  expect(here.health.device('gateway')).toMatchObject({ state: 'normal', faults: [] });
});

test('a camera under maintenance is said to be so, and its standing fault ends', async () => {
  await using here = watchedSchool();
  here.camera.status = connection(here.clock, 'unreachable');
  await here.clock.advance(seconds(6));
  here.change({ cameras: [{ ...gate, maintenance: true }] });
  await here.clock.advance(seconds(2));
  expect(here.health.device('gate')).toMatchObject({ state: 'maintenance', faults: [] });
  expect(here.journalled.cleared).toBe(1);
});

describe('an uplink', () => {
  const police = { id: uplinkId('police'), name: '公安', adapter: 'webhook', settings: {}, enabled: true };

  test('is unknown, not normal, until the far side has acknowledged something', async () => {
    await using here = watchedSchool();
    here.change({ uplinks: [police] });
    await here.clock.advance(seconds(5));
    expect(here.health.device('police')).toMatchObject({ state: 'unknown', faults: [] });
    here.uplink.answeredAt = here.clock.now();
    await here.clock.advance(seconds(2));
    expect(here.health.device('police')?.state).toBe('normal');
  });

  test('that cannot run is offline and says why, in one fault', async () => {
    await using here = watchedSchool();
    here.change({ uplinks: [police] });
    here.uplink.broken = 'it has no secret.';
    await here.clock.advance(seconds(3));
    expect(here.health.device('police')).toMatchObject({
      state: 'offline',
      faults: [{ code: 'uplink-broken', sentence: { en: expect.stringContaining('it has no secret') } }],
    });
    delete here.uplink.broken;
    await here.clock.advance(seconds(2));
    expect(here.health.device('police')).toMatchObject({ state: 'unknown', faults: [] });
  });

  test('that keeps a registration is normal while it stands, though nothing was delivered yet', async () => {
    await using here = watchedSchool();
    here.change({ uplinks: [police] });
    here.uplink.link = { state: 'up', since: here.clock.now() };
    await here.clock.advance(seconds(3));
    expect(here.health.device('police')).toMatchObject({ state: 'normal', faults: [] });
  });

  test('that keeps a registration is offline with the likely cause in words once it has been down for 10 s', async () => {
    await using here = watchedSchool();
    here.change({ uplinks: [police] });
    here.uplink.link = { state: 'down', since: here.clock.now(), sentence: { zh: '密码错误。', en: 'The password is wrong.' } };
    await here.clock.advance(seconds(5));
    expect(here.health.device('police')?.faults).toEqual([]);
    await here.clock.advance(seconds(8));
    expect(here.health.device('police')).toMatchObject({
      state: 'offline',
      faults: [{ code: 'uplink-link', sentence: { zh: '密码错误。', en: 'The password is wrong.' } }],
    });
    here.uplink.link = { state: 'up', since: here.clock.now() };
    await here.clock.advance(seconds(2));
    expect(here.health.device('police')?.state).toBe('normal');
  });
});

test('a bypassed zone is told in words of both languages', async () => {
  await using here = watchedSchool();
  const now = here.clock.now();
  const troubles = [{ code: 'zone-bypassed', zone: '3', since: now }] as const;
  here.panel.status = { panel: guard.id, session: 'connected', announced: 'online', heardAt: now, since: now, troubles, armed: {} };
  await here.clock.advance(seconds(3));
  expect(here.health.device('guard')?.faults[0]?.sentence).toMatchObject({
    zh: expect.stringContaining('旁路'),
    en: expect.stringContaining('bypassed'),
  });
});

test('a camera that somebody listens to and cannot hear is degraded after 15 s, with the reason; one of which nothing is wanted is not', async () => {
  await using here = watchedSchool();
  const since = here.clock.now();
  const why = { zh: '订阅中断。', en: 'It hung up.' };
  const hearing = (state: 'lost' | 'off' | 'heard') => ({
    ...connection(here.clock, 'connected'),
    hearing: { state, since, ...(state === 'lost' ? { why } : {}) },
  });
  here.camera.status = hearing('lost');
  await here.clock.advance(seconds(12));
  expect(here.health.device('gate')?.faults).toEqual([]);
  await here.clock.advance(seconds(12));
  expect(here.health.device('gate')).toMatchObject({
    state: 'degraded',
    faults: [{ code: 'camera-events', sentence: { zh: expect.stringContaining('订阅中断'), en: expect.stringContaining('It hung up') } }],
  });
  for (const state of ['heard', 'off'] as const) {
    here.camera.status = hearing(state);
    await here.clock.advance(seconds(6));
    expect(here.health.device('gate')?.faults).toEqual([]);
  }
});
