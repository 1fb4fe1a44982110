/** A primary goes away and comes back, with a backup and a copy beside it: over real sockets, by a clock that the test drives. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { openMemories } from '../../gateway/delivery/memories.ts';
import { openUplinks } from '../../gateway/delivery/uplinks.ts';
import type { Inventory, UplinkRole, UplinkSettings } from '../../gateway/domain/campus.ts';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import { campusId, type UplinkId, uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { context, policeSide, sharedSecret } from '../contract/uplink.ts';
import { farSideKinds } from '../support/far-sides.ts';
import { alarm, freshFolder, openTestJournal } from '../support/spine.ts';
import { lossOfPrimary, type TwoWays } from '../support/two-ways.ts';

const roles = { primary: 'primary', backup: 'backup', copy: 'copy' } as const satisfies Record<string, UplinkRole>;
const at = (role: UplinkRole): UplinkId => uplinkId(role);

/** `withBackup: false` is the same school without anybody who stands in: what the test proves must then fail. */
async function school(withBackup = true) {
  const scope = new Scope();
  onTestFinished(() => scope[Symbol.asyncDispose]());
  const wanted = Object.values(roles).filter((role) => withBackup || role !== 'backup');
  const sides = new Map(await Promise.all(wanted.map(async (role) => [role, scope.own(await policeSide())] as const)));
  const side = (role: UplinkRole) => sides.get(role) ?? expect.unreachable(`no far side plays ${role}`);
  const inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    ...{ places: [], cameras: [], channels: [], panels: [], rules: [] },
    uplinks: wanted.map(
      (role): UplinkSettings => ({
        id: at(role),
        name: role,
        adapter: 'webhook',
        settings: {},
        secret: new Secret(sharedSecret),
        role,
        enabled: true,
      }),
    ),
  };
  const clock = new ManualClock();
  const { journal, folder } = scope.own(await openTestJournal({ folder: freshFolder(scope), clock }));
  const uplinks = openUplinks({
    inventory: {
      current: () => inventory,
      changes: async function* (signal) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    },
    outbox: journal.outbox,
    memories: openMemories(join(folder, 'uplinks')),
    backlog: (uplink) => journal.read.backlog(uplink),
    // Its own waits are real ones, and short: the far sides are.
    create: (settings) => webhook.create(settings, webhook.config.parse({ url: side(settings.role ?? 'primary').webhook!.url, timeout: 5 }), context),
    clock,
    log: silentLogger,
  });
  const barrier = alarm({ zone: 'barrier' });
  const ending = new AbortController();
  const life = uplinks.run(ending.signal);
  scope.defer(async () => {
    ending.abort();
    await life;
  });
  const events = (role: UplinkRole) => [
    ...new Set(
      side(role)
        .ledger()
        .filter(({ answer }) => answer === 'accepted')
        .map(({ eventId }) => eventId),
    ),
  ];
  return {
    ...{ journal, uplinks, clock, side, events },
    /**
     * Moves the clock by quarters of a second until it is so; returns how many seconds that took by it. The journal is real: before each
     * quarter it has written what it had to, however busy the disk is. (It has the barrier already, and keeps it no second time.)
     */
    async until(claim: () => boolean, most = 120): Promise<number> {
      const from = clock.now();
      while (!claim()) {
        if (clock.now() - from > most * 1_000) throw new Error(`not within ${most} s: ${claim}`);
        await clock.advance(millis(250));
        await systemClock.sleep(millis(8));
        await journal.record(barrier, []);
      }
      return (clock.now() - from) / 1_000;
    },
    async press(zone: string, more: Partial<AlarmRaised> = {}) {
      const event = { ...alarm({ zone, type: 'panic.silent' }), ...more };
      await journal.record(event, uplinks.recipients(event));
      return event.id;
    },
  };
}

