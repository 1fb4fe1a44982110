import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceHealth } from '../../gateway/domain/health.ts';
import type { EventId, UplinkId } from '../../gateway/domain/ids.ts';
import { instant } from '../../gateway/domain/time.ts';
import { eventually } from '../support/eventually.ts';
import { type School, school } from '../support/http-school.ts';
import { listen } from '../support/http-stand-ins.ts';

let campus: School;
let cookie: string;
beforeEach(async () => {
  campus = await school();
  cookie = await campus.signIn('operator');
});
afterEach(() => campus[Symbol.asyncDispose]());

const open = (path = '/api/v1/live') => {
  const socket = campus.socket(path, { cookie });
  return { socket, ...listen(socket) };
};
const idsOf = (messages: readonly { kind: string; entry?: { event: { id: string } } }[]) =>
  messages.filter(({ kind }) => kind === 'event').map(({ entry }) => entry?.event.id);

describe('the live channel', () => {
  test('says hello and how things are, then each alarm as it is journalled', async () => {
    const live = open();
    await live.until(() => live.messages.length >= 2);
    expect(live.messages[0]).toEqual({ kind: 'hello', position: 0, version: '0.1.0' });
    expect(live.messages[1]).toMatchObject({ kind: 'health', overview: { campus: { name: 'No. 1 School' } } });
    const { id } = await campus.journal.press();
    await live.until(() => idsOf(live.messages).length > 0);
    expect(live.messages.find(({ kind }) => kind === 'event')).toMatchObject({
      entry: { position: 1, event: { id, kind: 'alarm.raised' } },
      alarm: { id, panelName: 'Gate panel', title: { en: 'Silent panic alarm' }, deliveries: [{ uplink: 'police', state: 'pending' }] },
    });
  });

  test('resumes after the last event that a page saw: nothing twice, nothing left out, in order', async () => {
    const ids: EventId[] = [];
    for (let count = 0; count < 120; count += 1) ids.push((await campus.journal.press()).id);
    const live = open(`/api/v1/live?since=${ids[9]}`);
    for (let count = 0; count < 5; count += 1) ids.push((await campus.journal.press()).id);
    await live.until(() => idsOf(live.messages).length >= 115);
    expect(live.messages[0].kind).toBe('hello');
    expect(idsOf(live.messages)).toEqual(ids.slice(10));
  });

  test.each(['0192f0c0-0000-7000-8000-000000000000', 'nonsense', "' OR 1=1"])('closes with 4404 for an event %j that it never had', async (since) => {
    const live = open(`/api/v1/live?since=${encodeURIComponent(since)}`);
    expect(await live.closed).toMatchObject({ code: 4404 });
  });

  test('tells of a delivery without being asked, though a receipt is no event', async () => {
    const live = open();
    await live.until(() => live.messages.length >= 2);
    const { id } = await campus.journal.press();
    await live.until(() => idsOf(live.messages).length > 0);
    await campus.journal.accept(id, 'police' as UplinkId);
    await live.until(() => live.messages.some(({ kind }) => kind === 'alarm'));
    expect(live.messages.find(({ kind }) => kind === 'alarm').alarm).toMatchObject({ id, deliveries: [{ state: 'accepted' }] });
  });

  test('beats every two seconds, and tells health when it changes', async () => {
    const live = open();
    await live.until(() => live.messages.length >= 2);
    campus.health.become(cameraDown);
    await live.until(() => live.messages.filter(({ kind }) => kind === 'health').length > 1);
    const { overview, devices } = live.messages.findLast(({ kind }) => kind === 'health');
    expect(overview.needsYou).toMatchObject([{ code: 'camera-unreachable', subjectName: 'Gate' }]);
    expect(devices[0]).toMatchObject({ id: 'gate', state: 'offline' });
    await live.until(() => live.messages.some(({ kind }) => kind === 'beat'));
  });

  test('cuts a page that does not read, and only that one', async () => {
    await campus[Symbol.asyncDispose]();
    campus = await school({ limits: { liveBacklog: 256 * 1024 } });
    cookie = await campus.signIn('operator');
    const slow = open();
    const other = open();
    await Promise.all([slow.until(() => slow.messages.length >= 2), other.until(() => other.messages.length >= 2)]);
    slow.socket.pause();
    const text = 'x'.repeat(20_000);
    const presses = 400;
    for (let count = 0; count < presses; count += 1) {
      await campus.journal.press({ zoneName: text });
      await other.until(() => idsOf(other.messages).length > count);
    }
    slow.socket.resume();
    const { code } = await slow.closed;
    expect([1006, 1013]).toContain(code); // 1006: cut before it read the reason
    expect(other.socket.readyState).toBe(other.socket.OPEN);
  });

  test('holds no more sockets than a session may have', async () => {
    await campus[Symbol.asyncDispose]();
    campus = await school({ limits: { socketsPerSession: 2 } });
    cookie = await campus.signIn('operator');
    expect(await open().refused).toBe(101);
    expect(await open().refused).toBe(101);
    expect(await open().refused).toBe(429);
  });

  test('takes from a page what it has shown and on which screen, from those who act on alarms only', async () => {
    const { id } = await campus.journal.press();
    const shown = async () => {
      const { json } = await campus.call('GET', `/api/v1/alarms/${id}`, { cookie });
      return json.receipts.filter(({ hop }: { hop: string }) => hop === 'shown');
    };
    const viewer = campus.socket('/api/v1/live', { cookie: await campus.signIn('viewer') });
    const operator = open();
    for (const socket of [viewer, operator.socket]) {
      if (socket.readyState !== socket.OPEN) await once(socket, 'open');
      for (const screen of ['wall', 'console', 'wall']) socket.send(JSON.stringify({ kind: 'shown', alarm: id, screen }));
    }
    await eventually(async () => expect(await shown()).toHaveLength(2));
    // However long ago it was raised: the ladder that somebody has open grows.
    await operator.until(() =>
      operator.messages.some(({ kind, alarm }) => kind === 'alarm' && alarm.receipts.some(({ screen }: { screen?: string }) => screen === 'console')),
    );
    const by = campus.inventory.userByName('operator')?.id;
    expect(await shown()).toMatchObject([
      { by: `${by}@wall`, path: 'operator', screen: 'wall' },
      { by: `${by}@console`, path: 'operator', screen: 'console' },
    ]);
  });

  test.each(['hello', '{"kind":"shown"}', '{"kind":"shown","alarm":"x","screen":"ceiling"}', Buffer.of(1)])(
    'closes on %j, which it does not understand',
    async (said) => {
      const live = open();
      await live.until(() => live.messages.length > 0);
      live.socket.send(said);
      expect((await live.closed).code).toBe(1008);
    },
  );

  test('closes on a page that says too much', async () => {
    const { id } = await campus.journal.press();
    const live = open();
    await live.until(() => live.messages.length > 0);
    for (let count = 0; count < 400; count += 1) live.socket.send(JSON.stringify({ kind: 'shown', alarm: id, screen: 'wall' }));
    expect((await live.closed).code).toBe(1008);
  });
});

