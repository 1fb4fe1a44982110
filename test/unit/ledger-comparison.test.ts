import { expect, test } from 'vitest';
import { figuresOf } from '../support/measure-figures.ts';
import { type Comparison, compareLedger, type Press, pressKey, readArrival } from '../support/measure-ledger.ts';
import { type Kill, killSeen, repeatsIn, type Sent } from '../support/measure-repeats.ts';

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
  inFlightAtKills: 0,
  mostInFlight: 0,
  unexcused: 0,
  unearnedReceipts: 0,
  changedBodies: 0,
  shownTwice: 0,
  changedTimes: 0,
  outOfOrder: 0,
  falseGaps: 0,
  badSignatures: 0,
  unreadable: 0,
};
const compare = (arrivals: ReturnType<typeof arrival>[], presses = [press(1), press(2)]) =>
  compareLedger({ presses, acknowledged: presses.map(pressKey), arrivals, sent: [], kills: [], window: 2 });
/** `1:a` is event a, sent in life 1. */
const sentAs = (...told: readonly string[]): readonly Sent[] =>
  told.map((one) => ({ life: Number(one.split(':')[0]), eventId: one.split(':')[1] ?? '' }));
const kill = (life: number, ...inFlight: readonly string[]): Kill => ({ life, inFlight, unearned: 0 });
const repeats = (sent: readonly Sent[], ...kills: readonly Kill[]) => repeatsIn({ sent, kills, window: 2 });

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

test('in flight at a kill is what that life sent and the journal, as found after it, does not hold as accepted', () => {
  const sent = sentAs('1:a', '2:b', '2:c', '2:d');
  expect(killSeen({ sent, life: 2, answered: new Set('abc'), accepted: new Set('ab') })).toEqual(kill(2, 'c', 'd'));
});

test('a receipt in the journal that the police side never gave is told', () => {
  expect(killSeen({ sent: sentAs('1:a'), life: 1, answered: new Set(), accepted: new Set('a') }).unearned).toBe(1);
});

test('each kill excuses one repeat of what was in flight at it', () => {
  expect(repeats(sentAs('1:a', '2:a', '3:a'), kill(1, 'a'), kill(2, 'a'))).toMatchObject({ repeats: 2, inFlightAtKills: 2, unexcused: 0 });
  expect(repeats(sentAs('1:a', '3:a'), kill(1, 'a'), kill(2)).unexcused).toBe(0);
});

test('a repeat of what was accepted before the kill, or of what another kill excused, is told', () => {
  expect(repeats(sentAs('1:a', '2:a'), kill(1)).unexcused).toBe(1);
  expect(repeats(sentAs('1:a', '2:a', '3:a'), kill(1, 'a'), kill(2)).unexcused).toBe(1);
});

test('a repeat without a kill between is told, also of one that is then in flight at a kill', () => {
  expect(repeats(sentAs('1:a', '1:a'), kill(1, 'a')).unexcused).toBe(1);
});

test('more than a window cannot have been in flight: a journal that forgets excuses no more than the last sent', () => {
  const sent = sentAs('1:a', '1:b', '1:c', '2:a', '2:b', '2:c');
  expect(repeats(sent, kill(1, 'a', 'b', 'c'))).toMatchObject({ repeats: 3, inFlightAtKills: 2, mostInFlight: 3, unexcused: 1 });
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