test('a backup stands in within seconds, keeps order, and nothing is doubled when the primary is back; the ledger says by which', async () => {
  const here = await school();
  const { events, side, journal } = here;
  const well = [await here.press('1'), await here.press('2')];
  // Known to us as well: what the primary has and we have not heard of goes to the backup too.
  await here.until(() => events('copy').length === 2 && journal.read.backlog(at('primary')).pending === 0);
  expect(events('backup')).toEqual([]);

  await side('primary').down();
  const meanwhile = [await here.press('1'), await here.press('1'), await here.press('2')];
  const took = await here.until(() => events('backup').length === 3);
  expect(took).toBeLessThanOrEqual(20); // the promise: found lost within 60 s, 10 s more until the backup has it
  expect(here.uplinks.standsInFor(at('backup'))).toEqual(['primary']);
  // Now that it stands in, the next one does not wait; and order within a zone is kept.
  const next = await here.press('1');
  expect(await here.until(() => events('backup').length === 4)).toBeLessThanOrEqual(5);
  const inZone = events('backup').filter((id) => id !== meanwhile[2]);
  expect(inZone).toEqual([meanwhile[0], meanwhile[1], next]);
  await here.until(() => journal.read.backlog(at('primary')).pending === 0);
  const record = journal.read.alarm(next);
  expect(record?.deliveries).toMatchObject([
    { uplink: 'backup', state: 'accepted' },
    { uplink: 'copy', state: 'accepted' },
    { uplink: 'primary', state: 'accepted', coveredBy: 'backup' },
  ]);
  expect(
    record?.receipts
      .filter(({ hop }) => hop === 'accepted')
      .map(({ by }) => by)
      .sort(),
  ).toEqual(['backup', 'copy']);

  await side('primary').comeBack();
  // Nothing tells that it is back but a trial, which one alarm pays with two seconds.
  await here.until(() => here.clock.now() > 0 && here.uplinks.standsInFor(at('backup')).length > 0, 1);
  for (let second = 0; second < 124; second += 1) await here.clock.advance(millis(250));
  const back = await here.press('1');
  await here.until(() => events('primary').includes(back), 10);
  await here.until(() => here.uplinks.standsInFor(at('backup')).length === 0, 10);
  const after = [await here.press('1'), await here.press('2')];
  await here.until(() => after.every((id) => events('primary').includes(id)));
  expect(events('primary')).toEqual([...well, back, ...after]);
  expect(events('backup')).toHaveLength(4);
  expect(new Set([...events('primary'), ...events('backup')]).size).toBe(9);
  expect(events('copy')).toHaveLength(9);
}, 180_000);

test('what a silent primary may have taken all the same goes by both, with one id', async () => {
  const here = await school();
  here.side('primary').misbehave({ kind: 'silent' });
  const id = await here.press('1');
  await here.until(() => here.events('backup').includes(id));
  const sent = here
    .side('primary')
    .ledger()
    .map(({ eventId }) => eventId);
  expect(new Set(sent)).toEqual(new Set([id]));
  await here.side('primary').comeBack();
  expect(await here.until(() => here.journal.read.backlog(at('primary')).pending === 0)).toBeLessThan(30);
}, 180_000);

test('the same without a backup: the alarm waits, which is what the others are measured by', async () => {
  const here = await school(false);
  await here.side('primary').down();
  const id = await here.press('1');
  await here.until(() => here.events('copy').includes(id));
  await expect(here.until(() => here.journal.read.backlog(at('primary')).pending === 0, 30)).rejects.toThrow('not within 30 s');
  expect(here.journal.read.alarm(id)?.deliveries).toMatchObject([
    { uplink: 'copy', state: 'accepted' },
    { uplink: 'primary', state: 'pending' },
  ]);
}, 180_000);

/** Every kind as the one that is lost, and as the one that stands in; all of them in both ways, busy and quiet: `npm run chaos -- --faults second-path`. */
const losses = farSideKinds.map((primary, index): TwoWays => {
  const backup = farSideKinds[(index + 1) % farSideKinds.length]!;
  return { primary, backup, loss: index % 2 === 0 ? 'silent' : 'refused', quiet: index % 4 < 2 };
});

test.each(losses.map((ways) => [ways.primary, ways.loss, ways.quiet ? 'nothing' : 'alarms', ways.backup, ways] as const))(
  '%s lost (%s) with %s on it, %s stands in: found, taken over and given back in time and in order',
  { timeout: 120_000 },
  async (_primary, _loss, _on, _backup, ways) => {
    const course = await lossOfPrimary(ways);
    expect(course).toMatchObject({ absent: [], doubled: [], twice: [], overtaken: [], strayed: [] });
    expect(course.foundAfter).toBeLessThanOrEqual(60);
    expect(course.takenAfter).toBeLessThanOrEqual(ways.quiet ? 10 : 70);
  },
);
