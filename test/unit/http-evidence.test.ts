/** The files of evidence over HTTPS: in parts, for those who may, and never without a word in the journal. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { type Evidence, evidenceLinks } from '../../gateway/domain/evidence.ts';
import { channelId, uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { after, hours } from '../../gateway/domain/time.ts';
import { openPasses } from '../../gateway/evidence/passes.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { school } from '../support/http-school.ts';
import { alarm } from '../support/spine.ts';

const folder = mkdtempSync(join(tmpdir(), 'http-evidence-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { id } = alarm();
const gate = channelId('gate');
const [still, clip] = evidenceLinks(id, [gate]);
const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251));
const path = join(folder, `${clip!.id}.mp4.part`);
writeFileSync(path, bytes);

const passes = openPasses(new Secret('a key of the box'));
const police = uplinkId('police');
const inAnHour = () => after(clock.now(), hours(1));

async function evidenceSchool() {
  const seen: string[] = [];
  const journal = { works: true };
  const piece: Evidence = { alarm: id, evidence: clip!.id, medium: 'clip', channel: gate, path: clip!.path, state: 'growing', bytes: 1_000 };
  const campus = await school({
    evidence: {
      of: (of) => (of === id ? [piece] : undefined),
      file: (of) => (of === clip!.id ? { path } : undefined),
      fetched: async (evidence, by) => {
        if (!journal.works) throw new GatewayError('JOURNAL_UNAVAILABLE', 'The disk is full.');
        seen.push(`${typeof by === 'string' ? by : `uplink ${by.uplink}`} ${evidence}`);
      },
      holder: (evidence, pass) => passes.holder(evidence, pass, clock.now()),
    },
  });
  return { ...campus, seen, journal };
}

test('an operator fetches any part of a clip, also while it grows; that is journalled', async () => {
  await using campus = await evidenceSchool();
  const cookie = await campus.signIn('operator');
  const whole = await campus.call('GET', clip!.path, { cookie });
  expect(whole).toMatchObject({ status: 200, headers: { 'content-type': 'video/mp4', 'accept-ranges': 'bytes', 'content-length': '1000' } });
  expect(whole.headers['cache-control']).toContain('private');
  expect(whole.bytes.equals(bytes)).toBe(true);
  const part = await campus.call('GET', clip!.path, { cookie, headers: { range: 'bytes=100-199' } });
  expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 100-199/1000' } });
  expect(part.bytes.equals(bytes.subarray(100, 200))).toBe(true);
  expect((await campus.call('GET', clip!.path, { cookie, headers: { range: 'bytes=5000-' } })).status).toBe(416);
  expect(campus.seen[0]).toMatch(new RegExp(`^\\S+ ${clip!.id}$`));
  expect(campus.seen).toHaveLength(3);
});

test('whoever has a link that an uplink was given fetches that piece and no other, until then, and while the uplink is there', async () => {
  await using campus = await evidenceSchool();
  const uplink = campus.inventory.current().uplinks.find(({ id: known }) => known === police)!;
  const link = passes.issue(clip!.id, police, inAnHour());
  const whole = await campus.call('GET', link);
  expect(whole).toMatchObject({ status: 200, headers: { 'content-type': 'video/mp4' } });
  expect(whole.bytes.equals(bytes)).toBe(true);
  expect((await campus.call('GET', link, { headers: { range: 'bytes=0-9' } })).status).toBe(206);
  expect(campus.seen).toEqual([`uplink police ${clip!.id}`, `uplink police ${clip!.id}`]);
  const refused = [
    passes.issue(clip!.id, police, after(clock.now(), hours(-1))),
    passes.issue(clip!.id, uplinkId('another'), inAnHour()),
    passes.issue(still!.id, police, inAnHour()).replace(still!.id, clip!.id),
    openPasses(new Secret('another key')).issue(clip!.id, police, inAnHour()),
    link.replace(/until=\d+/, 'until=9999999999'),
    link.replace(/pass=.*/, 'pass='),
    `/api/v1/alarms/${id}/evidence?${link.split('?')[1]}`,
  ];
  for (const other of refused) expect([other, (await campus.call('GET', other)).status]).toEqual([other, 401]);
  campus.inventory.putUplink({ ...uplink, enabled: false, secret: 'keep' });
  expect((await campus.call('GET', link)).status).toBe(401);
  expect(campus.seen).toHaveLength(2);
});

test('nobody else does, nothing is told of what is not there, and no byte leaves that cannot be journalled', async () => {
  await using campus = await evidenceSchool();
  const cookie = await campus.signIn('operator');
  expect((await campus.call('GET', clip!.path)).status).toBe(401);
  expect((await campus.call('GET', clip!.path, { cookie: await campus.signIn('viewer') })).status).toBe(403);
  for (const other of [still!.path, '/media/v1/evidence/..%2f..%2fjournal.sqlite', '/media/v1/evidence/x']) {
    expect((await campus.call('GET', other, { cookie })).status).toBe(404);
  }
  expect(campus.seen).toEqual([]);
  campus.journal.works = false;
  const refused = await campus.call('GET', clip!.path, { cookie });
  expect(refused.status).toBe(503);
  expect(refused.json).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
});

test('the list tells how each piece stands', async () => {
  await using campus = await evidenceSchool();
  const cookie = await campus.signIn('viewer');
  const list = await campus.call('GET', `/api/v1/alarms/${id}/evidence`, { cookie });
  expect(list.json).toEqual([{ alarm: id, evidence: clip!.id, medium: 'clip', channel: 'gate', path: clip!.path, state: 'growing', bytes: 1_000 }]);
  expect((await campus.call('GET', `/api/v1/alarms/${alarm().id}/evidence`, { cookie })).status).toBe(404);
});
