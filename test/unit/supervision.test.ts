/** The clocks of supervision: over a real journal, under a clock that the test moves, and across restarts. */
import { describe, expect, test } from 'vitest';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { deliveryKeys } from '../../adapters/uplink-settings.ts';
import { dc09Config } from '../../adapters/uplinks/dc09/settings.ts';
import { sendTestAlarms } from '../../gateway/delivery/test-alarms.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import { type PanelId, panelId, type UplinkId, uplinkId } from '../../gateway/domain/ids.ts';
import type { JournalReader } from '../../gateway/domain/ports.ts';
import { hours, minutes, seconds } from '../../gateway/domain/time.ts';
import { openPanelFleet } from '../../gateway/fleet/panels.ts';
import type { HealthContext } from '../../gateway/health/check.ts';
import { panelQuiet } from '../../gateway/health/checks/panel-quiet.ts';
import { panelSilent } from '../../gateway/health/checks/panel-silent.ts';
import { panelTest } from '../../gateway/health/checks/panel-test.ts';
import { uplinkProof } from '../../gateway/health/checks/uplink-proof.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually, inventoryOf, panelOf, topic } from '../support/panels.ts';
import { openTestJournal, police, start } from '../support/spine.ts';

const gate = panelId('gate');
const city = uplinkId('city');
const never = new AbortController().signal;
const days = (count: number) => hours(24 * count);

/** One school whose journal lives on while the gateway before it is started anew. */
async function supervised(panel: Partial<Panel> = {}) {
  const scope = new Scope();
  const { journal } = scope.own(await openTestJournal());
  const clock = new ManualClock(start);
  const inventory = inventoryOf([panelOf('gate', panel)]);
  const wants = new Set<UplinkId>();
  const around = { clock, log: silentLogger };
  const intake = openIntake({
    ...{ journal, inventory, ...around },
    recipients: ({ kind }) => (kind === 'test.sent' ? [...wants] : []),
    requestSync: () => undefined,
  });
  const begin = () => {
    const startedAt = clock.now();
    const fleet = openPanelFleet({
      ...{ inventory, intake, audit: intake, ...around },
      dialects: new Map([['campus', campusDialect]]),
      sessionLost: intake.sessionLost,
      tested: journal.read.panelTests(),
      armed: journal.read.armedBefore(),
      openAlarms: () => [],
    });
    const context = {
      now: () => clock.now(),
      startedAt: () => startedAt,
      panelStatus: (id: PanelId) => fleet.status(id),
      lastAlarmOf: (id: PanelId) => journal.read.lastAlarmOf(id),
      testAlarm: (uplink: UplinkId) => journal.read.lastTestAlarm(uplink),
    } as unknown as HealthContext;
    return { fleet, context };
  };
  let now = begin();
  let life = new AbortController();
  const here = {
    ...{ clock, wants, intake },
    read: journal.read as JournalReader,
    outbox: journal.outbox,
    /** The fleet and the test alarms begin anew; the journal is what they know. */
    restart() {
      life.abort();
      life = new AbortController();
      now = begin();
    },
    testAlarms: () => void sendTestAlarms({ last: () => journal.read.lastTestAlarm()?.at, send: () => intake.testAlarm(), ...around }, life.signal),
    say: (name: string, body: unknown) => {
      const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      const message = { topic: topic('gate', name), payload, qos: 1, retained: false, duplicate: false, receivedAt: clock.now() } as const;
      return now.fleet.doorFor('embedded').receive(gate, message);
    },
    event: (seq: number, code: string) => here.say('evt', { v: 1, seq, boot: 'b', ts: clock.now(), zone: 1, code }),
    kinds: () => journal.read.events({ limit: 1_000 }).map(({ event }) => event.kind),
    get fleet() {
      return now.fleet;
    },
    async verdict(check: typeof panelTest) {
      const finding = await check.probe({ kind: 'panel', panel: inventory.current().panels[0]! }, now.context, never);
      return 'sentence' in finding ? finding.sentence.en : finding.verdict;
    },
    async proof(uplink: UplinkId = police) {
      const finding = await uplinkProof.probe({ kind: 'uplink', uplink: { id: uplink } as never }, now.context, never);
      return 'sentence' in finding ? finding.sentence.en : finding.verdict;
    },
    /** Until the journal's thread has written so many events. */
    written: (count: number) => eventually(() => here.kinds().length >= count, 10_000),
    [Symbol.asyncDispose]: async () => {
      life.abort();
      await scope[Symbol.asyncDispose]();
    },
  };
  return here;
}

