/** What of a camera's events becomes an alarm, and when; against the real journal. */
import { expect, test } from 'vitest';
import type { CameraEventRule } from '../../gateway/domain/camera-events.ts';
import type { CameraReport } from '../../gateway/domain/camera-report.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import { cameraId, campusId, channelId, placeId } from '../../gateway/domain/ids.ts';
import { instant } from '../../gateway/domain/time.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { openTestJournal, police } from '../support/spine.ts';

type Event = Extract<CameraReport, { kind: 'event' }>;
const gate = cameraId('gate');
/** A Thursday, 20:00 in Shanghai. */
const evening = instant(Date.parse('2026-11-26T20:00:00+08:00'));
const button: CameraEventRule = { kind: 'input', source: 'DI_1', name: '门卫室按钮', type: 'panic.silent', channels: [channelId('hall')] };

async function schoolWith(events: readonly CameraEventRule[]) {
  const scope = new Scope();
  const bench = scope.own(await openTestJournal());
  const inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    places: [{ id: placeId('entrance'), name: 'Entrance' }],
    cameras: [
      {
        id: gate,
        name: 'Gate',
        place: placeId('entrance'),
        adapter: 'onvif',
        address: 'http://g/',
        settings: {},
        events,
        enabled: true,
        maintenance: false,
      },
    ],
    channels: ['gate', 'hall'].map((id, index) => ({ id: channelId(id), name: `Channel ${id}`, camera: cameraId(id), number: index + 1 })),
    panels: [],
    uplinks: [],
    rules: [],
  };
  const intakeOf = () =>
    openIntake({
      ...{ journal: bench.journal, clock: new ManualClock(evening), log: silentLogger },
      inventory: { current: () => inventory, async *changes() {} },
      recipients: () => [police],
      requestSync: () => undefined,
    });
  let intake = intakeOf();
  let count = 0;
  return {
    restart: () => {
      intake = intakeOf();
    },
    async say(state: Event['state'], more: Partial<Event> = {}, at = evening) {
      count += 1;
      const event: Event = {
        ...{ kind: 'event', camera: gate, event: 'input', source: 'DI_1', topic: 'Device/Trigger/DigitalInput', state },
        ...{ raw: Buffer.from('<m/>'), dedupe: `camera|gate|s|${count}`, deviceTime: evening },
        ...more,
      };
      const result = await intake.cameraEvent(event, at);
      return result.kind === 'recorded' ? result.entry.event : result.why;
    },
    gap: () => intake.cameraGap({ camera: gate, from: instant(evening - 9_000), to: evening, why: { zh: '重启', en: 'restart' } }),
    kinds: () => bench.journal.read.events({ limit: 100 }).map(({ event }) => event.kind),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

test('a press at an input that is a panic button is an alarm of the gravest kind, with its own channels and evidence', async () => {
  await using school = await schoolWith([button]);
  expect(await school.say('raised')).toMatchObject({
    ...{ kind: 'alarm.raised', panel: 'gate', zone: 'camera:input:DI_1', zoneName: '门卫室按钮', place: 'entrance' },
    ...{ type: 'panic.silent', severity: 1, channels: ['hall'], historical: false, clockTrust: 'ok', drill: false, test: false },
    source: { protocol: 'onvif', code: 'Device/Trigger/DigitalInput', raw: Buffer.from('<m/>').toString('base64') },
  });
  expect(await school.say('restored')).toMatchObject({ kind: 'alarm.restored', type: 'panic.silent', historical: false });
  expect(await school.say('raised')).toMatchObject({ kind: 'alarm.raised' });
});

test('without a rule nothing is an alarm, and a rule for one input is none for another', async () => {
  await using school = await schoolWith([button]);
  expect(await school.say('raised', { source: 'DI_2' })).toBe('unwanted');
  expect(await school.say('raised', { event: 'motion', source: '' })).toBe('unwanted');
  expect(school.kinds()).toEqual([]);
});

test('the rule for this source wins over the one for all of the kind', async () => {
  await using school = await schoolWith([{ kind: 'input' }, button]);
  expect(await school.say('raised')).toMatchObject({ type: 'panic.silent' });
  expect(await school.say('raised', { source: 'DI_2' })).toMatchObject({
    type: 'intrusion.general',
    zoneName: 'Channel gate · DI_2',
    channels: ['gate'],
  });
});

test('motion counts in its hours alone, and ends whenever it ends', async () => {
  await using school = await schoolWith([{ kind: 'motion', schedule: ['mon-fri 18:00-07:00'] }]);
  const motion = { event: 'motion', source: '', topic: 'VideoSource/MotionAlarm' } as const;
  const noon = instant(Date.parse('2026-11-26T12:00:00+08:00'));
  expect(await school.say('raised', motion, noon)).toBe('unwanted');
  expect(await school.say('restored', motion, noon)).toBe('known');
  expect(await school.say('raised', motion)).toMatchObject({ type: 'video.motion', severity: 3, channels: ['gate'] });
  expect(await school.say('restored', motion, noon)).toMatchObject({ kind: 'alarm.restored' });
});

test('a state that is only told is no alarm: neither motion, nor an input that we never knew to be let go', async () => {
  await using school = await schoolWith([button, { kind: 'motion' }]);
  expect(await school.say('still')).toBe('known');
  expect(await school.say('quiet', { event: 'motion', source: '' })).toBe('known');
  expect(await school.say('still', { event: 'motion', source: '' })).toBe('known');
  expect(school.kinds()).toEqual([]);
});

test('a panic button that was let go and is found pressed is raised, as something that was missed, without a time', async () => {
  await using school = await schoolWith([button]);
  await school.say('quiet');
  const found = await school.say('still');
  expect(found).toMatchObject({ kind: 'alarm.raised', historical: true, clockTrust: 'none' });
  expect(found).not.toHaveProperty('occurredAt');
  expect(await school.say('still')).toBe('known');
});

test('the journal remembers over a restart what was let go, and what was pressed', async () => {
  await using school = await schoolWith([button]);
  await school.say('raised');
  school.restart();
  expect(await school.say('still')).toBe('known');
  expect(await school.say('quiet')).toMatchObject({ kind: 'alarm.restored', historical: true });
  school.restart();
  expect(await school.say('still')).toMatchObject({ kind: 'alarm.raised', historical: true });
});

test('a topic that nobody knows becomes an alarm by its own rule', async () => {
  await using school = await schoolWith([{ kind: 'other', topic: 'Doorbell/Pressed', type: 'panic.audible' }]);
  const doorbell = { event: 'other', source: '', topic: 'Device/Doorbell/Pressed' } as const;
  expect(await school.say('raised', doorbell)).toMatchObject({ type: 'panic.audible', zone: 'camera:other:Device/Doorbell/Pressed' });
  expect(await school.say('raised', { ...doorbell, topic: 'Device/Bell' })).toBe('unwanted');
});

test('the same report, handed over again because the journal failed, is journalled once; and a gap is told', async () => {
  await using school = await schoolWith([button]);
  await school.say('raised', { dedupe: 'one' });
  await school.say('raised', { dedupe: 'one' });
  await school.gap();
  expect(school.kinds()).toEqual(['alarm.raised', 'camera.gap']);
});
