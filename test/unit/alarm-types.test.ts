import { expect, test } from 'vitest';
import { alarmTypes, namesUser, severityOf, titleOf, typeInZone, typeOfContactId } from '../../gateway/domain/alarm-types.ts';

test('a panic button is a silent panic alarm of severity 1, in both languages', () => {
  expect(typeOfContactId('122')).toBe('panic.silent');
  expect(severityOf('panic.silent')).toBe(1);
  expect(titleOf('panic.silent')).toEqual({ zh: '无声紧急报警', en: 'Silent panic alarm' });
});

test('no code leads to two types and no type is listed twice', () => {
  const codes = alarmTypes.flatMap(({ contactId }) => contactId);
  expect(new Set(codes).size).toBe(codes.length);
  expect(new Set(alarmTypes.map(({ type }) => type)).size).toBe(alarmTypes.length);
  expect(codes.every((code) => /^\d{3}$/.test(code))).toBe(true);
});

test('every type has a title in both languages', () => {
  for (const { title } of alarmTypes) expect(title.zh.length * title.en.length).toBeGreaterThan(0);
});

test('a code that nobody knows keeps its number and counts as severity 2', () => {
  expect(typeOfContactId('9a7')).toBe('unknown.9A7');
  expect(severityOf('unknown.9A7')).toBe(2);
  expect(titleOf('unknown.9A7').zh).toContain('9A7');
});

test('tamper without a zone is the panel, with a zone a detector', () => {
  expect(typeOfContactId('137')).toBe('tamper.panel');
  expect(typeOfContactId('137', '000')).toBe('tamper.panel');
  expect(typeOfContactId('137', '7')).toBe('tamper.sensor');
});

test('arming, duress and walk test name a user; a burglary names a zone', () => {
  expect(['401', '121', '607', '459', '466'].map(namesUser)).toEqual([true, true, true, true, true]);
  expect(['130', '410', '416', '460', '570'].map(namesUser)).toEqual([false, false, false, false, false]);
});

test("a zone's own type replaces what the detector's code says, but never hides tamper and never lowers panic or fire", () => {
  expect(typeInZone('130', '7', 'panic.silent')).toBe('panic.silent');
  expect(typeInZone('130', '7', undefined)).toBe('burglary');
  expect(typeInZone('144', '7', 'panic.silent')).toBe('tamper.sensor');
  expect(typeInZone('384', '7', 'panic.silent')).toBe('sensor.battery.low');
  expect(typeInZone('120', '7', 'burglary')).toBe('panic.audible');
  expect(typeInZone('122', '7', 'panic.audible')).toBe('panic.audible');
});
