/** How evidence is told: with the alarm at once, and in facts of its own that hold nobody up. */
import { expect, test } from 'vitest';
import { type EvidenceFact, evidenceLinks, evidenceName } from '../../gateway/domain/evidence.ts';
import { channelId } from '../../gateway/domain/ids.ts';
import { instant, millis, seconds } from '../../gateway/domain/time.ts';
import { verdictOf, windowOf } from '../../gateway/evidence/verdict.ts';
import { alarm, openTestJournal, police, start } from '../support/spine.ts';

const gate = channelId('gate');
const soon = () => instant(Date.now() + 1_000);

test('the delivery of an alarm carries the links of its evidence, and a refused fact of evidence holds up no alarm', async () => {
  await using bench = await openTestJournal();
  const first = alarm();
  const evidence = evidenceLinks(first.id, [gate, channelId('yard')]);
  await bench.journal.record({ ...first, channels: [gate], evidence }, [police]);
  const [delivery] = bench.journal.outbox.claim(police, 1, soon());
  expect(JSON.parse(delivery!.body)).toMatchObject({ event: { evidence } });
  expect(evidence.map(({ id, path }) => [evidenceName(id)?.medium, path])).toEqual([
    ['still', `/media/v1/evidence/${first.id}.gate.still`],
    ['still', `/media/v1/evidence/${first.id}.yard.still`],
    ['clip', `/media/v1/evidence/${first.id}.gate.clip`],
    ['clip', `/media/v1/evidence/${first.id}.yard.clip`],
  ]);
  const name = { alarm: first.id, evidence: evidence[2]!.id, medium: 'clip', channel: gate } as const;
  const fact: EvidenceFact = { ...name, kind: 'evidence.kept', outcome: 'complete', path: evidence[2]!.path, bytes: 9, file: 'a.mp4', sha256: 'ab' };
  const record = () => bench.journal.record({ ...fact, id: alarm().id, campus: first.campus, receivedAt: start, clockTrust: 'none' }, [police]);
  expect((await record()).repeated).toBe(false);
  expect((await record()).repeated).toBe(true);
  await bench.journal.outbox.acknowledge(delivery!, []);
  const [told] = bench.journal.outbox.claim(police, 1, soon());
  expect(told).toMatchObject({ kind: 'evidence.kept', lane: `evidence/${first.id}`, rank: 2 });
  await bench.journal.outbox.postpone(told!, 'busy', instant(Date.now() + 60_000));
  await bench.journal.record(alarm({ panel: first.panel, zone: first.zone }), [police]);
  expect(bench.journal.outbox.claim(police, 1, soon())).toMatchObject([{ kind: 'alarm.raised' }]);
  expect(bench.journal.read.standingEvidence()).toMatchObject([{ event: { file: 'a.mp4' } }]);
});

test('a clip says in words what it lacks of what was wanted', () => {
  const window = windowOf({ ...alarm(), occurredAt: start, receivedAt: instant(start + 2_000) }, seconds(30), seconds(60));
  expect(window).toEqual({ pressed: start, from: start - 30_000, to: start + 62_000 });
  const at = (second: number) => instant(start + second * 1_000);
  const end = { bytes: 1, from: at(-30), to: at(62), gaps: [] };
  expect(verdictOf(window, end)).toEqual({ outcome: 'complete' });
  const lacks = (more: Partial<Parameters<typeof verdictOf>[1]>) => verdictOf(window, { ...end, ...more });
  expect(lacks({ from: at(-12) }).reason?.en).toBe('It begins only 12.0 s before the press: nothing earlier had been recorded.');
  expect(lacks({ gaps: [{ from: at(-1), to: at(62) }] }).reason).toEqual({
    zh: '报警前 1.0 秒至报警后 62.0 秒没有画面。',
    en: 'There are no pictures from 1.0 s before the press to 62.0 s after the press.',
  });
  // One that is shared may have gaps that are another alarm's.
  expect(lacks({ gaps: [{ from: at(70), to: at(80) }] })).toEqual({ outcome: 'complete' });
  expect(lacks({ cut: 'no-room', to: at(5) })).toMatchObject({
    outcome: 'cut-short',
    reason: { en: expect.stringMatching(/used up.*It ends 5\.0 s after the press\.$/) },
  });
  expect(lacks({ bytes: 0 })).toMatchObject({ outcome: 'missing', reason: { en: 'No picture of this channel came.' } });
  expect(windowOf({ ...alarm(), clockTrust: 'skewed' }, seconds(30), millis(0)).pressed).toBe(start + 5);
});
