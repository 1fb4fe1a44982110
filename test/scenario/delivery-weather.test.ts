import { expect, test } from 'vitest';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Behaviour, dispatching, FarSide, until } from '../support/far-side.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';

/** Mulberry32: small, seeded, good enough to shuffle weather. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test.each([1, 2, 3, 4])('in any weather everything arrives once, in the order of its zone (seed %i)', async (seed) => {
  const roll = dice(seed);
  await using bench = await openTestJournal();
  const far = new FarSide(1 + Math.floor(roll() * 8));
  far.latency = roll() < 0.5 ? 0 : 1;
  let weather: readonly Behaviour[] = ['accept'];
  far.behave = () => weather[Math.floor(roll() * weather.length)]!;
  const count = 300;
  const skies: readonly (readonly Behaviour[])[] = [
    ['accept'],
    ['down'],
    ['accept', 'down'],
    ['accept', 'accept', 'accept', 'silent'],
    ['down', 'silent'],
  ];
  const settings = { deadline: millis(60), unanswered: { first: millis(5), most: millis(40), jitter: 0.5 } };
  for (let sent = 0; sent < count; ) {
    // Every so often the dispatcher itself is ended and started anew, as after a change of its settings.
    await using _ = dispatching(bench.journal.outbox, far, settings);
    for (let burst = 0; burst < 4; burst += 1) {
      weather = skies[Math.floor(roll() * skies.length)]!;
      const events = Array.from({ length: Math.min(25, count - sent) }, () =>
        alarm({ zone: String(Math.floor(roll() * 6)), type: roll() < 0.1 ? 'panic.silent' : 'burglary.intrusion' }),
      );
      sent += events.length;
      await Promise.all(events.map((event) => bench.journal.record(event, [police])));
      await systemClock.sleep(millis(roll() * 60));
    }
  }
  weather = ['accept'];
  await using dispatcher = dispatching(bench.journal.outbox, far, settings);
  await until(() => bench.journal.read.backlog(police).pending === 0);
  expect(dispatcher.refusals).toEqual([]);
  expect(far.mostInFlight).toBeLessThanOrEqual(far.window);
  // An end between the far side's answer and its receipt may repeat a delivery, never more than one window, always the same bytes.
  const bodies = new Map<string, string>();
  const lanes = new Map<string, number[]>();
  for (const { delivery } of far.ledger) {
    expect(bodies.get(delivery.event) ?? delivery.body).toBe(delivery.body);
    if (!bodies.has(delivery.event)) lanes.set(delivery.lane, [...(lanes.get(delivery.lane) ?? []), delivery.position]);
    bodies.set(delivery.event, delivery.body);
  }
  expect(bodies.size).toBe(count);
  for (const positions of lanes.values()) expect(positions).toEqual(positions.toSorted((a, b) => a - b));
});
