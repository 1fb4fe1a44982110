import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { panelDialects } from '../../adapters/index.ts';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { maxPayloadBytes } from '../../adapters/panels/panel-json.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { zoneId } from '../../gateway/domain/ids.ts';
import { malformedMessages, messageOf } from '../support/bad-input.ts';
import { alarmsIn, decodedOr } from '../support/dialect-cases.ts';
import { panelOf, topic } from '../support/panels.ts';

const dialects = [campusDialect];
const panel = panelOf('gate');
const root = new URL('../fixtures/dialect/', import.meta.url);

test('every dialect has fixtures and every folder of fixtures a dialect', () => {
  expect(readdirSync(root).sort()).toEqual(panelDialects.map(({ name }) => name).sort());
});

describe.each(dialects)('the $name dialect', (dialect) => {
  const folder = new URL(`${dialect.name}/`, root);
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const good = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'malformed.json');

  test.each(good)('%s becomes the reports it must', (name) => {
    const { message, reports } = read(name);
    const decoded = dialect.decode(panel, messageOf(message));
    expect(decoded.map(({ raw, ...report }) => report)).toEqual(reports);
  });

  const malformed = malformedMessages(dialect.name);
  test('has at least 50 malformed messages', () => expect(malformed.length).toBeGreaterThanOrEqual(50));

  test.each(malformed.map((each) => [each.name, each] as const))(
    '%s is refused with its code and path',
    (_name, { name, path, code, ...message }) => {
      expect(() => dialect.decode(panel, messageOf(message))).toThrow(expect.objectContaining({ code, context: expect.objectContaining({ path }) }));
    },
  );

  const messages = good.map((name) => messageOf(read(name).message));
  const bells = (message: PanelMessage) => alarmsIn(decodedOr(dialect, panel, message));

  test('cut short anywhere, or glued to another, no message rings a bell that it does not ring whole', () => {
    for (const message of messages) {
      const whole = bells(message);
      for (let length = 0; length < message.payload.byteLength; length += 1)
        expect(bells({ ...message, payload: message.payload.subarray(0, length) }).filter((bell) => !whole.includes(bell))).toEqual([]);
      for (const { payload } of messages) {
        const apart = [...whole, ...bells({ ...message, payload })];
        expect(bells({ ...message, payload: Buffer.concat([message.payload, payload]) }).filter((bell) => !apart.includes(bell))).toEqual([]);
      }
    }
  });

  test('a flipped bit never throws anything else, and makes an alarm of nothing but an event, which says what it is with one digit', () => {
    for (const message of messages) {
      const may = message.topic.endsWith('/evt') || bells(message).length > 0;
      for (let bit = 0; bit < 8 * message.payload.byteLength; bit += 1) {
        const payload = Uint8Array.from(message.payload);
        payload[bit >> 3]! ^= 1 << (bit & 7);
        const flipped = bells({ ...message, payload });
        if (!may) expect([message.topic, bit, flipped]).toEqual([message.topic, bit, []]);
      }
    }
  });

  test('whatever comes, it is reports or PANEL_MESSAGE, in a moment', () => {
    const names = dialect.topics(panel, 'north');
    const attempt = (where: string, payload: Uint8Array) => void decodedOr(dialect, panel, { ...messageOf({ topic: where }), payload });
    fc.assert(fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 300 });
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.json().map((text) => Buffer.from(text)),
        attempt,
      ),
      { numRuns: 300 },
    );
    const started = performance.now();
    for (const name of names) attempt(name, Buffer.alloc(maxPayloadBytes, '[{"a":'));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

test('an unknown member does not stop an alarm', () => {
  const payload = { v: 1, seq: 1, boot: 'b', code: '1122', zone: 7, vendor: { firmware: '9' } };
  expect(campusDialect.decode(panel, messageOf({ topic: topic('gate', 'evt'), payload }))).toMatchObject([{ type: 'panic.silent' }]);
});

test('orders carry their expiry and go to the command topic of the panel', () => {
  const { receivedAt } = messageOf({ topic: '' });
  const [order] = campusDialect.encode(panel, 'north', { id: 'c1', op: 'bypass', zone: zoneId('7'), expires: receivedAt }, { learned: new Map() });
  expect(order).toMatchObject({ topic: topic('gate', 'cmd'), expiring: true });
  expect(JSON.parse(Buffer.from(order!.payload).toString())).toEqual({ id: 'c1', op: 'bypass', zone: '7', exp: receivedAt });
});
