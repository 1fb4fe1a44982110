/**
 * What three days without the police side leave behind, all of it at once: alarms that were stored go out panics first, each zone in order, and who
 * presses meanwhile waits for none of them.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uplinkId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../../support/measure-figures.ts';
import { pressKey, readArrival } from '../../support/measure-ledger.ts';
import type { Shot } from './press-gun.ts';
import { openShootingSchool } from './shooting-school.ts';

export interface Outage {
  readonly alarms: number;
  readonly seed: number;
}

const panels = 50;
/** What fifty panels may say. */
const perSecond = 4_000;
/** Its remainder by the number of panels goes round all of them. */
const panicEvery = 99;
/** In so many seconds, so that no list of presses grows large. */
const portion = 5;
const window = 16;
/** With so many zones, every place has a panic to take, also while acceptances of others are being committed. */
const crowd = 2 * window;
const drains = 1_000;
const freshWithin = 200;
const freshEvery: Millis = seconds(2);
const stillFor = seconds(30);

export async function outage({ alarms, seed }: Outage): Promise<readonly Figure[]> {
  await using police = await openReceiver();
  const secret = new Secret('outage-'.repeat(5));
  await using shooting = await openShootingSchool({
    ...{ panels, cameras: 4 },
    furnish: (store) =>
      store.putUplink({
        ...{ id: uplinkId('police'), name: 'Police', adapter: 'webhook', settings: { url: police.url, window } },
        secret,
        enabled: true,
      }),
  });
  const { gun, school } = shooting;
  const { gateway } = school;

  const began = systemClock.monotonic();
  let stored = 0;
  let unanswered = 0;
  while (stored < alarms) {
    const shots = await gun.fire({ perSecond, seconds: portion, panicEvery });
    stored += shots.length;
    unanswered += shots.filter(({ acknowledgedAt }) => acknowledgedAt === null).length;
  }
  const storing = (systemClock.monotonic() - began) / 1_000;
  const resident = gateway.residentMegabytes();

  police.open();
  const opened = systemClock.monotonic();
  const fresh: Shot[] = [];
  let last = { count: 0, at: opened };
  while (police.stored() < stored) {
    const [shot] = await gun.fire({ perSecond: 1, seconds: 1, panicEvery: 1, silent: true });
    if (shot) fresh.push(shot);
    await systemClock.sleep(millis(freshEvery));
    const count = police.stored();
    if (count > last.count) last = { count, at: systemClock.monotonic() };
    if (systemClock.monotonic() - last.at > stillFor) break;
  }
  const draining = (last.at - opened) / 1_000;
  const waits = fresh.flatMap((shot) => {
    const at = police.arrivedAt(pressKey(shot));
    return at === undefined ? [] : [at - shot.sentAt];
  });
  const most = Math.max(resident, gateway.residentMegabytes());
  const exitCode = await gateway.stop();
  const none = (metric: string, value: number) => ({ metric, value, unit: 'count', limit: 0 });
  return figuresOf({ test: 'alarms, outage', dose: `${stored} alarms stored, one in ${panicEvery} a panic, ${panels} panels`, seed }, [
    none('alarms without a PUBACK', unanswered),
    none('alarms that never arrived', stored - police.stored()),
    none('alarms that arrived twice', police.twice()),
    none('out of order in their zone', police.outOfOrder()),
    // Those that were under way when the first panic was claimed. Where fewer zones have panics left, others fill the places: each zone goes in order.
    { metric: `others while panics of ${crowd} zones waited`, value: police.othersWhileWaiting(crowd), unit: 'count', limit: 2 * window },
    { metric: 'stored in a second', value: stored / storing, unit: '1/s' },
    { metric: 'time to drain', value: draining, unit: 's', limit: stored / drains },
    { metric: 'drained in a second', value: stored / draining, unit: '1/s' },
    none('fresh panics that never arrived', fresh.length - waits.length),
    { metric: 'fresh panic to receipt, p50', value: quantileOf(waits, 0.5), unit: 'ms' },
    { metric: 'fresh panic to receipt, most', value: mostOf(waits), unit: 'ms', limit: freshWithin },
    { metric: 'resident, most', value: most, unit: 'MB' },
    none('exit code at the end', exitCode ?? 1),
  ]);
}

/** The far end, as light as can be: it stands for a police side, and must not be what is measured. Out of order until `open`. */
async function openReceiver() {
  const arrived = new Map<string, number>();
  const latest = new Map<string, number>();
  /** Epoch ms; what was pressed later is fresh. */
  let opened = Number.POSITIVE_INFINITY;
  let stored = 0;
  let twice = 0;
  let outOfOrder = 0;
  /** Of each stored alarm, as they came: the zone of a panic, undefined for another. */
  const order: (string | undefined)[] = [];
  const take = (body: string) => {
    const { press, alarm } = readArrival({ body } as Parameters<typeof readArrival>[0], 0);
    if (press === undefined || alarm === undefined) return;
    if (arrived.has(press)) {
      twice += 1;
      return;
    }
    arrived.set(press, performance.timeOrigin + performance.now());
    const zone = `${alarm.panel}|${alarm.zone}`;
    const seq = Number(press.slice(press.lastIndexOf('|') + 1));
    if (seq < (latest.get(zone) ?? 0)) outOfOrder += 1;
    latest.set(zone, seq);
    if ((alarm.occurredAt ?? 0) >= opened) return;
    stored += 1;
    order.push(alarm.type.startsWith('panic') ? zone : undefined);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const open = Number.isFinite(opened);
      if (open) take(Buffer.concat(chunks).toString());
      response.writeHead(open ? 202 : 503, { 'content-type': 'application/json' }).end('{"status":"accepted"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    open: () => {
      opened = Date.now();
    },
    stored: () => stored,
    arrivedAt: (press: string) => arrived.get(press),
    twice: () => twice,
    outOfOrder: () => outOfOrder,
    /** Other stored alarms that came while panics of at least so many zones had not. */
    othersWhileWaiting: (zones: number) => {
      const left = new Map<string, number>();
      let others = 0;
      for (const zone of order.toReversed()) {
        if (zone !== undefined) left.set(zone, (left.get(zone) ?? 0) + 1);
        else if (left.size >= zones) others += 1;
      }
      return others;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
