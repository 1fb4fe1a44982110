/** What the fleet does with what cameras say: kept until it is journalled, in order; gaps told with both ends. */
import { expect, test } from 'vitest';
import type { CameraReport } from '../../gateway/domain/camera-report.ts';
import type { CameraSession } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { type CameraEvent, type CameraGapSeen, openCameraHearing } from '../../gateway/fleet/camera-hearing.ts';
import { openCameraStatuses } from '../../gateway/fleet/camera-status.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Mailbox } from '../../gateway/runtime/mailbox.ts';
import { cameraNamed, gate } from '../support/camera-fleet.ts';

const why = { zh: '断', en: 'cut' };
const camera = cameraNamed('gate', { events: [{ kind: 'input' }] });
const press = (dedupe: string): CameraReport => ({
  ...{ kind: 'event', camera: gate, event: 'input', source: '1', topic: 't', state: 'raised', raw: new Uint8Array(), dedupe },
});

function listener() {
  const clock = new ManualClock();
  const statuses = openCameraStatuses(clock);
  const ending = new AbortController();
  const journalled: string[] = [];
  const gaps: CameraGapSeen[] = [];
  const disk = { works: true };
  const write = (done: () => unknown) => (disk.works ? Promise.resolve(done()) : Promise.reject(new Error('disk')));
  const hearing = openCameraHearing(
    {
      ...{ statuses, clock, log: silentLogger },
      event: ({ dedupe }: CameraEvent) => write(() => journalled.push(dedupe)),
      gap: (gap) => write(() => gaps.push(gap)),
    },
    ending.signal,
  );
  statuses.connecting(gate);
  return {
    ...{ clock, statuses, journalled, gaps, disk, hearing },
    /** A session that says what it is given, until it is left. */
    session(of = camera) {
      const said = new Mailbox<CameraReport>();
      const leaving = new AbortController();
      const session: Pick<CameraSession, 'reports' | 'offeredEvents'> = {
        reports: (signal) => said.take(signal),
        offeredEvents: async () => [{ kind: 'input', topic: 't' }],
      };
      const done = hearing.hear(of, session as CameraSession, leaving.signal);
      return {
        async say(...reports: readonly CameraReport[]) {
          for (const report of reports) said.push(report);
          await clock.advance(seconds(0));
        },
        async leave() {
          leaving.abort();
          await done;
        },
      };
    },
    async end() {
      ending.abort();
      await hearing.finish();
    },
  };
}

test('what was heard while the journal could not be written goes in later, in order, though the session has ended', async () => {
  const here = listener();
  const session = here.session();
  here.disk.works = false;
  await session.say({ kind: 'heard', camera: gate, proven: true }, press('1'), press('2'));
  await session.leave();
  expect(here.journalled).toEqual([]);
  here.disk.works = true;
  await here.clock.advance(seconds(10));
  expect(here.journalled).toEqual(['1', '2']);
  await here.end();
});

test('at the end of the gateway each has one try more', async () => {
  const here = listener();
  const session = here.session();
  here.disk.works = false;
  await session.say(press('1'), press('2'));
  await session.leave();
  here.disk.works = true;
  await here.end();
  expect(here.journalled).toEqual(['1', '2']);
});

test('a gap goes from when the camera was last heard until it is heard again, over sessions', async () => {
  const here = listener();
  const first = here.session();
  await first.say({ kind: 'heard', camera: gate, proven: true });
  const from = here.clock.now();
  await here.clock.advance(seconds(7));
  await first.leave();
  await here.clock.advance(seconds(20));
  const second = here.session();
  await second.say({ kind: 'heard', camera: gate, proven: false }, { kind: 'heard', camera: gate, proven: true });
  expect(here.gaps).toMatchObject([{ camera: 'gate', from, to: here.clock.now() }]);
  await here.clock.advance(seconds(5));
  await second.say({ kind: 'lost', camera: gate, why, until: here.clock.now() }, { kind: 'lost', camera: gate, why });
  expect(here.statuses.of(gate)?.hearing).toMatchObject({ state: 'lost', why });
  const until = here.clock.now();
  await here.clock.advance(seconds(3));
  await second.say({ kind: 'heard', camera: gate, proven: true });
  expect(here.gaps.slice(1)).toEqual([{ camera: 'gate', from: until, to: here.clock.now(), why }]);
  await second.leave();
  await here.end();
});

test('what a camera said before the gateway started is told as missed, where anybody wanted it', async () => {
  const here = listener();
  here.hearing.begin([camera, cameraNamed('plain')]);
  const session = here.session();
  await session.say({ kind: 'heard', camera: gate, proven: true });
  expect(here.gaps).toEqual([{ camera: 'gate', to: here.clock.now(), why: { zh: expect.stringContaining('网关'), en: expect.any(String) } }]);
  await session.leave();
  await here.end();
});

test('its status says what it offers, what nobody could read, and when it was last proven', async () => {
  const here = listener();
  const session = here.session();
  const strange: CameraReport = { kind: 'unknown', camera: gate, topic: 'A/B', why: 'no value', raw: new Uint8Array() };
  await session.say({ kind: 'heard', camera: gate, proven: true }, strange, strange);
  const provenAt = here.clock.now();
  await here.clock.advance(seconds(9));
  await session.say({ kind: 'heard', camera: gate, proven: false });
  expect(here.statuses.of(gate)?.hearing).toEqual({
    state: 'heard',
    since: provenAt,
    provenAt,
    offered: [{ kind: 'input', topic: 't' }],
    unknown: ['A/B'],
  });
  await session.leave();
  const plain = here.session(cameraNamed('gate'));
  await plain.say();
  expect(here.statuses.of(gate)?.hearing?.state).toBe('off');
  await plain.leave();
  await here.end();
});
