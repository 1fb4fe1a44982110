import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contactIdNames } from '../../adapters/protocols/contact-id/codes.ts';
import { siaNames } from '../../adapters/protocols/sia/codes.ts';
import { kindOfAlarm } from '../../adapters/uplinks/gb28181/alarms/mapping.ts';
import { alarmTypes, normalisationVersion, rowOf, severityOf, typeOfContactId } from '../../gateway/domain/alarm-types.ts';
import { typeOfSia } from '../../gateway/domain/sia-types.ts';

interface Row {
  readonly number: number;
  readonly name: string;
  readonly contactId: string;
  readonly sia: string;
  readonly severity: string;
  readonly gb: string;
}

const rows = readFileSync(new URL('../fixtures/normalisation/rows.md', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line): Row => {
    const [number = '', name = '', contactId = '', sia = '', , severity = '', gb = ''] = line
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    return { number: Number(number), name, contactId, sia, severity, gb };
  });

/** Rows that hold several of our types, or a type under another name. */
const named: Readonly<Record<number, readonly string[]>> = {
  11: ['fire.flame', 'fire.duct'],
  47: ['arming'],
  48: ['arming'],
  57: ['clock.log'],
  59: ['storage.full', 'storage.fault', 'fan.fault'],
  60: ['video.motion', 'video.tripwire', 'video.intrusion', 'video.loiter'],
};
const typesOf = ({ number, name }: Row) => named[number] ?? [name.split(' ')[0]!];

/** `370–372, 380` and `401/400 Q3` as the codes that they name. */
function codesOf(cell: string): string[] {
  return [...cell.matchAll(/(\d{3})(?:–(\d{3}))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => String(Number(from) + index)),
  );
}

test('there are 61 rows, and no row of ours beside them', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 61 }, (_, index) => index + 1));
  expect(alarmTypes.map(({ type }) => type).toSorted()).toEqual([...new Set(rows.slice(0, 60).flatMap(typesOf))].toSorted());
});

describe.each(rows.slice(0, 60))('row $number, $name', (row) => {
  const types = typesOf(row);

  test('has its severity', () => {
    const severity = /^\d$/.test(row.severity) ? Number(row.severity) : 4;
    for (const type of types) expect([type, severityOf(type)]).toEqual([type, severity]);
  });

  test('is reached by its Contact ID codes', () => {
    const zone = row.contactId.includes('zone 0') ? '000' : '007';
    for (const code of codesOf(row.contactId)) expect(types).toContain(typeOfContactId(code, zone));
  });

  test('claims its SIA codes, and what raises it and ends it is one type', () => {
    const claimed = types.flatMap((type) => [...(rowOf(type)?.sia.raise ?? []), ...(rowOf(type)?.sia.restore ?? [])]);
    const named = [...row.sia.matchAll(/[A-Z]{2}/g)].map(([code]) => code);
    for (const code of named) expect(claimed).toContain(code);
    const [, raise, restore] = row.sia.match(/^([A-Z]{2})\/([A-Z]{2})$/) ?? [];
    if (raise && restore) {
      const [raised, restored] = [typeOfSia(raise, '7'), typeOfSia(restore, '7')];
      expect(restored.type).toBe(raised.type);
      expect([raised.active, restored.active]).toEqual([true, false]);
      // A code that several rows claim may arrive as a graver one, never as a milder one.
      expect(severityOf(raised.type)).toBeLessThanOrEqual(Math.min(...types.map(severityOf)));
    }
  });

  test('goes to GB/T 28181 with its method and type', () => {
    const wanted = [...row.gb.replace(/ or .*/, '').matchAll(/(\d)\/(\d|–)/g)];
    for (const [index, [, method, number]] of wanted.entries()) {
      const { priority, ...kind } = kindOfAlarm(types[index]!, severityOf(types[index]!), {});
      expect(kind).toEqual({ method: Number(method), ...(number === '–' ? {} : { type: Number(number) }) });
      expect(priority).toBe(severityOf(types[index]!));
    }
  });
});

test('row 61: a code that nobody knows keeps its letters and is delivered with severity 2', () => {
  expect([typeOfContactId('9A7'), severityOf('unknown.9A7')]).toEqual(['unknown.9A7', 2]);
  expect(typeOfSia('q7')).toEqual({ type: 'unknown.Q7', active: true });
  expect(kindOfAlarm('unknown.9A7', 2, {})).toEqual({ priority: 2, method: 2 });
});

test('SIA: in doubt the graver, save where that would be wrong', () => {
  expect(['HA', 'FA', 'KA', 'WA', 'BA', 'YC', 'US', 'YT'].map((code) => typeOfSia(code, '7').type)).toEqual([
    'panic.silent',
    'fire.smoke',
    'fire.heat',
    'fire.waterflow',
    'burglary',
    'comms.fail',
    'sensor.supervision',
    'power.battery.low',
  ]);
  expect([typeOfSia('TA', '000').type, typeOfSia('TR').type, typeOfSia('TA', '7').type]).toEqual(['tamper.panel', 'tamper.panel', 'tamper.sensor']);
  expect([typeOfSia('CL'), typeOfSia('op')]).toEqual([
    { type: 'arming', active: true },
    { type: 'arming', active: false },
  ]);
});

test('every code of the table has a name in the code libraries, in both languages', () => {
  const contactId = alarmTypes.flatMap((row) => row.contactId);
  const sia = alarmTypes.flatMap((row) => [...row.sia.raise, ...row.sia.restore]);
  expect(contactId.filter((code) => !contactIdNames.has(code))).toEqual([]);
  expect(sia.filter((code) => !siaNames.has(code))).toEqual([]);
  for (const { zh, en } of [...contactIdNames.values(), ...siaNames.values()]) expect(zh.length * en.length).toBeGreaterThan(0);
});

test('the table has the version that events name: whoever changes it counts on', () => {
  const digest = createHash('sha256').update(JSON.stringify(alarmTypes)).digest('hex').slice(0, 16);
  expect([normalisationVersion, digest]).toEqual([2, '2286b804db5087ea']);
});
