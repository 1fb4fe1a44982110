import { describe, expect, test } from 'vitest';
import { dueEscalation } from '../../gateway/domain/escalation.ts';
import type { AlarmEscalated, AlarmRaised } from '../../gateway/domain/event.ts';
import { userId } from '../../gateway/domain/ids.ts';
import { Incidents } from '../../gateway/domain/incident.ts';
import { instant, type Millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { openAlarmDesk } from '../../gateway/intake/alarm-desk.ts';
import { openAlarmWatch } from '../../gateway/intake/alarm-watch.ts';
import { eventIds } from '../../gateway/intake/event-ids.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually } from '../support/eventually.ts';
import { alarm, freshFolder, openTestJournal, start } from '../support/spine.ts';

const panic = (more: Partial<AlarmRaised> = {}): AlarmRaised => ({ ...alarm({ type: 'panic.silent' }), severity: 1, ...more });

/** A real journal under a clock that the test moves. */
async function openWatched(folder?: string, at: number = start) {
  const clock = new ManualClock(at);
  const bench = await openTestJournal({ clock, ...(folder === undefined ? {} : { folder }) });
  const { read } = bench.journal;
  const nextId = eventIds(clock);
  const faults = { failing: false };
  const inHand = new Set<Promise<unknown>>();
  const record: Parameters<typeof openAlarmWatch>[0]['record'] = async (event) => {
    if (faults.failing) throw new Error('told to fail');
    const recording = bench.journal.record(event, []);
    inHand.add(recording);
    try {
      const recorded = await recording;
      watch.note(recorded.entry);
      return recorded;
    } finally {
      inHand.delete(recording);
    }
  };
  const watch = openAlarmWatch({ read, record, nextId, clock, log: silentLogger });
  const desk = openAlarmDesk({ read, record, nextId, clock, twoPersonClosing: () => false });
  const ending = new AbortController();
  const life = watch.run(ending.signal);
  const told = () =>
    read
      .events({ limit: 1_000, kinds: ['alarm.escalated'] })
      .map(({ event }) => event as AlarmEscalated)
      .map(({ alarm: of, level, to, waiting, receivedAt }) => ({ of, level, to, waiting, after: (receivedAt - start) / 1_000 }));
  /** Second by second, with what is committed between: the journal's thread knows no clock but its own. */
  const pass = async (length: Millis) => {
    for (let second = 0; second < length; second += 1_000) {
      await clock.advance(seconds(1));
      while (inHand.size > 0) {
        await Promise.allSettled(inHand);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  return {
    ...{ clock, record, told, pass, faults, read },
    take: desk.take,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await life;
      await bench[Symbol.asyncDispose]();
    },
  };
}
const by = { user: userId('li') };

test('the levels of each severity are due at their times, the highest one where several were missed', () => {
  const due = (severity: 1 | 2 | 3 | 4, reached: number, waited: number) => dueEscalation(severity, reached, seconds(waited))?.level;
  expect([29.9, 30, 59.9, 60, 90, 900].map((waited) => due(1, 0, waited))).toEqual([undefined, 1, 1, 2, 3, 3]);
  expect([89.9, 90, 180, 900].map((waited) => due(2, 0, waited))).toEqual([undefined, 1, 2, 2]);
  expect([due(1, 1, 59), due(1, 1, 60), due(1, 3, 9_000), due(3, 0, 9_000), due(4, 0, 9_000)]).toEqual([
    undefined,
    2,
    undefined,
    undefined,
    undefined,
  ]);
});

describe('an alarm that nobody takes on', () => {
  test('of severity 1 escalates after 30, 60 and 90 s, of severity 2 after 90 and 180 s, each as an event; a milder one never', async () => {
    await using bench = await openWatched();
    const [grave, burglary] = [panic(), alarm({ type: 'burglary', zone: '2' })];
    for (const event of [grave, burglary, { ...alarm({ type: 'water.leak', zone: '3' }), severity: 3 as const }]) await bench.record(event);
    await bench.pass(minutes(5));
    expect(bench.told()).toEqual([
      { of: grave.id, level: 1, to: 'seats', waiting: 1, after: 30 },
      { of: grave.id, level: 2, to: 'phones', waiting: 1, after: 60 },
      { of: grave.id, level: 3, to: 'police', waiting: 1, after: 90 },
      { of: burglary.id, level: 1, to: 'seats', waiting: 1, after: 90 },
      { of: burglary.id, level: 2, to: 'phones', waiting: 1, after: 180 },
    ]);
  });

  test('stops at the acknowledgement; verifying alone does not stop it, and reopening starts it anew', async () => {
    await using bench = await openWatched();
    const press = panic();
    await bench.record(press);
    await bench.take(press.id, { name: 'verifying' }, by);
    await bench.pass(seconds(31));
    await bench.take(press.id, { name: 'acknowledged' }, by);
    await bench.pass(minutes(3));
    expect(bench.told().map(({ level }) => level)).toEqual([1]);
    await bench.take(press.id, { name: 'resolved', cause: 'equipment' }, by);
    await bench.take(press.id, { name: 'reopened', reason: 'it was none' }, by);
    await bench.pass(seconds(61));
    expect(bench.told().map(({ level }) => level)).toEqual([1, 1, 2]);
  });

  test.each([{ drill: true }, { test: true }, { historical: true }])('calls nobody when it is no live and real one: %j', async (marks) => {
    await using bench = await openWatched();
    await bench.record(panic(marks));
    await bench.pass(minutes(3));
    expect(bench.told()).toEqual([]);
  });

  test('goes on where it was after a restart: a level is told once, what was missed meanwhile in one event', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const press = panic();
    {
      await using bench = await openWatched(folder);
      await bench.record(press);
      await bench.pass(seconds(40));
    }
    {
      await using bench = await openWatched(folder, start + 45_000);
      await bench.pass(seconds(10));
      expect(bench.told().map(({ level }) => level)).toEqual([1]);
    }
    await using bench = await openWatched(folder, start + 3_600_000);
    await bench.pass(seconds(60));
    expect(bench.told().map(({ level, to }) => [level, to])).toEqual([
      [1, 'seats'],
      [3, 'police'],
    ]);
  });

  test('calls nobody after a start where it has waited for more than a day', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    {
      await using bench = await openWatched(folder);
      await bench.record(panic());
    }
    await using bench = await openWatched(folder, start + 25 * 3_600_000);
    await bench.pass(minutes(3));
    expect(bench.told()).toEqual([]);
  });

  test('is told as soon as the journal takes events again', async () => {
    await using bench = await openWatched();
    await bench.record(panic());
    bench.faults.failing = true;
    await bench.pass(seconds(40));
    bench.faults.failing = false;
    await bench.pass(seconds(2));
    await eventually(() => expect(bench.told().map(({ level }) => level)).toEqual([1]));
  });
});

test('a thousand presses of one incident call people three times, not three thousand; who takes one on gives the others their time anew', async () => {
  await using bench = await openWatched();
  const first = panic();
  const presses = Array.from({ length: 999 }, (_, index) => panic({ incident: first.id, zoneName: `Zone ${index}` }));
  await Promise.all([{ ...first, incident: first.id }, ...presses].map(bench.record));
  await bench.pass(seconds(31));
  expect(bench.told()).toEqual([{ of: first.id, level: 1, to: 'seats', waiting: 1_000, after: 30 }]);
  await bench.take(first.id, { name: 'acknowledged' }, by);
  await bench.pass(seconds(29));
  expect(bench.told()).toHaveLength(1);
  await bench.pass(seconds(70));
  expect(
    bench
      .told()
      .slice(1)
      .map(({ of, level, waiting }) => [of, level, waiting]),
  ).toEqual([1, 2, 3].map((level) => [presses[0]!.id, level, 999]));
});

describe('incidents', () => {
  const at = (second: number, more: Partial<AlarmRaised> = {}) => ({ ...panic(more), receivedAt: instant(start + second * 1_000) });

  test('take in alarms of one kind while they come within two minutes of each other', () => {
    const incidents = new Incidents();
    const presses = [0, 100, 219, 340, 461].map((second) => at(second));
    const joined = presses.map((press) => incidents.join(press));
    expect(joined).toEqual([0, 0, 0, 3, 4].map((index) => presses[index]!.id));
  });

  test('never put panic or fire under anything else, nor what is real under a rehearsal, whatever comes in whatever order', () => {
    const types = [
      ['panic.silent', 1],
      ['panic.duress', 1],
      ['fire.smoke', 1],
      ['fire.near', 2],
      ['holdup.verified', 1],
      ['burglary', 2],
      ['tamper.sensor', 2],
      ['power.ac', 3],
      ['sensor.battery.low', 4],
    ] as const;
    let seed = 11;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const incidents = new Incidents();
    const members = new Map<string, AlarmRaised[]>();
    let second = 0;
    for (let count = 0; count < 5_000; count += 1) {
      second += random(60);
      const [type, severity] = types[random(types.length)]!;
      const one = at(second, { type, severity, drill: random(5) === 0, test: random(7) === 0, historical: random(9) === 0 });
      const incident = incidents.join(one);
      if (one.historical) expect(incident).toBeUndefined();
      else members.set(incident!, [...(members.get(incident!) ?? []), one]);
    }
    expect(members.size).toBeGreaterThan(100);
    for (const [incident, [lead, ...others]] of members) {
      expect(lead?.id).toBe(incident);
      let last = lead!;
      for (const one of others) {
        const danger = ({ type }: AlarmRaised) => (/^(panic|fire|holdup)\./.test(type) ? type.split('.')[0] : 'other');
        expect([danger(one), one.severity, one.drill, one.test]).toEqual([danger(last), last.severity, last.drill, last.test]);
        expect(one.receivedAt - last.receivedAt).toBeLessThanOrEqual(120_000);
        last = one;
      }
    }
  });
});
