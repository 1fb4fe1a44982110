import { describe, expect, test } from 'vitest';
import type { Camera, Inventory, Panel } from '../../../gateway/domain/campus.ts';
import type { JournalEntry } from '../../../gateway/domain/event.ts';
import type { CameraStatus, FaultCode, PanelStatus } from '../../../gateway/domain/health.ts';
import { cameraId, campusId, channelId, eventIdFrom, panelId, zoneId } from '../../../gateway/domain/ids.ts';
import type { RingState } from '../../../gateway/domain/media.ts';
import { millis, minutes, seconds } from '../../../gateway/domain/time.ts';
import type { HealthContext } from '../../../gateway/health/check.ts';
import { healthChecks } from '../../../gateway/health/checks/index.ts';
import { deviceState } from '../../../gateway/health/device-state.ts';
import { settledFor, track, untracked } from '../../../gateway/health/fault-tracker.ts';
import { openHealth } from '../../../gateway/health/health.ts';
import { RecentRestarts } from '../../../gateway/media/restarts.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';

const gate: Camera = {
  id: cameraId('gate'),
  name: '校门',
  adapter: 'onvif',
  address: 'http://127.0.0.1/',
  settings: {},
  enabled: true,
  maintenance: false,
};
const guard: Panel = {
  id: panelId('guard'),
  name: '门卫',
  dialect: 'campus',
  broker: 'embedded',
  heartbeatEvery: seconds(20),
  zones: [],
  enabled: true,
  maintenance: false,
};

/** A school of one camera and one panel whose states the test sets by hand. */
function school(options: { openFaults?: readonly JournalEntry[] } = {}) {
  const clock = new ManualClock();
  const restarts = new RecentRestarts(clock);
  const camera: { status?: CameraStatus } = {};
  const panel: { status?: PanelStatus } = {};
  const ring: { state?: RingState } = {};
  const journalled: { raised: string[]; cleared: number } = { raised: [], cleared: 0 };
  let inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    places: [],
    cameras: [gate],
    channels: [],
    panels: [guard],
    uplinks: [],
  };
  const context: HealthContext = {
    now: () => clock.now(),
    startedAt: clock.now(),
    cameraStatus: () => camera.status,
    panelStatus: () => panel.status,
    streams: async () => [],
    ring: async () => ring.state,
    channelName: () => 'Gate',
    backlog: () => ({ pending: 0, refused: 0 }),
    mediaRestarts: () => restarts.recent(),
    disk: async () => ({ free: 1e12, total: 2e12 }),
  };
  const health = openHealth({
    inventory: { current: () => inventory, changes: async function* () {} },
    checks: healthChecks,
    context,
    clock,
    log: silentLogger,
    openFaults: options.openFaults ?? [],
    raise: async ({ code, subject }) => {
      journalled.raised.push(`${code} ${subject}`);
      return eventIdFrom(clock.now(), new Uint8Array(10).fill(journalled.raised.length));
    },
    clear: async () => {
      journalled.cleared += 1;
    },
  });
  const end = new AbortController();
  const life = health.run(end.signal);
  return {
    clock,
    health,
    camera,
    panel,
    ring,
    journalled,
    restarts,
    change(next: Partial<Inventory>) {
      inventory = { ...inventory, ...next };
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await life;
    },
  };
}

const connection = (clock: ManualClock, state: CameraStatus['connection'], offset = 0): CameraStatus => ({
  camera: gate.id,
  connection: state,
  since: clock.now(),
  profiles: [],
  ...(state === 'connected' ? { clockOffset: millis(offset) } : {}),
});

