import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxPayloadBytes } from '../../adapters/panels/panel-json.ts';
import type { Report } from '../../gateway/domain/report.ts';
import { messageOf } from '../support/bad-input.ts';
import { alarmsIn, decodedInOrder, decodedOr, dialectFixtures, wordsOf } from '../support/dialect-cases.ts';

/** What every dialect must have a case for, or a reason why not. */
const owed = ['raise', 'restore', 'arm', 'tamper', 'battery', 'mains', 'offline', 'replay', 'garbage'];

describe.each(dialectFixtures)('the $dialect.name dialect', (fixture) => {
  const { dialect, panel, cases, without } = fixture;
  const decoded = decodedInOrder(fixture);
  const everything = decoded.flatMap((reports) => (reports === 'refused' ? [] : reports));
  const learned = new Map(everything.flatMap((report) => (report.kind === 'learned' ? [[report.key, report.value] as const] : [])));

  test.each(cases.map((each, index) => [each.case, each, index] as const))('%s', (_name, each, index) => {
    expect(wordsOf(decoded[index]!)).toEqual(each.says);
  });

  test('has a case of each kind, or says why there is none', () => {
    const names = cases.map((each) => each.case);
    expect(owed.filter((kind) => !without.includes(kind) && !names.some((name) => name.startsWith(kind) || name.includes(`: ${kind}`)))).toEqual([]);
  });

  test('keeps what came as evidence, and one key for one message', () => {
    for (const [index, each] of cases.entries()) {
      const reports = decoded[index]!;
      if (reports === 'refused') continue;
      const message = { ...messageOf(each), learned };
      for (const report of reports) expect(report.raw).toEqual(message.payload);
      const keys = (all: readonly Report[]) => all.flatMap((report) => (report.kind === 'zone' ? [report.dedupe] : []));
      expect(new Set(keys(reports)).size).toBe(keys(reports).length);
    }
  });

  test('nothing that a broker kept is an event', () => {
    for (const each of cases) {
      const reports = decodedOr(dialect, panel, { ...messageOf(each), learned, retained: true });
      if (reports === 'refused') continue;
      for (const report of reports)
        if (report.kind === 'zone') expect([report.state, report.historical]).toEqual([expect.stringMatching(/still|quiet/), true]);
    }
  });

  test('cut short anywhere, no message rings a bell that the whole does not', () => {
    for (const each of cases) {
      const message = { ...messageOf(each), learned };
      const whole = alarmsIn(decodedOr(dialect, panel, message));
      for (let length = 0; length < message.payload.byteLength; length += message.payload.byteLength > 200 ? 7 : 1) {
        const cut = alarmsIn(decodedOr(dialect, panel, { ...message, payload: message.payload.subarray(0, length) }));
        expect(cut.filter((alarm) => !whole.includes(alarm))).toEqual([]);
      }
    }
  });

  test('two messages glued together ring no bell that neither rings', () => {
    for (const each of cases) {
      const message = { ...messageOf(each), learned };
      for (const other of cases) {
        const parts = [message.payload, messageOf(other).payload];
        const apart = parts.flatMap((payload) => alarmsIn(decodedOr(dialect, panel, { ...message, payload })));
        const glued = alarmsIn(decodedOr(dialect, panel, { ...message, payload: Buffer.concat(parts) }));
        expect(glued.filter((alarm) => !apart.includes(alarm))).toEqual([]);
      }
    }
  });

  test('a flipped bit never throws anything else, and makes an alarm of no message that was none', () => {
    for (const each of cases) {
      const message = { ...messageOf(each), learned };
      const alarming = alarmsIn(decodedOr(dialect, panel, message)).length > 0;
      // Each bit of a short message, of a longer one some of each byte.
      for (let bit = 0; bit < 8 * message.payload.byteLength; bit += message.payload.byteLength > 40 ? 7 : 1) {
        const payload = Uint8Array.from(message.payload);
        payload[bit >> 3]! ^= 1 << (bit & 7);
        const flipped = alarmsIn(decodedOr(dialect, panel, { ...message, payload }));
        if (!alarming && !each.fragile) expect([each.case, bit, flipped]).toEqual([each.case, bit, []]);
      }
    }
  });

  test('whatever comes on any of its topics is read or refused, in a moment', () => {
    const topics = [...new Set(cases.map(({ topic }) => topic))];
    const attempt = (topic: string, payload: Uint8Array) => void decodedOr(dialect, panel, { ...messageOf({ topic }), learned, payload });
    fc.assert(fc.property(fc.constantFrom(...topics), fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 200 });
    const json = fc.json().map((text) => Buffer.from(text));
    fc.assert(fc.property(fc.constantFrom(...topics), json, attempt), { numRuns: 200 });
    for (const topic of topics) {
      attempt(topic, Buffer.alloc(maxPayloadBytes, '[{"a":'));
      expect(decodedOr(dialect, panel, { ...messageOf({ topic }), payload: Buffer.alloc(maxPayloadBytes + 1, '1') })).toSatisfy(
        (reports) => reports === 'refused' || alarmsIn(reports).length === 0,
      );
    }
  });

  test('its panel speaks on its own topics, and listens below its prefix', () => {
    expect(dialect.prefix(panel, 'north')).toMatch(/^[^+#]+\/$/);
    expect(dialect.topics(panel, 'north').length).toBeGreaterThan(0);
    const words = dialect.encode(panel, 'north', { id: 'c1', op: 'sync', expires: messageOf({ topic: '' }).receivedAt }, { learned: new Map() });
    // A Sparkplug node can be asked; the others tell their state when they like.
    expect(words.map(({ topic }) => topic)).toEqual(dialect.name === 'sparkplug-b' ? ['spBv1.0/school/NCMD/gate'] : []);
  });
});
