import { expect, test } from 'vitest';
import { figuresOf } from '../support/measure-figures.ts';
import { type Comparison, compareLedger, type Press, pressKey, readArrival } from '../support/measure-ledger.ts';

const press = (seq: number, zone = '1'): Press => ({ panel: 'p', boot: 'b', seq, zone, type: 'burglary', at: 1_000 + seq, pressedAt: seq });

interface Told {
  readonly id?: string;
  readonly at?: number;
  readonly occurredAt?: number;
  readonly zone?: string;
  readonly position?: number;
}

function arrival(seq: number, { id = `e${seq}`, at = 2_000 + seq, occurredAt = 1_000 + seq, zone = '1', position = seq }: Told = {}) {
  const event = { kind: 'alarm.raised', id, panel: 'p', zone, type: 'burglary', occurredAt, sequence: { boot: 'b', seq } };
  const body = JSON.stringify({ version: 1, position, event });
  return readArrival({ arrivedAt: at, path: 'webhook', eventId: id, body, signatureOk: true, answer: 'accepted', headers: {} }, at);
}

const clean: Comparison = {
  acknowledgedAndAbsent: 0,
  pressedAndAbsent: 0,
  phantom: 0,
  repeats: 0,
  repeatsWithoutRestart: 0,
  mostRepeatsPerRestart: 0,
  changedBodies: 0,
  shownTwice: 0,
  changedTimes: 0,
  outOfOrder: 0,
  falseGaps: 0,
  badSignatures: 0,
  unreadable: 0,
};
const compare = (arrivals: ReturnType<typeof arrival>[], presses = [press(1), press(2)], starts = [0]) =>
  compareLedger({ presses, acknowledged: presses.map(pressKey), arrivals, starts });

test('a ledger in which each press arrived once is clean', () => {
  expect(compare([arrival(1), arrival(2)])).toEqual(clean);
});

test('what was acknowledged and is absent is counted', () => {
  expect(compare([arrival(2)])).toEqual({ ...clean, acknowledgedAndAbsent: 1, pressedAndAbsent: 1 });
});

test('an alarm that nobody pressed, or that names another zone, is a phantom', () => {
  expect(compare([arrival(1), arrival(2), arrival(9)]).phantom).toBe(1);
  expect(compare([arrival(1), arrival(2, { zone: '7' })]).phantom).toBe(1);
});

test('a repeat belongs to the restart between its two arrivals; one without a restart is told', () => {
  const both = [arrival(1), arrival(2), arrival(2, { at: 5_000 })];
  expect(compare(both, undefined, [0, 4_000])).toEqual({ ...clean, repeats: 1, mostRepeatsPerRestart: 1 });
  expect(compare(both)).toEqual({ ...clean, repeats: 1, repeatsWithoutRestart: 1 });
});

test('a repeat with another body, and a press with two event ids, are told', () => {
  expect(compare([arrival(1), arrival(2), arrival(2, { at: 5_000, position: 77 })], undefined, [0, 4_000]).changedBodies).toBe(1);
  expect(compare([arrival(1), arrival(2), arrival(2, { id: 'other' })]).shownTwice).toBe(1);
});

test('a changed time and a broken order are told', () => {
  expect(compare([arrival(1, { occurredAt: 999 }), arrival(2)]).changedTimes).toBe(1);
  expect(compare([arrival(2), arrival(1)]).outOfOrder).toBe(1);
  expect(compare([arrival(2), arrival(1, { zone: '2' })], [press(1, '2'), press(2)]).outOfOrder).toBe(0);
});

test('a figure that was never measured does not pass its limit', () => {
  const [row] = figuresOf({ test: 't', dose: 'd', seed: 1 }, [{ metric: 'm', value: Number.NaN, unit: 'ms', limit: 40 }]);
  expect(row?.pass).toBe(false);
});
