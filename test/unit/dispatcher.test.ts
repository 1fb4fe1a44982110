import { describe, expect, test } from 'vitest';
import { recipients } from '../../gateway/delivery/routing.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type EventId, uplinkId } from '../../gateway/domain/ids.ts';
import type { Outbox } from '../../gateway/domain/outbox.ts';

import { millis } from '../../gateway/domain/time.ts';
import type { OpenJournal } from '../../gateway/journal/journal.ts';
import { dispatching, FarSide, until } from '../support/far-side.ts';
import { alarm, fault, openTestJournal, police } from '../support/spine.ts';

const owe = (journal: OpenJournal, events: readonly ReturnType<typeof alarm>[]) =>
  Promise.all(events.map((event) => journal.record(event, [police])));
const zonesOf = (far: FarSide) => far.ledger.map(({ delivery }) => delivery.lane);

describe('a far side that answers', () => {
  test('each event arrives once, with the receipts of both hops', async () => {
    await using bench = await openTestJournal();
    const far = new FarSide();
    await using _ = dispatching(bench.journal.outbox, far);
    const event = alarm();
    const { entry } = await bench.journal.record(event, [police]);
    await until(() => bench.journal.stats().uplinks[0]?.accepted === 1);
    expect(far.ledger.map(({ body }) => body)).toMatchObject([
      { version: 1, position: 1, journalledAt: new Date(entry.journalledAt).toISOString(), event },
    ]);
    const record = bench.journal.read.alarm(event.id);
    expect(record?.receipts.filter(({ by }) => by === 'police')).toMatchObject([{ hop: 'sent' }, { hop: 'accepted', proof: 'HTTP 202' }]);
    expect(record?.deliveries).toMatchObject([{ state: 'accepted', attempts: 1 }]);
    expect(bench.journal.stats().uplinks).toEqual([{ uplink: police, pending: 0, refused: 0, accepted: 1, alarmsDelivered: 1 }]);
  });

  test('order is kept in each zone, while zones overtake each other within the window', async () => {
    await using bench = await openTestJournal();
    const events = Array.from({ length: 300 }, (_, index) => alarm({ zone: String(index % 7), seq: index }));
    await owe(bench.journal, events);
    const far = new FarSide(5);
    far.latency = 1;
    await using _ = dispatching(bench.journal.outbox, far);
    await until(() => far.ledger.length === 300);
    for (const zone of ['0', '1', '2', '3', '4', '5', '6']) {
      const positions = far.ledger.filter(({ delivery }) => delivery.lane === `gate/${zone}`).map(({ delivery }) => delivery.position);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    }
    expect(far.mostInFlight).toBeLessThanOrEqual(5);
    expect(far.mostInFlight).toBeGreaterThan(1);
  });

  test('panic and fire overtake everything, and pull what is before them in their own zone along', async () => {
    await using bench = await openTestJournal();
    await owe(bench.journal, [
      ...Array.from({ length: 50 }, (_, index) => alarm({ zone: `z${index}` })),
      alarm({ zone: 'toilet' }),
      alarm({ zone: 'toilet', type: 'panic.silent' }),
      alarm({ zone: 'lab', type: 'fire.smoke' }),
    ]);
    const far = new FarSide(1);
    await using _ = dispatching(bench.journal.outbox, far);
    await until(() => far.ledger.length === 53);
    expect(zonesOf(far).slice(0, 4)).toEqual(['gate/toilet', 'gate/toilet', 'gate/lab', 'gate/z0']);
  });

  test('what is not an alarm leaves last', async () => {
    await using bench = await openTestJournal();
    await bench.journal.record(fault('hall'), [police]);
    await bench.journal.record(alarm(), [police]);
    const far = new FarSide(1);
    await using _ = dispatching(bench.journal.outbox, far);
    await until(() => far.ledger.length === 2);
    expect(zonesOf(far)).toEqual(['gate/1', 'hall']);
  });
});

