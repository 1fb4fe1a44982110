/** Many alarms a second, with streams beside them: how soon each is on disk, acknowledged to its panel and accepted by the police side. */
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { cameraId, panelId, zoneId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import type { InventoryStore } from '../../../gateway/inventory/store.ts';
import { journalFile } from '../../../gateway/journal/journal.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { cameraClip } from '../../support/camera-clip.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../../support/measure-figures.ts';
import { waysOf } from '../../support/measure-hops.ts';
import { pressKey } from '../../support/measure-ledger.ts';
import { openMeasuredSchool, zones } from '../../support/measure-school.ts';
import type { RtspTarget } from '../../support/stream-programs.ts';
import { cameraAccount, openCameraFarm, watchRtsp } from '../../support/stream-programs.ts';
import { camerasKnown } from '../streams/gateway-under-load.ts';
import { upTo, viewersPlayWithin } from '../streams/window.ts';
import { loopDelay } from './loop-delay.ts';
import { openPressGun, type ShootingPanel, type Shot } from './press-gun.ts';

export interface Load {
  readonly test: string;
  readonly seed: number;
  readonly panels: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Every how manieth is a panic; the others are burglaries. */
  readonly panicEvery: number;
  readonly commitDelayMillis?: number;
  /** Milliseconds, p99. */
  readonly limits: {
    readonly journalled?: number;
    readonly acknowledged?: number;
    readonly accepted?: number;
    readonly panicAccepted?: number;
    readonly loop?: number;
  };
}

const cameras = 16;
const campus = 'measured';
const uplink = 'police';
/** V8 has compiled what an alarm needs by then. */
const warmUp = { perSecond: 250, seconds: 16, panicEvery: 50 } as const;
const drained = seconds(60);

export async function underLoad(load: Load): Promise<readonly Figure[]> {
  const { test, seed, panels, perSecond, panicEvery, commitDelayMillis, limits } = load;
  await using opening = new Scope();
  const farm = opening.own(await openCameraFarm({ cameras, clip: await cameraClip() }));
  const shooting: ShootingPanel[] = [];
  let key: RtspTarget['account'] | undefined;
  const school = opening.own(
    await openMeasuredSchool({
      ...{ panels: 1, rtsp: true },
      furnish(store) {
        for (const number of upTo(cameras)) putCamera(store, number, farm.port);
        for (const number of upTo(panels)) shooting.push(putPanel(store, `gun-${number}`));
        key = store.issueStreamKey('bench');
      },
      ...(commitDelayMillis === undefined ? {} : { broken: { commitDelayMillis } }),
    }),
  );
  const { gateway, folder } = school;
  await gateway.start();
  await camerasKnown(gateway, cameras);
  await using viewers = await watchRtsp({ port: gateway.rtspPort, cameras: upTo(cameras), account: key! }, viewersPlayWithin);
  const gun = opening.own(await openPressGun({ port: Number(new URL(gateway.broker).port), campus, panels: shooting, folder }));
  const early = await gun.fire(warmUp);
  await arrivals(school.arrived, early);

  await loopDelay(gateway); // a scrape ends the interval that the next one tells
  viewers.mark();
  const cpuBefore = gateway.cpuMillis();
  const shots = await gun.fire({ perSecond, seconds: load.seconds, panicEvery });
  const cpu = gateway.cpuMillis() - cpuBefore;
  const loop = await loopDelay(gateway);
  const { viewers: seen } = await viewers.tell();
  const missing = await arrivals(school.arrived, shots);
  await gateway.stop();

  const journalled = journalledAt(gateway.dataFolder);
  const accepted = new Map(waysOf(gateway.dataFolder, uplink).map(({ press, at }) => [press, at.get('accepted')]));
  const waits = (of: readonly Shot[], at: (shot: Shot) => number | null | undefined) =>
    of.flatMap((shot) => {
      const then = at(shot);
      return then === undefined || then === null ? [] : [then - shot.sentAt];
    });
  const toJournal = waits(shots, (shot) => journalled.get(pressKey(shot)));
  const toPanel = waits(shots, ({ acknowledgedAt }) => acknowledgedAt);
  const panics = shots.filter(({ code }) => code === '120');
  const hasty = shots.filter(
    ({ acknowledgedAt, ...shot }) => acknowledgedAt !== null && acknowledgedAt + 1 < (journalled.get(pressKey(shot)) ?? Number.POSITIVE_INFINITY),
  );
  const row = (metric: string, values: readonly number[], limit?: number) => [
    { metric: `${metric}, p50`, value: quantileOf(values, 0.5), unit: 'ms' },
    { metric: `${metric}, p99`, value: quantileOf(values, 0.99), unit: 'ms', ...(limit === undefined ? {} : { limit }) },
    { metric: `${metric}, most`, value: mostOf(values), unit: 'ms' },
  ];
  const slow = commitDelayMillis === undefined ? '' : `, commit ${commitDelayMillis} ms late`;
  const span = (Math.max(...shots.map(({ acknowledgedAt }) => acknowledgedAt ?? 0)) - Math.min(...shots.map(({ sentAt }) => sentAt))) / 1_000;
  return figuresOf({ test, dose: `${perSecond}/s for ${load.seconds} s, ${panels} panels, ${cameras} streams${slow}`, seed }, [
    { metric: 'alarms without a PUBACK', value: shots.length - toPanel.length, unit: 'count', limit: 0 },
    { metric: 'alarms that never arrived', value: missing, unit: 'count', limit: 0 },
    { metric: 'acknowledged before they were on disk', value: hasty.length, unit: 'count', limit: 0 },
    { metric: 'acknowledged in a second', value: toPanel.length / span, unit: '1/s' },
    ...row('publish to journal', toJournal, limits.journalled),
    ...row('publish to PUBACK', toPanel, limits.acknowledged),
    ...row(
      'publish to receipt',
      waits(shots, (shot) => accepted.get(pressKey(shot))),
      limits.accepted,
    ),
    ...row(
      'publish to receipt of panics',
      waits(panics, (shot) => accepted.get(pressKey(shot))),
      limits.panicAccepted,
    ),
    { metric: 'main-loop delay, p99', value: loop.p99, unit: 'ms', ...(limits.loop === undefined ? {} : { limit: limits.loop }) },
    { metric: 'main-loop delay, most', value: loop.most, unit: 'ms' },
    { metric: 'CPU of the gateway per alarm, its streams with it', value: cpu / shots.length, unit: 'ms' },
    {
      metric: 'streams with gaps',
      value: seen.filter(({ sequenceGaps, pictureGaps }) => sequenceGaps + pictureGaps > 0).length,
      unit: 'count',
      limit: 0,
    },
  ]);
}

function putCamera(store: InventoryStore, number: number, port: number): void {
  const id = `cam-${number}`;
  const credentials = { username: cameraAccount.username, password: new Secret(cameraAccount.password) };
  const address = `rtsp://127.0.0.1:${port}/${id}/main`;
  store.putCamera({ id: cameraId(id), name: id, adapter: 'rtsp', address, credentials, settings: {}, enabled: true, maintenance: false });
}

function putPanel(store: InventoryStore, name: string): ShootingPanel {
  const id = panelId(name);
  store.putPanel({
    ...{ id, name, dialect: 'campus', broker: 'embedded', settings: {}, heartbeatEvery: seconds(600), enabled: true, maintenance: false },
    zones: zones.map((zone) => ({ id: zoneId(zone.id), name: `Zone ${zone.id}`, channels: [] })),
  });
  return { id: name, password: store.newPanelPassword(id) };
}

/** How many have not arrived, once nothing has come for a while. */
async function arrivals(arrived: ReadonlyMap<string, unknown>, shots: readonly Shot[]): Promise<number> {
  const keys = shots.map(pressKey);
  let left = keys.length;
  let movedAt = systemClock.monotonic();
  for (;;) {
    const missing = keys.filter((key) => !arrived.has(key)).length;
    if (missing !== left) movedAt = systemClock.monotonic();
    left = missing;
    if (left === 0 || systemClock.monotonic() - movedAt > drained) return left;
    await systemClock.sleep(seconds(0.2));
  }
}

/** Epoch ms of the commit, by press. */
function journalledAt(dataFolder: string): ReadonlyMap<string, number> {
  const database = new BetterSqlite(join(dataFolder, journalFile), { readonly: true });
  try {
    const rows = database
      .prepare<[], { panel: string; boot: string; seq: number; at: number }>(
        `SELECT panel, boot, seq, journalled_at AS at FROM event WHERE kind = 'alarm.raised' AND seq IS NOT NULL`,
      )
      .all();
    return new Map(rows.map(({ at, ...press }) => [pressKey(press), at]));
  } finally {
    database.close();
  }
}
