import { describe, expect, test } from 'vitest';
import type { Inventory } from '../../gateway/domain/campus.ts';
import type { AlarmFlood, AlarmRaised, DomainEvent } from '../../gateway/domain/event.ts';
import { campusId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import { type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { eventIds } from '../../gateway/intake/event-ids.ts';
import { FloodGuard } from '../../gateway/intake/flood-guard.ts';
import { tellFloods } from '../../gateway/intake/flood-summaries.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { alarm, openTestJournal, police, start } from '../support/spine.ts';

const emptySchool: Inventory = {
  campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
  ...{ places: [], cameras: [], channels: [], panels: [], uplinks: [], rules: [] },
};

const leak = (zone = '1', panel = 'cellar'): AlarmRaised => ({ ...alarm({ type: 'water.leak', zone, panel }), severity: 3 });

describe('the flood guard', () => {
  test('lets a zone speak five times a minute and a panel sixty times, and never more once they chatter', () => {
    const guard = new FloodGuard();
    const passed = (count: number, from: number, every: number, zoneOf: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => guard.passes(leak(zoneOf(index)), millis(from + index * every))).filter(Boolean).length;
    // 100 a second for ten minutes: the five that were saved up, and five a minute after.
    expect(passed(60_000, 0, 10, () => 'chatter')).toBe(5 + 49);
    // Two hundred zones of one panel in a moment: a power failure.
    const other = new FloodGuard();
    expect(Array.from({ length: 200 }, (_, index) => other.passes(leak(String(index)), millis(0))).filter(Boolean)).toHaveLength(60);
    expect(other.passes(leak('1', 'attic'), millis(0))).toBe(true);
  });

  test('never withholds severity 1 or 2, nor panic or fire under whatever severity, and counts every other exactly (100,000 random alarms)', () => {
    const types = ['panic.silent', 'fire.near', 'holdup.verified', 'emergency.personal', 'burglary', 'water.leak', 'power.ac', 'unknown.777'];
    let seed = 3;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const guard = new FloodGuard();
    let now = 0;
    let withheld = 0;
    const told: number[] = [];
    for (let count = 0; count < 100_000; count += 1) {
      now += random(20);
      const type = types[random(types.length)]!;
      const severity = (random(4) + 1) as 1 | 2 | 3 | 4;
      const event = { ...leak(String(random(30)), `p${random(3)}`), type, severity };
      const passes = guard.passes(event, millis(now));
      if (severity <= 2 || /^(panic|fire|holdup|emergency)\./.test(type)) expect(passes).toBe(true);
      if (passes) continue;
      withheld += 1;
      guard.withheld(event);
      if (random(500) === 0) told.push(...guard.take().map((flood) => flood.withheld));
    }
    told.push(...guard.take().map((flood) => flood.withheld));
    expect(withheld).toBeGreaterThan(10_000);
    expect(told.reduce((sum, one) => sum + one, 0)).toBe(withheld);
    expect(guard.take()).toEqual([]);
  });

  test('has its counts told each half minute, one event per panel; what the journal refused is told with the next', async () => {
    const clock = new ManualClock(start);
    const guard = new FloodGuard();
    const ending = new AbortController();
    const told: AlarmFlood[] = [];
    let failing = false;
    const record = async (event: DomainEvent) => {
      if (failing) throw new Error('told to fail');
      told.push(event as AlarmFlood);
    };
    const campus = () => campusId('school');
    const life = tellFloods({ guard, record, nextId: eventIds(clock), campus, clock, log: silentLogger }, ending.signal);
    const pass = (length: Millis) => clock.advance(length);
    for (let count = 0; count < 7; count += 1) guard.withheld(leak('1'));
    guard.withheld({ ...leak('1'), kind: 'alarm.restored' });
    guard.withheld(leak('2'));
    guard.withheld(leak('1', 'attic'));
    await pass(seconds(30));
    expect(told.map(({ panel, withheld, zones }) => ({ panel, withheld, zones }))).toEqual([
      {
        panel: panelId('cellar'),
        withheld: 9,
        zones: [
          { zone: zoneId('1'), zoneName: 'Zone 1', raised: 7, restored: 1, last: 'restored' },
          { zone: zoneId('2'), zoneName: 'Zone 2', raised: 1, restored: 0, last: 'raised' },
        ],
      },
      { panel: panelId('attic'), withheld: 1, zones: [{ zone: zoneId('1'), zoneName: 'Zone 1', raised: 1, restored: 0, last: 'raised' }] },
    ]);
    await pass(seconds(30));
    expect(told).toHaveLength(2); // nothing to tell
    failing = true;
    guard.withheld(leak('3'));
    await pass(seconds(30));
    failing = false;
    guard.withheld(leak('4'));
    ending.abort(); // and at the end, what there is
    await life;
    expect(told.slice(2).flatMap(({ zones }) => zones.map(({ zone }) => zone))).toEqual(['3', '4']);
  });
});

test('what is withheld is in the journal all the same, owed to nobody, open for nobody, and told to the uplinks as one count', async () => {
  await using bench = await openTestJournal();
  const clock = new ManualClock(start);
  const intake = openIntake({
    ...{ journal: bench.journal, clock, log: silentLogger, requestSync: () => undefined },
    inventory: { current: () => emptySchool, changes: async function* () {} },
    recipients: () => [police],
  });
  const said = (count: number, type: string, zone: string) =>
    Array.from({ length: count }, (_, index) =>
      intake.report(
        {
          ...{ kind: 'zone', device: panelId('cellar'), zone: zoneId(zone), type, state: 'raised', code: '154', raw: new Uint8Array() },
          ...{ drill: false, test: false, historical: false, dedupe: `${zone}-${index}` },
        },
        start,
        'test',
      ),
    );
  await Promise.all([...said(8, 'water.leak', '1'), ...said(20, 'panic.silent', '2'), ...said(1, 'water.leak', '1')]);
  const { read } = bench.journal;
  const leaks = read.events({ limit: 100, kinds: ['alarm.raised'] }).filter(({ event }) => event.kind === 'alarm.raised' && event.zone === '1');
  expect(leaks.map(({ event }) => event.kind === 'alarm.raised' && event.withheld === true)).toEqual([
    ...Array(5).fill(false),
    ...Array(3).fill(true),
  ]);
  expect(read.backlog(police).pending).toBe(25);
  expect(read.alarms({ limit: 100, unacknowledged: true })).toHaveLength(25);
  const ending = new AbortController();
  const life = intake.run(ending.signal);
  ending.abort();
  await life;
  expect(read.events({ limit: 10, kinds: ['alarm.flood'] })).toMatchObject([
    { event: { panel: 'cellar', withheld: 3, zones: [{ zone: '1', raised: 3 }] } },
  ]);
  expect(read.backlog(police).pending).toBe(26);
});