describe('a far side that refuses', () => {
  test('one refused event does not stop the thousand behind it, not even in its own zone', async () => {
    await using bench = await openTestJournal();
    const poison = alarm({ zone: '0' });
    await owe(bench.journal, [poison, ...Array.from({ length: 1_000 }, (_, index) => alarm({ zone: String(index % 20) }))]);
    const far = new FarSide(16);
    far.behave = (delivery) => (delivery.event === poison.id ? 'refuse' : 'accept');
    await using dispatcher = dispatching(bench.journal.outbox, far);
    await until(() => far.ledger.length === 1_000 && bench.journal.read.backlog(police).pending === 0);
    expect(dispatcher.refusals).toMatchObject([{ delivery: { event: poison.id }, reason: 'HTTP 422' }]);
    expect(bench.journal.read.backlog(police)).toMatchObject({ pending: 0, refused: 1 });
    expect(bench.journal.read.alarm(poison.id)?.deliveries).toMatchObject([{ state: 'refused', reason: 'HTTP 422', attempts: 1 }]);
    // Slow clock: the second try is a minute away, less the jitter.
    expect(bench.journal.outbox.nextDue(police)).toBeGreaterThan(Date.now() + 40_000);
    expect(far.tries).toBe(1_001);
  });

  test('a refused one is tried again on its slow clock, and the same bytes arrive once it is wanted', async () => {
    await using bench = await openTestJournal();
    const far = new FarSide();
    const bodies: string[] = [];
    far.behave = (delivery) => {
      bodies.push(delivery.body);
      return bodies.length < 4 ? 'refuse' : 'accept';
    };
    await using dispatcher = dispatching(bench.journal.outbox, far, { refused: { first: millis(20), most: millis(80), jitter: 0 } });
    await owe(bench.journal, [alarm()]);
    await until(() => far.ledger.length === 1);
    expect(new Set(bodies).size).toBe(1);
    expect(dispatcher.refusals.map(({ delivery }) => delivery.refusals ?? 0)).toEqual([0, 1, 2]);
    await until(() => bench.journal.read.backlog(police).refused === 0);
  });
});

test('when the far side changes its mind, what it refused follows the first that it takes, panic first', async () => {
  await using bench = await openTestJournal();
  const far = new FarSide();
  far.behave = () => 'refuse';
  const settings = { refused: { first: millis(60_000), most: millis(60_000), jitter: 0 } };
  const first = alarm({ zone: 'first' });
  {
    await using _ = dispatching(bench.journal.outbox, far, settings);
    await owe(bench.journal, [
      ...Array.from({ length: 60 }, (_, index) => alarm({ zone: String(index) })),
      alarm({ zone: 'p', type: 'panic.silent' }),
    ]);
    await until(() => bench.journal.read.backlog(police).refused === 61);
  }
  {
    await using _ = dispatching(bench.journal.outbox, far, { refused: { first: millis(50), most: millis(50), jitter: 0 } });
    await owe(bench.journal, [first]);
    await until(() => bench.journal.read.backlog(police).refused === 62);
    far.behave = () => 'accept';
    await until(() => bench.journal.read.backlog(police).refused === 0);
  }
  expect(far.ledger.slice(0, 2).map(({ delivery }) => delivery.lane)).toEqual(['gate/first', 'gate/p']);
});

test('what the far side took while the journal was down is journalled later, and not sent again', async () => {
  await using bench = await openTestJournal();
  let failures = 2;
  const outbox: Outbox = {
    ...bench.journal.outbox,
    acknowledge: (delivery, receipts) => {
      failures -= 1;
      return failures >= 0
        ? Promise.reject(new GatewayError('JOURNAL_UNAVAILABLE', 'told to fail'))
        : bench.journal.outbox.acknowledge(delivery, receipts);
    },
  };
  const far = new FarSide();
  await using _ = dispatching(outbox, far);
  await owe(bench.journal, [alarm()]);
  await until(() => bench.journal.stats().uplinks[0]?.accepted === 1);
  expect(far.tries).toBe(1);
});