describe('alarms', () => {
  test('are listed newest first in pages, and acknowledged with the name of who did it', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await campus.journal.press()).id);
    const get = async (path: string) => (await campus.call('GET', `/api/v1${path}`, { cookie })).json;
    const first = await get('/alarms?limit=3');
    const second = await get(`/alarms?limit=3&before=${first.next}`);
    expect([...first.alarms, ...second.alarms].map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(second.next).toBeUndefined();
    const acknowledged = await campus.call('POST', `/api/v1/alarms/${ids[0]}/acknowledgement`, { cookie });
    expect([acknowledged.status, acknowledged.json.acknowledgedBy]).toEqual([200, 'operator']);
    expect((await get('/alarms?open=true')).alarms).toHaveLength(4);
    expect((await get('/events?after=4&limit=10')).map(({ position }: { position: number }) => position)).toEqual([5, 6]);
  });

  test('that do not exist are not found, and a bad id is told so', async () => {
    const missing = await campus.call('POST', '/api/v1/alarms/0192f0c0-0000-7000-8000-000000000000/acknowledgement', { cookie });
    expect([missing.status, missing.json.code]).toEqual([404, 'NOT_FOUND']);
    expect((await campus.call('GET', '/api/v1/alarms/..%2f..%2fetc', { cookie })).json.code).toBe('ID_INVALID');
    const problems = (await campus.call('GET', '/api/v1/alarms?limit=9999', { cookie })).json;
    expect(problems).toMatchObject({ code: 'REQUEST_INVALID', status: 400, problems: [{ path: 'limit', expected: expect.stringContaining('200') }] });
    expect(problems.instance).toMatch(/^[0-9a-f-]{36}$/);
    expect(problems.words.zh).toBeTruthy();
  });
});

const cameraDown: DeviceHealth = {
  subject: 'gate' as DeviceHealth['subject'],
  kind: 'camera',
  state: 'offline',
  since: instant(1_760_000_000_000),
  faults: [
    {
      code: 'camera-unreachable',
      subject: 'gate' as DeviceHealth['subject'],
      since: instant(1_760_000_000_000),
      sentence: { zh: '摄像机不应答', en: 'The camera does not answer.' },
    },
  ],
};
