import { expect, test } from 'vitest';
import type { JournalEntry } from '../../../gateway/domain/event.ts';
import { campusId, eventIdFrom } from '../../../gateway/domain/ids.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { connection, gate, watchedSchool } from '../../support/watched-school.ts';

const raised = eventIdFrom(1_760_000_000_000, new Uint8Array(10));
const stoodBefore: JournalEntry = {
  position: 1,
  journalledAt: 1 as never,
  event: {
    kind: 'fault.raised',
    id: raised,
    campus: campusId('school'),
    receivedAt: 1 as never,
    clockTrust: 'none',
    fault: 'camera-unreachable',
    subject: gate.id,
    sentence: { zh: '不通', en: 'No path' },
  },
};

test('a fault that stood before a restart ends in the journal once its probe passes', async () => {
  await using here = watchedSchool({ openFaults: [stoodBefore] });
  await here.clock.advance(seconds(1));
  expect(here.health.device('gate')).toMatchObject({ state: 'unknown', faults: [{ code: 'camera-unreachable' }] });
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(2));
  expect(here.health.device('gate')).toMatchObject({ state: 'normal', faults: [] });
  expect(here.journalled).toEqual({ raised: [], cleared: 1 });
});

test('a fault that stood before a restart ends where its camera has gone, or been switched off, meanwhile', async () => {
  for (const cameras of [[], [{ ...gate, enabled: false }]]) {
    await using here = watchedSchool({ openFaults: [stoodBefore], cameras });
    await here.clock.advance(seconds(1));
    expect(here.journalled).toEqual({ raised: [], cleared: 1 });
  }
});

test('a fault whose end could not be journalled ends later, also when its camera has gone', async () => {
  await using here = watchedSchool();
  here.camera.status = connection(here.clock, 'unreachable');
  await here.clock.advance(seconds(6));
  here.disk.works = false;
  here.change({ cameras: [] });
  await here.clock.advance(seconds(3));
  expect(here.journalled.cleared).toBe(0);
  here.disk.works = true;
  await here.clock.advance(seconds(2));
  expect(here.journalled.cleared).toBe(1);
});

test('a change that comes while the last one is being told is told too', async () => {
  await using here = watchedSchool();
  const end = new AbortController();
  const states: (string | undefined)[] = [];
  const told = (async () => {
    for await (const _ of here.health.changes(end.signal)) {
      states.push(here.health.device('gate')?.state);
      await here.clock.sleep(seconds(5)).catch(() => undefined); // a page that is slow to take it
    }
  })();
  await here.clock.advance(seconds(1));
  here.camera.status = connection(here.clock, 'connected');
  await here.clock.advance(seconds(2));
  await here.clock.advance(seconds(10));
  expect(states.at(-1)).toBe('normal');
  end.abort();
  await here.clock.advance(seconds(10));
  await told;
});