describe('the hourly test alarm', () => {
  test('goes to those who want it and nobody else, every hour and not more often for a restart', async () => {
    await using here = await supervised();
    here.testAlarms();
    await here.clock.advance(minutes(5));
    expect(here.kinds()).toEqual([]);
    here.wants.add(police);
    await here.clock.advance(minutes(2));
    await here.written(1);
    expect(here.kinds()).toEqual(['test.sent']);
    for (let minute = 0; minute < 30; minute += 1) await here.clock.advance(minutes(1));
    here.restart();
    here.testAlarms();
    for (let minute = 0; minute < 25; minute += 1) await here.clock.advance(minutes(1));
    expect(here.kinds()).toHaveLength(1);
    await here.clock.advance(minutes(8));
    await here.written(2);
    expect(here.kinds()).toEqual(['test.sent', 'test.sent']);
    expect(here.read.alarms({ limit: 10 })).toEqual([]); // no list of alarms shows it
    const [delivery] = here.outbox.claim(police, 10, systemClock.now());
    expect(JSON.parse(delivery!.body).event).toMatchObject({ kind: 'test.sent', test: true });
    expect(here.outbox.claim(city, 10, systemClock.now())).toEqual([]);
  });

  test('whose absence at the far side, or at all, is a fault in words', async () => {
    await using here = await supervised();
    expect(await here.proof()).toBe('unknown');
    here.wants.add(police);
    await here.intake.testAlarm();
    expect([await here.proof(), await here.proof(city)]).toEqual(['unknown', 'unknown']);
    await here.clock.advance(minutes(6));
    expect(await here.proof()).toBe('The test alarm of 6 min ago has not been accepted: an alarm might not be either.');
    here.restart();
    expect(await here.proof()).toContain('has not been accepted');
    const [delivery] = here.outbox.claim(police, 1, systemClock.now());
    await here.outbox.acknowledge(delivery!, [{ hop: 'accepted', at: here.clock.now(), by: police }]);
    expect(await here.proof()).toBe('pass');
    await here.clock.advance(hours(2));
    expect(await here.proof()).toBe('The hourly test alarm has not been made for 126 min.');
  });

  test('is owed to no platform that does not ask for it', () => {
    expect(deliveryKeys.accepts.parse(undefined)).not.toContain('test.sent');
    expect(deliveryKeys.accepts.parse(['test.sent'])).toEqual(['test.sent']);
    const settings = { primary: 'tcp://receiver.example:12009', account: '1234' };
    expect(dc09Config.parse(settings).accepts).not.toContain('test.sent');
    expect(dc09Config.parse({ ...settings, accepts: ['test.sent'] }).accepts).toEqual(['test.sent']);
  });
});

describe('a panel', () => {
  test('that has ever sent its own test is expected to go on, also across a restart', async () => {
    await using here = await supervised();
    expect(await here.verdict(panelTest)).toBe('unknown');
    await here.event(1, '1602');
    expect(here.kinds()).toEqual(['panel.tested']);
    await here.clock.advance(hours(24));
    expect(await here.verdict(panelTest)).toBe('pass');
    here.restart();
    await here.clock.advance(hours(2));
    expect(await here.verdict(panelTest)).toBe('The alarm panel has not sent its test for 26 h.');
    await here.event(2, '1602');
    expect(await here.verdict(panelTest)).toBe('pass');
  });

  test('that must test every 12 h by the inventory is at fault though it never has', async () => {
    await using here = await supervised({ supervision: { testEvery: hours(12) } });
    await here.clock.advance(hours(13));
    expect(await here.verdict(panelTest)).toBe('The alarm panel has sent no test in the 13 h since the start.');
  });

  test('of which no zone has said anything for the days that the inventory allows is to be walked', async () => {
    await using here = await supervised({ supervision: { quietAfter: days(30) } });
    expect(await here.verdict(panelQuiet)).toBe('unknown');
    await here.event(1, '1130');
    await here.clock.advance(days(29));
    await here.event(2, '1602'); // a test of the panel says nothing of its detectors
    expect(await here.verdict(panelQuiet)).toBe('pass');
    here.restart();
    await here.clock.advance(days(2));
    expect(await here.verdict(panelQuiet)).toBe('No zone of the alarm panel has said anything for 31 days: walk it and try each one.');
  });

  test('whose session may be gone for a while is at fault after it', async () => {
    await using here = await supervised({ supervision: { sessionGrace: seconds(60) } });
    await here.say('lwt', 'offline');
    await here.clock.advance(seconds(59));
    expect(await here.verdict(panelSilent)).toBe('unknown');
    await here.clock.advance(seconds(2));
    expect(await here.verdict(panelSilent)).toBe('The alarm panel has disconnected.');
  });
});

test('a broker that forgot our session is a gap in the journal, and its panels are asked for their state', async () => {
  await using here = await supervised({ broker: 'site' });
  const door = here.fleet.doorFor('site');
  door.sessionLost();
  const { value } = await door.orders(never)[Symbol.asyncIterator]().next();
  expect(JSON.parse(Buffer.from(value.payload).toString())).toMatchObject({ op: 'sync' });
  await here.written(1);
  expect(here.read.events({ limit: 10 }).map(({ event }) => event)).toMatchObject([{ kind: 'broker.gap', broker: 'site', panels: 1 }]);
});
