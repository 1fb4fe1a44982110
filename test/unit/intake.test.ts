import { describe, expect, test } from 'vitest';
import type { Inventory } from '../../gateway/domain/campus.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { AlarmRaised, DomainEvent } from '../../gateway/domain/event.ts';
import { campusId, channelId, panelId, placeId, userId, zoneId } from '../../gateway/domain/ids.ts';
import type { Journal } from '../../gateway/domain/ports.ts';
import type { Report } from '../../gateway/domain/report.ts';
import { after, instant, millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { eventIds } from '../../gateway/intake/event-ids.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { freshFolder, openTestJournal, police, start } from '../support/spine.ts';

const gate = panelId('gate');
const inventory: Inventory = {
  campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
  places: [],
  cameras: [],
  channels: [],
  uplinks: [],
  rules: [],
  panels: [
    {
      id: gate,
      name: 'Gate',
      place: placeId('entrance'),
      dialect: 'campus',
      broker: 'embedded',
      settings: {},
      heartbeatEvery: seconds(30),
      enabled: true,
      maintenance: false,
      zones: [{ id: zoneId('1'), name: 'Guard room button', channels: [channelId('c1')] }],
    },
  ],
};

interface ReportWish {
  readonly zone?: string;
  readonly type?: string;
  readonly state?: 'raised' | 'restored' | 'still' | 'quiet';
  readonly seq?: number;
  readonly boot?: string;
  readonly deviceTime?: number;
  readonly historical?: boolean;
}
let made = 0;
function press(wish: ReportWish = {}): Report {
  made += 1;
  const { zone = '1', type = 'panic.silent', state = 'raised', seq, boot = 'b1', deviceTime = start, historical = false } = wish;
  return {
    kind: 'zone',
    device: gate,
    deviceTime: instant(deviceTime),
    raw: new TextEncoder().encode('{"seq":1}'),
    zone: zoneId(zone),
    type,
    state,
    drill: false,
    test: false,
    historical,
    dedupe: seq === undefined ? `content-${made}` : `gate|${boot}|${seq}`,
    ...(seq === undefined ? {} : { sequence: { boot, seq } }),
    code: '1122',
  };
}

/** A journal that fails when told to, in front of the real one. */
async function openTestIntake(folder?: string) {
  const bench = await openTestJournal(folder === undefined ? {} : { folder });
  const synced: string[] = [];
  const faults = { failing: (_: DomainEvent) => false };
  const journal: Journal = {
    ...bench.journal,
    record: (event, uplinks) =>
      faults.failing(event) ? Promise.reject(new GatewayError('JOURNAL_UNAVAILABLE', 'told to fail')) : bench.journal.record(event, uplinks),
  };
  const intake = openIntake({
    journal,
    inventory: { current: () => inventory, changes: async function* () {} },
    clock: new ManualClock(start),
    log: silentLogger,
    recipients: (event) => (event.kind.startsWith('alarm.') ? [police] : []),
    requestSync: (panel) => synced.push(panel),
  });
  const say = (report: Report) => intake.report(report, after(start, millis(40)), 'mqtt/campus');
  const events = () => bench.journal.read.events({ limit: 1_000 }).map(({ event }) => event);
  return { ...bench, intake, say, events, synced, faults, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

async function eventOf(saying: ReturnType<Awaited<ReturnType<typeof openTestIntake>>['say']>): Promise<AlarmRaised> {
  const result = await saying;
  if (result.kind !== 'recorded' || result.entry.event.kind !== 'alarm.raised') throw new Error(`no alarm: ${JSON.stringify(result)}`);
  return result.entry.event;
}

describe('a press', () => {
  test('becomes an alarm that says who, where, how grave and on which camera', async () => {
    await using bench = await openTestIntake();
    expect(await eventOf(bench.say(press()))).toMatchObject({
      campus: 'school',
      panel: 'gate',
      zone: '1',
      zoneName: 'Guard room button',
      place: 'entrance',
      channels: ['c1'],
      type: 'panic.silent',
      severity: 1,
      occurredAt: start,
      receivedAt: start + 40,
      clockTrust: 'ok',
      source: { protocol: 'mqtt/campus', code: '1122', raw: Buffer.from('{"seq":1}').toString('base64') },
    });
    expect(bench.journal.read.backlog(police).pending).toBe(1);
  });

  test('in a zone that nobody entered is raised all the same, under its number', async () => {
    await using bench = await openTestIntake();
    expect(await eventOf(bench.say(press({ zone: '77', type: 'unknown.999' })))).toMatchObject({ zoneName: '77', channels: [], severity: 2 });
  });

  test('with a clock that is off by more than a minute is marked; one that waited in the panel keeps its own time', async () => {
    await using bench = await openTestIntake();
    const old = start - minutes(90);
    expect(await eventOf(bench.say(press({ deviceTime: old })))).toMatchObject({ clockTrust: 'skewed', occurredAt: old });
    expect(await eventOf(bench.say(press({ deviceTime: old, historical: true })))).toMatchObject({
      clockTrust: 'ok',
      occurredAt: old,
      historical: true,
    });
  });

  test('that is told again keeps its first id and is owed once, also after a restart', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    let first: AlarmRaised;
    {
      await using bench = await openTestIntake(folder);
      first = await eventOf(bench.say(press({ seq: 5 })));
      expect(await bench.say(press({ seq: 5 }))).toMatchObject({ repeated: true, entry: { event: { id: first.id } } });
    }
    await using bench = await openTestIntake(folder);
    expect(await bench.say(press({ seq: 5 }))).toMatchObject({ repeated: true, entry: { event: { id: first.id } } });
    expect(bench.journal.read.backlog(police).pending).toBe(1);
    expect(bench.synced).toEqual([]);
  });

  test('that could not be committed is rejected, and raised when it comes again', async () => {
    await using bench = await openTestIntake();
    await bench.say(press({ seq: 1 }));
    bench.faults.failing = () => true;
    await expect(bench.say(press({ seq: 2 }))).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    bench.faults.failing = () => false;
    expect(await bench.say(press({ seq: 2 }))).toMatchObject({ kind: 'recorded', repeated: false });
    expect(bench.synced).toEqual([]);
  });
});

test('of a long message the beginning is kept as evidence, and its length', async () => {
  await using bench = await openTestIntake();
  const long = { ...press(), raw: new Uint8Array(5_000).fill(0x61) } as Report;
  const { source } = await eventOf(bench.say(long));
  expect([Buffer.from(source.raw, 'base64').length, source.rawBytes]).toEqual([4_096, 5_000]);
});

describe('a status repeat', () => {
  test('raises only what is missing', async () => {
    await using bench = await openTestIntake();
    expect(await bench.say(press({ state: 'still' }))).toMatchObject({ kind: 'recorded', entry: { event: { kind: 'alarm.raised' } } });
    expect(await bench.say(press({ state: 'still' }))).toEqual({ kind: 'nothing', why: 'known' });
    await bench.say(press({ state: 'restored' }));
    expect(await bench.say(press({ state: 'still' }))).toMatchObject({ kind: 'recorded' });
  });

  test('restores only what stands', async () => {
    await using bench = await openTestIntake();
    expect(await bench.say(press({ state: 'quiet' }))).toEqual({ kind: 'nothing', why: 'known' });
    await bench.say(press());
    expect(await bench.say(press({ state: 'quiet' }))).toMatchObject({ kind: 'recorded', entry: { event: { kind: 'alarm.restored' } } });
    expect(await bench.say(press({ state: 'quiet' }))).toEqual({ kind: 'nothing', why: 'known' });
    expect(await bench.say(press({ state: 'still' }))).toMatchObject({ kind: 'recorded', repeated: false });
  });

  test('right behind the press, before its commit, raises nothing', async () => {
    await using bench = await openTestIntake();
    const [, still, again] = await Promise.all([bench.say(press()), bench.say(press({ state: 'still' })), bench.say(press({ state: 'still' }))]);
    expect([still, again]).toEqual([
      { kind: 'nothing', why: 'known' },
      { kind: 'nothing', why: 'known' },
    ]);
    expect(bench.events()).toHaveLength(1);
  });
});

describe('the count of a panel', () => {
  test('that jumps is a gap: journalled before the event that showed it, and asked for once', async () => {
    await using bench = await openTestIntake();
    await bench.say(press({ seq: 1 }));
    await Promise.all([bench.say(press({ seq: 5 })), bench.say(press({ seq: 6 })), bench.say(press({ seq: 7 }))]);
    expect(bench.events().map((event) => event.kind)).toEqual(['alarm.raised', 'panel.gap', 'alarm.raised', 'alarm.raised', 'alarm.raised']);
    expect(bench.events()[1]).toMatchObject({ panel: 'gate', boot: 'b1', missingFrom: 2, missingTo: 4 });
    expect(bench.synced).toEqual(['gate']);
  });

  test('late ones of the gap are events like any other', async () => {
    await using bench = await openTestIntake();
    await bench.say(press({ seq: 1 }));
    await bench.say(press({ seq: 5 }));
    expect(await bench.say(press({ seq: 3, historical: true }))).toMatchObject({ repeated: false, entry: { event: { historical: true } } });
    expect(bench.synced).toEqual(['gate']);
  });

  test('is remembered across a restart, and starts anew with each boot', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    {
      await using bench = await openTestIntake(folder);
      await bench.say(press({ seq: 4 }));
    }
    await using bench = await openTestIntake(folder);
    await bench.say(press({ seq: 1, boot: 'b2' }));
    expect(bench.synced).toEqual([]);
    await bench.say(press({ seq: 9 }));
    expect(bench.events().at(-2)).toMatchObject({ kind: 'panel.gap', missingFrom: 5, missingTo: 8 });
  });

  test('a trouble uses up a number: no gap behind it', async () => {
    await using bench = await openTestIntake();
    await bench.say(press({ seq: 1 }));
    const trouble: Report = {
      kind: 'trouble',
      device: gate,
      raw: new Uint8Array(),
      code: 'mains-lost',
      active: true,
      sequence: { boot: 'b1', seq: 2 },
    };
    expect(await bench.say(trouble)).toEqual({ kind: 'nothing', why: 'no-event' });
    await bench.say(press({ seq: 3 }));
    expect(bench.synced).toEqual([]);
  });

  test('a gap that could not be journalled refuses the message, and is journalled with the next', async () => {
    await using bench = await openTestIntake();
    await bench.say(press({ seq: 1 }));
    bench.faults.failing = (event) => event.kind === 'panel.gap';
    await expect(bench.say(press({ seq: 5 }))).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    bench.faults.failing = () => false;
    expect(await bench.say(press({ seq: 5 }))).toMatchObject({ repeated: true });
    await bench.say(press({ seq: 6 }));
    expect(bench.events().filter((event) => event.kind === 'panel.gap')).toMatchObject([{ missingFrom: 2, missingTo: 4 }]);
  });
});

describe('people and faults', () => {
  test('the first acknowledgement stands', async () => {
    await using bench = await openTestIntake();
    const alarm = await eventOf(bench.say(press()));
    const first = await bench.intake.take(alarm.id, { name: 'acknowledged' }, { user: userId('li') });
    const second = await bench.intake.take(alarm.id, { name: 'acknowledged' }, { user: userId('wang') });
    expect(second).toMatchObject({ repeated: true, entry: { event: { id: first.entry.event.id, by: 'li' } } });
    await bench.intake.shown(alarm.id, userId('wang'), 'wall');
    expect(bench.journal.read.alarm(alarm.id)?.receipts.slice(-2)).toMatchObject([
      { hop: 'shown', by: 'wang@wall' },
      { hop: 'acknowledged', by: 'li' },
    ]);
  });

  test('a fault is raised once and cleared once', async () => {
    await using bench = await openTestIntake();
    const raised = await bench.intake.raiseFault({ code: 'panel-silent', subject: gate, sentence: { zh: '静默', en: 'silent' } });
    expect(bench.journal.read.openFaults()).toMatchObject([{ event: { id: raised, fault: 'panel-silent', subject: 'gate' } }]);
    await Promise.all([bench.intake.clearFault(raised), bench.intake.clearFault(raised)]);
    expect(bench.journal.read.openFaults()).toEqual([]);
    expect(bench.events()).toHaveLength(2);
  });

  test('arming is an event', async () => {
    await using bench = await openTestIntake();
    const armed: Report = { kind: 'arming', device: gate, raw: new Uint8Array(), partition: '1', mode: 'away', user: '7', dedupe: 'gate|b1|1' };
    expect(await bench.say(armed)).toMatchObject({ entry: { event: { kind: 'arming.changed', mode: 'away', clockTrust: 'none' } } });
  });
});

test('event ids grow, also many within one millisecond and when the clock goes back', () => {
  const clock = new ManualClock(start);
  let now: number = start;
  const next = eventIds({ ...clock, now: () => instant(now), monotonic: clock.monotonic, sleep: clock.sleep, deadline: clock.deadline });
  const ids = Array.from({ length: 10_000 }, (_, index) => {
    if (index === 7_000) now -= 5_000;
    if (index === 9_000) now += 60_000;
    return next();
  });
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(10_000);
});
