/** The rules of the site and the way that a message came, in the alarms that are journalled. */
import { expect, test } from 'vitest';
import { panelId, zoneId } from '../../gateway/domain/ids.ts';
import type { Report } from '../../gateway/domain/report.ts';
import type { SiteRule } from '../../gateway/domain/site-rules.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { inventoryOf, panelOf } from '../support/panels.ts';
import { openTestJournal, start } from '../support/spine.ts';

const gate = panelId('gate');
const report: Report = {
  ...{ kind: 'zone', device: gate, zone: zoneId('1'), type: 'technical.24h', state: 'raised', code: '1150', raw: Buffer.from('x'), dedupe: 'a' },
  ...{ drill: false, test: false, historical: false },
};

async function ruledIntake(rules: readonly SiteRule[] = []) {
  const bench = await openTestJournal();
  const inventory = { current: () => ({ ...inventoryOf([panelOf('gate')]).current(), rules }), changes: async function* () {} };
  const around = { clock: new ManualClock(start), log: silentLogger, recipients: () => [], requestSync: () => undefined };
  return Object.assign(openIntake({ journal: bench.journal, inventory, ...around }), {
    read: bench.journal.read,
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  });
}

test('an alarm is what the rules of the site make of it, to its end, and names them', async () => {
  await using intake = await ruledIntake([{ id: 'boiler', code: '150', type: 'gas' }]);
  const say = (more: Partial<Report>) => intake.report({ ...report, ...more } as Report, start, 'mqtt');
  expect(await say({})).toMatchObject({ entry: { event: { type: 'gas', severity: 1, source: { code: '1150', rules: ['boiler'] } } } });
  expect(await say({ state: 'still', code: '6150', dedupe: 'b' })).toEqual({ kind: 'nothing', why: 'known' });
  await say({ state: 'restored', code: '3150', dedupe: 'c' });
  expect(intake.read.raisedTypes(gate, '1')).toEqual([]);
});

test('an alarm tells how it came: topic, QoS, flags and what read it', async () => {
  await using intake = await ruledIntake();
  const carriage = { topic: 'a/b', qos: 1, retained: false, duplicate: true, mapperVersion: 'campus/1' } as const;
  expect(await intake.report(report, start, 'mqtt', carriage)).toMatchObject({ entry: { event: { source: carriage } } });
});
