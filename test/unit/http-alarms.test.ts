import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UplinkId } from '../../gateway/domain/ids.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { type School, school } from '../support/http-school.ts';

let campus: School;
beforeEach(async () => {
  campus = await school();
});
afterEach(() => campus[Symbol.asyncDispose]());

async function pressed() {
  const { id } = await campus.journal.press();
  const [operator, administrator] = [await campus.signIn('operator'), await campus.signIn('administrator')];
  const step = (body: unknown, cookie = operator) => campus.call('POST', `/api/v1/alarms/${id}/steps`, { cookie, body });
  return { id, operator, administrator, step, view: async () => (await campus.call('GET', `/api/v1/alarms/${id}`, { cookie: operator })).json };
}

test('an alarm is led step by step to its end, and its view tells the whole of it', async () => {
  const { step, administrator, view } = await pressed();
  expect(await view()).toMatchObject({ state: 'received', steps: ['verifying', 'acknowledged'], timeline: [] });
  for (const body of [{ name: 'verifying' }, { name: 'acknowledged' }, { name: 'dispatched', unit: '7 号车' }, { name: 'on-scene' }]) {
    expect(await step(body)).toMatchObject({ status: 200, json: { state: body.name } });
  }
  expect((await step({ name: 'resolved', cause: 'user-error', text: '学生误碰' })).json).toMatchObject({
    state: 'resolved',
    steps: ['closed', 'reopened'],
    resolution: { cause: 'user-error', text: '学生误碰', by: 'operator' },
  });
  const refused = await step({ name: 'closed' });
  expect(refused).toMatchObject({
    status: 409,
    json: { code: 'SECOND_PERSON', words: { zh: expect.stringContaining('两人'), en: expect.stringContaining('somebody else') } },
  });
  expect((await step({ name: 'closed' }, administrator)).json.state).toBe('closed');
  const { timeline } = await view();
  expect(timeline.map(({ by, step: { name } }: { by: string; step: { name: string } }) => [by, name])).toEqual([
    ...['verifying', 'acknowledged', 'dispatched', 'on-scene', 'resolved'].map((name) => ['operator', name]),
    ['administrator', 'closed'],
  ]);
  expect(timeline[2]).toMatchObject({ seat: 'console', step: { unit: '7 号车' } });
});

test('a step out of turn is refused with what it needs and how the alarm stands, in both languages', async () => {
  const { step, view } = await pressed();
  expect(await step({ name: 'closed' })).toMatchObject({
    status: 409,
    json: {
      code: 'ALARM_STEP',
      detail: expect.stringContaining('is received and cannot be closed: that needs resolved'),
      words: { zh: expect.stringContaining('“未确认”'), en: expect.stringContaining('not acknowledged') },
    },
  });
  expect((await view()).timeline).toEqual([]);
});

test.each([
  [{ name: 'dispatched' }],
  [{ name: 'dispatched', unit: '  ' }],
  [{ name: 'resolved', cause: 'boredom' }],
  [{ name: 'resolved', cause: 'true', text: 'a\u202eb' }],
  [{ name: 'reopened', reason: 'x'.repeat(501) }],
  [{ name: 'escalated' }],
  [{ name: 'on-scene', by: 'somebody' }],
  [{}],
])('what is no step is refused: %j', async (body) => {
  const { step } = await pressed();
  expect(await step(body)).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } });
});

test('only those who operate may take a step', async () => {
  const { step } = await pressed();
  for (const role of ['technician', 'viewer'] as const) expect((await step({ name: 'acknowledged' }, await campus.signIn(role))).status).toBe(403);
});

test('the school that wants one person to do says so in its practice', async () => {
  const { step, administrator } = await pressed();
  const { id: _, ...was } = (await campus.call('GET', '/api/v1/campus', { cookie: administrator })).json;
  const put = (practice: unknown) => campus.call('PUT', '/api/v1/campus', { cookie: administrator, body: { ...was, practice } });
  expect((await put({ twoPersonClosing: 'no' })).status).toBe(400);
  expect((await put({ twoPersonClosing: false })).json.practice).toEqual({ twoPersonClosing: false });
  const { practice: __, ...again } = (await campus.call('PUT', '/api/v1/campus', { cookie: administrator, body: was })).json;
  expect([again, campus.inventory.current().campus.practice]).toEqual([expect.objectContaining(was), { twoPersonClosing: false }]);
  for (const body of [{ name: 'acknowledged' }, { name: 'resolved', cause: 'true' }, { name: 'closed' }]) await step(body);
  expect((await step({ name: 'closed' })).json.detail).toContain('is closed and cannot be closed');
});

test('an incident is read by any of its alarms, and tells whom to phone once one of them has not arrived for 15 s', async () => {
  const clock = new ManualClock(systemClock.now());
  await using later = await school({ clock });
  const cookie = await later.signIn('viewer');
  const first = await later.journal.press();
  const second = await later.journal.press({ incident: first.id, zoneName: 'Hall button' });
  const drill = await later.journal.press({ incident: first.id, drill: true });
  const read = async (id: string) => (await later.call('GET', `/api/v1/incidents/${id}`, { cookie })).json;
  await later.journal.accept(first.id, 'police' as UplinkId);
  expect(await read(second.id)).toMatchObject({
    ...{ id: first.id, count: 3, alarms: [{ id: first.id }, { id: second.id }, { id: drill.id }] },
    chain: [{ alarm: first.id, position: 1, intact: true }, {}, {}],
  });
  expect(await read(second.id)).not.toHaveProperty('phone');
  await clock.advance(seconds(15));
  expect(await read(second.id)).toMatchObject({ phone: { number: '110', alarm: second.id, read: { en: expect.stringContaining('Hall button') } } });
  await later.journal.accept(second.id, 'police' as UplinkId);
  expect(await read(second.id)).not.toHaveProperty('phone'); // a drill is never phoned about
  expect((await later.call('GET', '/api/v1/incidents/00000000-0000-7000-8000-000000000000', { cookie })).status).toBe(404);
});
