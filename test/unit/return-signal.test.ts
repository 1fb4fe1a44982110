import { expect, test } from 'vitest';
import type { Inventory } from '../../gateway/domain/campus.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { campusId, type EventId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import { after, instant, seconds } from '../../gateway/domain/time.ts';
import { panelReceipts } from '../../gateway/fleet/panel-receipts.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { dispatching, FarSide } from '../support/far-side.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';

const gate = panelId('gate');
const inventory: Inventory = {
  campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
  ...{ places: [], cameras: [], channels: [], uplinks: [], rules: [], panels: [] },
};
const mandate = { by: 'gateway', reason: 'the alarm was accepted' } as const;
const lit = { ok: true, outcome: 'accepted', words: { zh: '亮', en: 'lit' }, sentence: 'lit' } as const;

test('the lamp of whoever pressed is journalled in the COMMIT of the acceptance, goes to nobody, and its end costs no COMMIT of its own', async () => {
  await using scope = new Scope();
  const { journal } = scope.own(await openTestJournal());
  const intake = openIntake({
    ...{ journal, clock: systemClock, log: silentLogger },
    inventory: { current: () => inventory, changes: async function* () {} },
    recipients: () => [police],
    requestSync: () => undefined,
  });
  const command = { id: 'lamp', op: 'received', zone: zoneId('1'), expires: after(systemClock.now(), seconds(30)) } as const;
  const before = journal.stats().batches;
  const far = new FarSide();
  const accepted = new Promise<EventId>((resolve) => {
    scope.own(dispatching(journal.outbox, far, { onAccepted: () => resolve(intake.ordered(gate, command, mandate)) }));
  });
  await journal.record(alarm(), [police]);
  const order = await accepted;
  expect(journal.stats().batches - before).toBe(2);

  const ended = intake.ended(order, gate, command, lit);
  await journal.record(alarm(), []);
  await ended;
  expect(journal.stats().batches - before).toBe(3);
  expect(journal.read.events({ limit: 10 }).map(({ event }) => event.kind)).toEqual([
    'alarm.raised',
    'command.ordered',
    'command.ended',
    'alarm.raised',
  ]);
  expect(journal.read.backlog(police)).toEqual({ pending: 0, refused: 0 });
  expect(far.ledger).toHaveLength(1);
});

test('a lamp that could not be journalled is not lit, and is tried again with the next acceptance', async () => {
  const panic = { ...alarm(), severity: 1, receivedAt: instant(systemClock.now()) } as const;
  const orders: string[] = [];
  const tell = panelReceipts({
    ...{ find: () => panic, orders: () => ['received'], clock: systemClock, log: silentLogger },
    perform: async (_, { op }) => {
      orders.push(op);
      if (orders.length === 1) throw new GatewayError('JOURNAL_UNAVAILABLE', 'The journal did not take it.');
      return lit;
    },
  });
  for (const _ of ['not journalled', 'journalled', 'by another uplink']) {
    tell(panic.id);
    await systemClock.sleep(seconds(0));
  }
  expect(orders).toEqual(['received', 'received']);
});
