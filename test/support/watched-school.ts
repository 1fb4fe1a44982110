/** A school of one camera and one panel whose states the test sets by hand, and the health of it. */
import type { Camera, Inventory, Panel } from '../../gateway/domain/campus.ts';
import type { JournalEntry } from '../../gateway/domain/event.ts';
import type { CameraStatus, LinkStatus, PanelStatus } from '../../gateway/domain/health.ts';
import { cameraId, campusId, eventIdFrom, panelId } from '../../gateway/domain/ids.ts';
import type { RingState } from '../../gateway/domain/media.ts';
import { type Instant, instant, millis, seconds } from '../../gateway/domain/time.ts';
import type { HealthContext } from '../../gateway/health/check.ts';
import { healthChecks } from '../../gateway/health/checks/index.ts';
import { openHealth } from '../../gateway/health/health.ts';
import { RecentRestarts } from '../../gateway/media/restarts.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { rememberedAt } from '../../gateway/runtime/steady-time.ts';

export const gate: Camera = {
  id: cameraId('gate'),
  name: '校门',
  adapter: 'onvif',
  address: 'http://127.0.0.1/',
  settings: {},
  enabled: true,
  maintenance: false,
};
export const guard: Panel = {
  id: panelId('guard'),
  name: '门卫',
  dialect: 'campus',
  broker: 'embedded',
  settings: {},
  heartbeatEvery: seconds(20),
  zones: [],
  enabled: true,
  maintenance: false,
};

export function watchedSchool(options: { readonly openFaults?: readonly JournalEntry[]; readonly cameras?: readonly Camera[] } = {}) {
  const clock = new ManualClock();
  const restarts = new RecentRestarts(clock);
  const camera: { status?: CameraStatus } = {};
  const panel: { status?: PanelStatus } = {};
  const ring: { state?: RingState } = {};
  const uplink: { standIn?: string; answeredAt?: Instant; broken?: string; link?: LinkStatus } = {};
  const disk = { works: true };
  const journalled: { raised: string[]; cleared: number } = { raised: [], cleared: 0 };
  let inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    places: [],
    cameras: options.cameras ?? [gate],
    channels: [],
    panels: [guard],
    uplinks: [],
    rules: [],
  };
  const context: HealthContext = {
    now: () => clock.now(),
    startedAt: rememberedAt(clock),
    cameraStatus: () => camera.status,
    panelStatus: () => panel.status,
    streams: async () => [],
    ring: async () => ring.state,
    channelName: () => 'Gate',
    lastAlarmOf: () => undefined,
    testAlarm: () => undefined,
    backlog: () => ({ pending: 0, refused: 0 }),
    undelivered: () => undefined,
    standIn: () => uplink.standIn,
    answeredAt: () => uplink.answeredAt,
    uplinkBroken: () => uplink.broken,
    uplinkLink: () => uplink.link,
    mediaRestarts: () => restarts.recent(),
    uplinkCertificate: () => undefined,
    chainBroken: () => undefined,
    ownCertificate: () => ({ name: 'the box', validTo: instant(Number.MAX_SAFE_INTEGER) }),
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
      if (!disk.works) throw new Error('disk full');
      journalled.raised.push(`${code} ${subject}`);
      return eventIdFrom(clock.now(), new Uint8Array(10).fill(journalled.raised.length));
    },
    clear: async () => {
      if (!disk.works) throw new Error('disk full');
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
    uplink,
    disk,
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

export const connection = (clock: ManualClock, state: CameraStatus['connection'], offset = 0): CameraStatus => ({
  camera: gate.id,
  connection: state,
  since: clock.now(),
  profiles: [],
  ...(state === 'connected' ? { clockOffset: millis(offset) } : {}),
});
