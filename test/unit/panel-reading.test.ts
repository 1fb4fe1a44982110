/** The pieces that the dialects of states are made of. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dedupeKey } from '../../adapters/panels/dedupe-key.ts';
import { jsonPath, valueAt } from '../../adapters/panels/json-path.ts';
import { localTimeOf } from '../../adapters/panels/panel-time.ts';
import { captures, filterOf, isTopicPattern } from '../../adapters/panels/topic-pattern.ts';
import { zoneOfLabel } from '../../adapters/panels/zone-of.ts';
import { ProtocolError } from '../../adapters/protocols/protocol-error.ts';
import { readSparkplug } from '../../adapters/protocols/sparkplug/payload.ts';
import { readTpi } from '../../adapters/protocols/tpi.ts';
import { panelId, zoneId } from '../../gateway/domain/ids.ts';
import { instant } from '../../gateway/domain/time.ts';
import { panelOf } from '../support/panels.ts';

describe('a local time', () => {
  test('is read in its zone, also where summer time begins and ends', () => {
    expect(localTimeOf('2026-06-01 08:00:00', 'Asia/Shanghai')).toBe(Date.UTC(2026, 5, 1));
    expect(localTimeOf('2026/6/1T8:00', 'Asia/Shanghai')).toBe(Date.UTC(2026, 5, 1));
    expect(localTimeOf('2026-03-29 01:59:59', 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 0, 59, 59));
    expect(localTimeOf('2026-03-29 03:00:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 1));
    expect(localTimeOf('2026-10-25 04:00:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 25, 3));
  });

  test('that is none, or of a clock that was never set, is none', () => {
    for (const text of ['', 'yesterday', '1970-01-01 08:00:00', '20260601080000']) expect(localTimeOf(text, 'Asia/Shanghai')).toBeUndefined();
  });
});

describe('the key of an alarm', () => {
  const press = {
    panel: panelId('gate'),
    ...{ zone: '7', code: 'sos', qualifier: 'raised', receivedAt: instant(Date.UTC(2026, 5, 1)), raw: Buffer.from('{"sos":true}') },
  };

  test('is made from boot and count where there are any, whatever else differs', () => {
    const counted = { ...press, sequence: { boot: 'b1', seq: 5 } };
    expect(dedupeKey({ ...counted, receivedAt: instant(0) })).toBe(dedupeKey(counted));
    expect(dedupeKey({ ...counted, sequence: { boot: 'b2', seq: 5 } })).not.toBe(dedupeKey(counted));
  });

  test('with a time of the panel is the same for that second, however late it comes', () => {
    const timed = { ...press, occurredAt: instant(1_780_271_999_800) };
    expect(dedupeKey({ ...timed, receivedAt: instant(Date.UTC(2026, 5, 2)), raw: Buffer.from('other') })).toBe(dedupeKey(timed));
    expect(dedupeKey({ ...timed, occurredAt: instant(1_780_272_001_000) })).not.toBe(dedupeKey(timed));
  });

  test('without any is the same for the same bytes within 2 s, and a later press is another one', () => {
    expect(dedupeKey({ ...press, receivedAt: instant(press.receivedAt + 1_900) })).toBe(dedupeKey(press));
    expect(dedupeKey({ ...press, receivedAt: instant(press.receivedAt + 2_000) })).not.toBe(dedupeKey(press));
    expect(dedupeKey({ ...press, raw: Buffer.from('{"sos":true,"battery":90}') })).not.toBe(dedupeKey(press));
  });

  test('differs by zone, code and what is said of it', () => {
    const keys = [press, { ...press, zone: '8' }, { ...press, code: 'smoke' }, { ...press, qualifier: 'restored' }, { ...press, partition: '1' }];
    expect(new Set(keys.map(dedupeKey)).size).toBe(keys.length);
  });
});

describe('a name that people gave', () => {
  const panel = panelOf('gate', { zones: [{ id: zoneId('desk'), name: '讲台按钮', channels: [] }] });

  test('finds the zone by its id or its name, and leading zeros of numbers mean nothing', () => {
    expect(['desk', '讲台按钮', 'Desk'].map((label) => zoneOfLabel(panel, label).known?.id)).toEqual(['desk', 'desk', 'desk']);
    expect(['007', 'Front Door', '0x00158d'].map((label) => zoneOfLabel(panel, label).id)).toEqual(['7', 'front_door', '0x00158d']);
  });

  test('whatever it is, it becomes an id, and two Chinese names become two', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (label) => zoneOfLabel(panel, label).id.length > 0));
    expect(zoneOfLabel(panel, '大门').id).not.toBe(zoneOfLabel(panel, '后门').id);
  });
});

test('a JSON path finds own members only', () => {
  const value = { alarm: { zones: [{ name: 'gate' }], 报警类型: 1 } };
  expect(valueAt(value, jsonPath('$.alarm.zones[0].name')!)).toBe('gate');
  expect(valueAt(value, jsonPath("$.alarm['报警类型']")!)).toBe(1);
  expect(valueAt(value, jsonPath('$.alarm.constructor')!)).toBeUndefined();
  for (const wrong of ['alarm', '$.', '$..a', '$[a]', '$.a b', '$.a[']) expect([wrong, jsonPath(wrong)]).toEqual([wrong, undefined]);
});

test('a topic pattern takes levels by name and becomes a filter', () => {
  expect(captures('up/{imei}/alarm', 'up/86/alarm')).toEqual(new Map([['imei', '86']]));
  expect(captures('up/{imei}/#', 'up/86/a/b')).toEqual(new Map([['imei', '86']]));
  expect([captures('up/{imei}', 'up/86/alarm'), captures('up/{imei}/alarm', 'up/86')]).toEqual([undefined, undefined]);
  expect(filterOf('up/{imei}/+/#')).toBe('up/+/+/#');
  expect(['up/{imei}/#', 'a/#/b', 'a/b{c}', 'a/b+'].map(isTopicPattern)).toEqual([true, false, false, false]);
});

describe('bytes of others', () => {
  test('Sparkplug metrics of every number type, as the encoder of Eclipse Tahu writes them', () => {
    const bytes = Buffer.from(readFileSync(new URL('../fixtures/dialect/sparkplug-b/numbers.base64', import.meta.url), 'utf8'), 'base64');
    const values = readSparkplug(bytes).metrics.map(({ name, value }) => [name, value]);
    expect(Object.fromEntries(values)).toEqual({ Int8: -5, Int64: -70_000_000_000, Double: 1.25, Text: '门', UInt32: 4_000_000_000 });
  });

  test('of no kind make the protobuf reader throw anything but its error, nor take long', () => {
    const attempt = (bytes: Uint8Array) => {
      try {
        readSparkplug(bytes);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 500 });
    // A length of 2^63, a number that never ends, a group, and more fields than anybody needs.
    for (const hex of ['12ffffffffffffffff7f', 'ffffffffffffffffffffffff', '13', '0801'.repeat(8_000)]) attempt(Buffer.from(hex, 'hex'));
  });

  test('of the TPI have a checksum, which lines of a module prove', () => {
    expect(['6543D2', '5000082D', '50000025'].map((line) => readTpi(line).command)).toEqual(['654', '500', '500']);
    expect(() => readTpi('6543D3')).toThrow(ProtocolError);
  });
});
