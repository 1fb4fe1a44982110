/** "Phone 110": an alarm that nobody has is a fault of the school itself. */
import { expect, test } from 'vitest';
import { undelivered } from '../../../gateway/delivery/undelivered.ts';
import type { Inventory, UplinkRole } from '../../../gateway/domain/campus.ts';
import type { DomainEvent } from '../../../gateway/domain/event.ts';
import { campusId, uplinkId } from '../../../gateway/domain/ids.ts';
import { phoneScript } from '../../../gateway/domain/phone-police.ts';
import { instant, seconds } from '../../../gateway/domain/time.ts';
import type { AnyHealthCheck, HealthContext } from '../../../gateway/health/check.ts';
import { healthChecks } from '../../../gateway/health/checks/index.ts';
import { openHealth } from '../../../gateway/health/health.ts';
import { openIntake } from '../../../gateway/intake/intake.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { eventually } from '../../support/eventually.ts';
import { alarm, freshFolder, openTestJournal, police } from '../../support/spine.ts';

const backup = uplinkId('backup');

function inventoryOf(roles: readonly UplinkRole[]): Inventory {
  const ids = [police, backup];
  return {
    campus: { id: campusId('school'), name: '第三小学', timeZone: 'Asia/Shanghai', address: '育才路 3 号' },
    ...{ places: [], cameras: [], channels: [], panels: [], rules: [] },
    uplinks: roles.map((role, index) => ({ id: ids[index] ?? police, name: role, adapter: 'far', settings: {}, enabled: true, role })),
  };
}

/** From start to stop: a school whose clock the test moves. */
async function box(folder: string, clock: ManualClock, checks: readonly AnyHealthCheck[]) {
  const scope = new Scope();
  const { journal } = scope.own(await openTestJournal({ folder, clock }));
  const inventory = { current: () => inventoryOf(['primary']), changes: async function* () {} };
  const intake = openIntake({ journal, inventory, clock, log: silentLogger, recipients: () => [], requestSync: () => undefined });
  const context = {
    now: () => clock.now(),
    undelivered: () => {
      const found = undelivered({ inventory, clock, backlog: (uplink) => journal.read.backlog(uplink) });
      return found && { journalledAt: found.journalledAt, script: phoneScript(found, inventory.current()) };
    },
  } as Partial<HealthContext> as HealthContext; // what checks of a gateway ask; the others have no subject here
  const health = openHealth({
    ...{ inventory, checks, context, clock, log: silentLogger },
    openFaults: journal.read.openFaults(),
    raise: (fault) => intake.raiseFault(fault),
    clear: (raised) => intake.clearFault(raised),
  });
  const end = new AbortController();
  const life = health.run(end.signal);
  scope.defer(async () => {
    end.abort();
    await life;
  });
  const faults = () => health.device('gateway')?.faults.filter(({ code }) => code === 'alarm-undelivered') ?? [];
  return {
    journal,
    faults,
    kinds: () => journal.read.events({ limit: 100, kinds: ['fault.raised', 'fault.cleared'] }).map(({ event }) => event.kind),
    async press(more: Partial<DomainEvent> = {}) {
      await journal.record({ ...alarm({ type: 'panic.silent' }), ...more } as DomainEvent, [police]);
    },
    async deliver() {
      for (;;) {
        const [first] = journal.outbox.claim(police, 1, clock.now());
        if (!first) return;
        await journal.outbox.acknowledge(first, []);
      }
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

const ownCheck = healthChecks.filter(({ code }) => code === 'alarm-undelivered');

/** What stood after each step of one course. */
async function course(checks: readonly AnyHealthCheck[]): Promise<readonly string[]> {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  const clock = new ManualClock();
  const seen: string[] = [];
  const see = async (step: string, here: Awaited<ReturnType<typeof box>>, length: number) => {
    await clock.advance(seconds(length));
    // The journal's thread works in real time.
    await eventually(() => expect(here.kinds().filter((kind) => kind === 'fault.raised').length).toBeGreaterThanOrEqual(here.faults().length));
    seen.push(`${step}: ${here.faults().length}`);
  };
  {
    await using here = await box(folder, clock, checks);
    await here.press({ drill: true });
    await here.press({ test: true });
    await see('drill and test', here, 60);
    await here.press();
    await see('14 s', here, 13.5);
    await see('17 s', here, 3.5);
    seen.push(...here.faults().map(({ sentence }) => `${sentence.zh} | ${sentence.en}`));
    await eventually(() => expect(here.kinds().length).toBeGreaterThanOrEqual(here.faults().length));
  }
  {
    await using here = await box(folder, clock, checks);
    await see('started again', here, 2);
    await here.deliver();
    await see('delivered', here, 2);
    await eventually(() => expect(here.kinds().length % 2).toBe(0));
    seen.push(here.kinds().join(' '));
    for (const round of [1, 2, 3]) {
      await here.press();
      await see(`again ${round}`, here, 17);
      await here.deliver();
      await see(`delivered again ${round}`, here, 2);
    }
  }
  return seen;
}

test('it begins after 15 s, says what to read out, outlives a restart, and ends with the delivery, however often it has come', async () => {
  const seen = await course(ownCheck);
  expect(seen.filter((line) => !line.includes('110'))).toEqual([
    ...['drill and test: 0', '14 s: 0', '17 s: 1', 'started again: 1', 'delivered: 0', 'fault.raised fault.cleared'],
    ...[1, 2, 3].flatMap((round) => [`again ${round}: 1`, `delivered again ${round}: 0`]),
  ]);
  const [said] = seen.filter((line) => line.includes('110'));
  expect(said).toContain('报警尚未送达警务平台，请立即拨打 110。这里是第三小学，地址：育才路 3 号。');
  expect(said).toContain('Phone 110 now. This is 第三小学, at 育才路 3 号.');
  expect(said).toContain('Silent panic alarm');
}, 180_000);

test('the same course without the check sees nothing: it is the check that tells', async () => {
  expect((await course([])).filter((line) => line.endsWith(': 1'))).toEqual([]);
}, 180_000);

test('what counts is who must have it: every primary, a backup only where there is no primary, a copy never', () => {
  const clock = new ManualClock();
  const owed = { pending: 1, refused: 0, oldestAlarm: { event: alarm(), journalledAt: instant(clock.now() - 15_000) } };
  const none = { pending: 0, refused: 0 };
  const lost = (roles: readonly UplinkRole[], first: boolean, second: boolean) =>
    undelivered({
      clock,
      inventory: { current: () => inventoryOf(roles) },
      backlog: (id) => ((id === police ? first : second) ? owed : none),
    }) !== undefined;
  expect(lost(['primary', 'primary'], false, true)).toBe(true);
  expect(lost(['primary', 'backup'], false, true)).toBe(false);
  expect(lost(['primary', 'backup'], true, false)).toBe(true);
  expect(lost(['primary', 'copy'], false, true)).toBe(false);
  expect(lost(['backup', 'copy'], true, false)).toBe(true);
  expect(lost(['copy'], true, false)).toBe(false);
});