describe('a far side that does not answer', () => {
  test('what left without an answer has its receipt of that; what could not leave has none, and nobody has confirmed it', async () => {
    await using bench = await openTestJournal();
    const unanswered = alarm({ zone: 'unanswered' });
    const unsent = alarm({ zone: 'unsent' });
    const far = Object.assign(new FarSide(), { acceptedBy: 'confirmed' as const });
    far.behave = ({ event }) => (event === unsent.id ? 'down' : 'silent');
    await using _ = dispatching(bench.journal.outbox, far, { deadline: millis(50) });
    await owe(bench.journal, [unanswered, unsent]);
    const read = ({ id }: { readonly id: EventId }) => bench.journal.read.alarm(id);
    const ladder = (event: { readonly id: EventId }) => read(event)?.receipts.flatMap(({ hop, by }) => (by === 'police' ? [hop] : []));
    await until(() => [unanswered, unsent].every((event) => (read(event)?.deliveries[0]?.attempts ?? 0) > 0));
    expect([ladder(unanswered), ladder(unsent)]).toEqual([['sent'], []]);
    const sentAt = read(unanswered)?.receipts.find(({ hop }) => hop === 'sent')?.at;
    far.behave = () => 'accept';
    await until(() => far.ledger.length === 2 && bench.journal.read.backlog(police).pending === 0);
    expect([ladder(unanswered), ladder(unsent)]).toEqual(Array(2).fill(['sent', 'confirmed', 'accepted']));
    expect(read(unanswered)?.receipts.find(({ hop }) => hop === 'sent')?.at).toBe(sentAt); // the first time that it left
  });

  test('everything arrives once it is back, panic first, after few tries', async () => {
    await using bench = await openTestJournal();
    const far = new FarSide(8);
    far.behave = () => 'down';
    await using _ = dispatching(bench.journal.outbox, far);
    await owe(
      bench.journal,
      Array.from({ length: 400 }, (_, index) => alarm({ zone: String(index % 40) })),
    );
    await until(() => far.tries > 12);
    await owe(bench.journal, [alarm({ zone: 'p1', type: 'panic.silent' }), alarm({ zone: 'p2', type: 'panic.audible' })]);
    const triesBefore = far.tries;
    await until(() => far.tries > triesBefore + 4);
    far.behave = () => 'accept';
    await until(() => far.ledger.length === 402);
    expect(new Set(zonesOf(far).slice(0, 2))).toEqual(new Set(['gate/p1', 'gate/p2']));
    expect(new Set(far.ledger.map(({ delivery }) => delivery.event)).size).toBe(402);
    for (let zone = 0; zone < 40; zone += 1) {
      const positions = far.ledger.filter(({ delivery }) => delivery.lane === `gate/${zone}`).map(({ delivery }) => delivery.position);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    }
    expect(bench.journal.read.backlog(police).refused).toBe(0);
  });

  test('silence is never taken for a refusal, and keeps the window bounded', async () => {
    await using bench = await openTestJournal();
    const far = new FarSide(4);
    far.behave = () => 'silent';
    await using dispatcher = dispatching(bench.journal.outbox, far);
    await owe(
      bench.journal,
      Array.from({ length: 100 }, (_, index) => alarm({ zone: String(index) })),
    );
    await until(() => far.tries >= 8);
    expect(far.mostInFlight).toBeLessThanOrEqual(4);
    expect(bench.journal.read.backlog(police)).toMatchObject({ pending: 100, refused: 0 });
    far.behave = () => 'accept';
    await until(() => far.ledger.length === 100);
    expect(dispatcher.refusals).toEqual([]);
  });

  test.each([1, 4])('one event that alone gets no answer does not stop the others (window %i)', async (window) => {
    await using bench = await openTestJournal();
    const poison = alarm({ zone: 'p', type: 'panic.silent' });
    await owe(bench.journal, [poison]);
    const far = new FarSide(window);
    far.behave = (delivery) => (delivery.event === poison.id ? 'down' : 'accept');
    await using _ = dispatching(bench.journal.outbox, far);
    await until(() => far.tries > 3);
    await owe(
      bench.journal,
      Array.from({ length: 100 }, (_, index) => alarm({ zone: String(index % 10) })),
    );
    await until(() => far.ledger.length === 100);
    far.behave = () => 'accept';
    await until(() => far.ledger.length === 101);
  });

  test('an uplink that forgets its signal loses its place in the window at the deadline', async () => {
    await using bench = await openTestJournal();
    const far = new FarSide(1);
    let calls = 0;
    const forgetful = Object.assign(far, {
      deliver: async () => {
        calls += 1;
        return calls === 1 ? new Promise<never>(() => undefined) : { proof: 'PUBACK' };
      },
    });
    await using _ = dispatching(bench.journal.outbox, forgetful, { deadline: millis(50) });
    await owe(bench.journal, [alarm()]);
    await until(() => bench.journal.stats().uplinks[0]?.accepted === 1);
  });

  test('what was under way when a dispatcher ended leaves with the next one', async () => {
    await using bench = await openTestJournal();
    const far = new FarSide(2);
    far.behave = () => 'silent';
    await owe(bench.journal, [alarm({ zone: 'a' }), alarm({ zone: 'b' }), alarm({ zone: 'c' })]);
    {
      await using _ = dispatching(bench.journal.outbox, far, { deadline: millis(5_000) });
      await until(() => far.tries === 2);
    }
    far.behave = () => 'accept';
    await using _ = dispatching(bench.journal.outbox, far);
    await until(() => far.ledger.length === 3);
  });
});

test('an event is owed to every enabled uplink that accepts its kind', () => {
  const uplinks = [
    { id: uplinkId('a'), accepts: new Set(['alarm.raised'] as const), enabled: true },
    { id: uplinkId('b'), accepts: new Set(['alarm.raised'] as const), enabled: false },
    { id: uplinkId('c'), accepts: new Set(['fault.raised'] as const), enabled: true },
  ];
  expect(recipients(alarm(), uplinks)).toEqual(['a']);
  expect(recipients(fault(), uplinks)).toEqual(['c']);
});