describe('the seconds before an alarm', () => {
  const button = { id: zoneId('1'), name: '按钮', channels: [channelId('gate')] };

  test('are a fault of the zone where its channel is not recorded far enough back, and proven where it is', async () => {
    await using school_ = school();
    const { clock, health, ring, journalled } = school_;
    school_.change({ panels: [{ ...guard, zones: [button, { ...button, id: zoneId('2'), channels: [] }] }] });
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
    const first = track(untracked, fail, clock.now(), seconds(3));
    expect(first.fault).toBeUndefined();
    const second = track(first, fail, (clock.now() + 3_000) as never, seconds(3));
    expect(second.fault?.since).toBe(clock.now());
  });

  test('holds a fault that comes and goes until it has been well for a minute', () => {
    let at = 1_000_000;
    let tracked = untracked;
    for (let round = 0; round < 3; round += 1) {
      at += 2_000;
      tracked = track(tracked, fail, at as never, seconds(0));
      if (round < 2) tracked = track(tracked, pass, (at + 1_000) as never, seconds(0));
    }
    tracked = track(tracked, pass, (at + 1_000) as never, seconds(0));
    expect(tracked.fault).toBeDefined();
    tracked = track(tracked, pass, (at + 1_000 + settledFor) as never, seconds(0));
    expect(tracked.fault).toBeUndefined();
  });

  test('keeps what stood, and proves nothing, while it cannot tell', () => {
    const standing = track(untracked, fail, 1_000 as never, seconds(0));
    expect(track(standing, { verdict: 'unknown', why: 'x' }, 2_000 as never, seconds(0)).fault).toBeDefined();
    const well = track(untracked, pass, 1_000 as never, seconds(0));
    expect(track(well, { verdict: 'unknown', why: 'x' }, 2_000 as never, seconds(0)).provenAt).toBeUndefined();
  });
});

test('no device is ever online under a parent that is not', () => {
  for (const parent of ['offline', 'unknown'] as const) {
    expect(deviceState({ enabled: true, maintenance: false, faults: [], proven: true, parent })).toBe('unknown');
  }
});

test('after a start the state is unknown until a probe has told something', async () => {
  await using here = school();
  await here.clock.advance(seconds(1));
  expect(here.health.device('gate')?.state).toBe('unknown');
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(2));
  expect(here.health.device('gate')?.state).toBe('normal');
});

test('a camera that goes off is offline with its reason within 15 s, its other checks cannot tell, and it comes back', async () => {
  await using here = school();
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
  await using here = school();
  here.camera.status = connection(here.clock, state, offset);
  await here.clock.advance(seconds(8));
  expect(here.health.device('gate')).toMatchObject({ state: expected, faults: [{ code }] });
});

test('a camera that takes its password, but not for its pictures, has the fault camera-credentials and says which it is', async () => {
  await using here = school();
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
  await using here = school();
  const heardAt = here.clock.now();
  here.panel.status = { panel: guard.id, session: 'connected', announced: 'online', heardAt, since: heardAt, troubles: [], armed: {} };
  await here.clock.advance(seconds(40));
  expect(here.health.device('guard')?.state).toBe('normal');
  await here.clock.advance(seconds(10));
  expect(here.health.device('guard')).toMatchObject({ state: 'offline', faults: [{ code: 'panel-silent' }] });
});

test('a panel whose last will arrived is at fault within five seconds', async () => {
  await using here = school();
  const now = here.clock.now();
  here.panel.status = { panel: guard.id, session: 'disconnected', announced: 'offline', heardAt: now, since: now, troubles: [], armed: {} };
  await here.clock.advance(seconds(5));
  expect(here.health.device('guard')?.faults[0]?.code).toBe('panel-silent');
});

test('a media worker that was replaced degrades the gateway for ten minutes, with count and reason', async () => {
  await using here = school();
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

test('a fault that stood before a restart ends in the journal once its probe passes', async () => {
  const raised = eventIdFrom(1_760_000_000_000, new Uint8Array(10));
  const entry: JournalEntry = {
    position: 1,
    journalledAt: 1 as never,
    event: {
      kind: 'fault.raised',
      id: raised,
      campus: campusId('school'),
      receivedAt: 1 as never,
      clockTrust: 'none',
      fault: 'camera-unreachable',
      subject: gate.id,
      sentence: { zh: '不通', en: 'No path' },
    },
  };
  await using here = school({ openFaults: [entry] });
  await here.clock.advance(seconds(1));
  expect(here.health.device('gate')).toMatchObject({ state: 'unknown', faults: [{ code: 'camera-unreachable' }] });
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(2));
  expect(here.health.device('gate')).toMatchObject({ state: 'normal', faults: [] });
  expect(here.journalled).toEqual({ raised: [], cleared: 1 });
});

test('a camera under maintenance is said to be so, and its standing fault ends', async () => {
  await using here = school();
  here.camera.status = connection(here.clock, 'unreachable');
  await here.clock.advance(seconds(6));
  here.change({ cameras: [{ ...gate, maintenance: true }] });
  await here.clock.advance(seconds(2));
  expect(here.health.device('gate')).toMatchObject({ state: 'maintenance', faults: [] });
  expect(here.journalled.cleared).toBe(1);
});
