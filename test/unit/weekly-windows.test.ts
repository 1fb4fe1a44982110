import { expect, test } from 'vitest';
import { isWithin, readWindow } from '../../gateway/domain/weekly-windows.ts';
import { weekOf, windowText } from '../../gateway/web/shared/week-text.ts';

/** 2026-11-26 is a Thursday; Shanghai is 8 h ahead. */
const shanghai = (text: string) => Date.parse(`${text}:00+08:00`);

test.each([
  ['thu 08:00-17:00', '2026-11-26T08:00', true],
  ['thu 08:00-17:00', '2026-11-26T17:00', false],
  ['mon-fri 18:00-07:00', '2026-11-27T06:59', true],
  // Begun on Friday evening, it goes on into Saturday; Saturday itself has none.
  ['mon-fri 18:00-07:00', '2026-11-28T06:59', true],
  ['mon-fri 18:00-07:00', '2026-11-28T19:00', false],
  ['sun 22:00-06:00', '2026-11-30T05:59', true],
  ['sun 22:00-06:00', '2026-11-30T06:00', false],
  ['sat,sun', '2026-11-29T23:59', true],
  ['sat,sun', '2026-11-30T00:00', false],
  ['fri-mon 00:00-24:00', '2026-11-30T12:00', true],
  ['Sat', '2026-11-28T00:00', true],
])('%s, at %s: %s', (window, at, expected) => {
  expect(isWithin([window], shanghai(at), 'Asia/Shanghai')).toBe(expected);
});

test('the hours are those of the campus, also where its clocks are turned', () => {
  const newYork = (utc: string) => isWithin(['sun 01:30-03:30'], Date.parse(utc), 'America/New_York');
  expect(['2026-03-08T06:00Z', '2026-03-08T06:30Z', '2026-03-08T07:29Z', '2026-03-08T07:30Z'].map(newYork)).toEqual([false, true, true, false]);
});

test.each(['', 'monday', 'mon 8:00-17:00', 'mon 08:00-08:00', 'mon 24:00-25:00', 'mon 08:60-09:00', 'mon-tue-wed', 'xyz', 'mon 08:00'])(
  '%j is none',
  (text) => {
    expect(readWindow(text)).toBeUndefined();
  },
);

test.each([
  ['mon-fri 18:00-07:00', 'mon-fri 18:00-07:00'],
  ['sun,sat', 'sat-sun'],
  ['fri-mon 22:00-24:00', 'mon,fri-sun 22:00-00:00'],
  ['mon,wed,fri 08:00-08:30', 'mon,wed,fri 08:00-08:30'],
  ['Mon-Sun 00:00-24:00', 'mon-sun'],
])('%s, as people tick it on the page, is %s again and means the same', (window, written) => {
  expect(weekOf([window]).map(windowText)).toEqual([written]);
  const minutes = (text: string) => readWindow(text)?.toSorted((one, other) => one.from - other.from);
  expect(minutes(written)).toEqual(minutes(window));
});

test('a window without a day, or whose hours are none, is not written; what people type of hours is', () => {
  expect(windowText({ days: [] })).toBeUndefined();
  expect(windowText({ days: [1], hours: { from: '07:00', to: '07:00' } })).toBeUndefined();
  expect(windowText({ days: [1], hours: { from: '', to: '07:00' } })).toBeUndefined();
  expect(windowText({ days: [1], hours: { from: '25:00', to: '07:00' } })).toBeUndefined();
  expect(windowText({ days: [1], hours: { from: '7:00', to: ' 9:30' } })).toBe('tue 07:00-09:30');
});
