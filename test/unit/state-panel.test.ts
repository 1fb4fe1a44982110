/** Panels that say states and not events, through fleet, intake and journal. */
import { expect, test } from 'vitest';
import { panelDialects } from '../../adapters/index.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { panelId, zoneId } from '../../gateway/domain/ids.ts';
import { millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { openPanelFleet } from '../../gateway/fleet/panels.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { inventoryOf, type LogLine, logInto, panelOf } from '../support/panels.ts';
import { freshFolder, openTestJournal, police, start } from '../support/spine.ts';

const gate = panelId('gate');

async function schoolWith(panels: readonly Panel[], folder?: string) {
  const scope = new Scope();
  const bench = scope.own(await openTestJournal(folder === undefined ? {} : { folder }));
  const { journal } = bench;
  const clock = new ManualClock(start);
  const inventory = inventoryOf(panels);
  const lines: LogLine[] = [];
  const intake = openIntake({ journal, inventory, clock, log: silentLogger, recipients: () => [police], requestSync: () => undefined });
  const fleet = scope.own(
    openPanelFleet({
      inventory,
      dialects: new Map(panelDialects.map((dialect) => [dialect.name, dialect])),
      intake,
      audit: intake,
      sessionLost: intake.sessionLost,
      tested: new Map(),
      armed: journal.read.armedBefore(),
      openAlarms: (panel, zone) => journal.read.raisedTypes(panel, zone),
      clock,
      log: logInto(lines),
    }),
  );
  const door = fleet.doorFor('embedded');
  return {
    fleet,
    door,
    clock,
    lines,
    say: (topic: string, payload: string, more: Partial<PanelMessage> = {}) =>
      door.receive(gate, { topic, payload: Buffer.from(payload), qos: 0, retained: false, duplicate: false, receivedAt: clock.now(), ...more }),
    events: () =>
      journal.read
        .events({ limit: 1_000 })
        .map(({ event }) => ('type' in event && 'historical' in event ? `${event.kind} ${event.type}${event.historical ? ' old' : ''}` : event.kind)),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

const node = panelOf('gate', {
  dialect: 'esphome',
  settings: { prefix: 'gatehouse' },
  zones: [
    { id: zoneId('desk'), name: 'Desk', channels: [], type: 'panic.silent' },
    { id: zoneId('door'), name: 'Door', channels: [], type: 'burglary.perimeter' },
  ],
});

test('a button that is told again and again is one alarm, and one after each release', async () => {
  await using school = await schoolWith([node]);
  for (const value of ['OFF', 'ON', 'ON', 'ON', 'OFF', 'OFF', 'ON']) {
    await school.say('gatehouse/binary_sensor/desk/state', value);
    await school.clock.advance(millis(300));
  }
  expect(school.events()).toEqual(['alarm.raised panic.silent', 'alarm.restored panic.silent', 'alarm.raised panic.silent']);
});

test('after a restart what a panel tells of its state changes nothing, and what changed meanwhile is found and marked as old', async () => {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  {
    await using school = await schoolWith([node], folder);
    await school.say('gatehouse/binary_sensor/desk/state', 'ON');
  }
  await using school = await schoolWith([node], folder);
  await school.say('gatehouse/binary_sensor/desk/state', 'ON', { retained: true });
  await school.say('gatehouse/binary_sensor/desk/state', 'ON');
  await school.clock.advance(seconds(6));
  expect(school.events()).toEqual(['alarm.raised panic.silent']);
  await school.say('gatehouse/binary_sensor/desk/state', 'OFF', { retained: true });
  await school.say('gatehouse/binary_sensor/door/state', 'ON', { retained: true });
  await school.clock.advance(seconds(6));
  await expect
    .poll(() => school.events())
    .toEqual(['alarm.raised panic.silent', 'alarm.restored panic.silent old', 'alarm.raised burglary.perimeter old']);
});

test('a door is an alarm while the panel is armed, and none while it is disarmed', async () => {
  await using school = await schoolWith([node]);
  await school.say('gatehouse/alarm_control_panel/school/state', 'DISARMED');
  await school.say('gatehouse/binary_sensor/door/state', 'ON');
  await school.say('gatehouse/binary_sensor/door/state', 'OFF');
  expect(school.events()).toEqual(['arming.changed']);
  await school.say('gatehouse/alarm_control_panel/school/state', 'ARMED_NIGHT');
  await school.say('gatehouse/binary_sensor/door/state', 'ON');
  expect(school.events()).toEqual(['arming.changed', 'arming.changed', 'alarm.raised burglary.perimeter']);
});

test('2,000 kept values after a start raise nothing that the journal does not lack', { timeout: 120_000 }, async () => {
  const zones = Array.from({ length: 1_000 }, (_, index) => ({ id: zoneId(`z${index}`), name: `z${index}`, channels: [], type: 'burglary.24h' }));
  await using school = await schoolWith([{ ...node, zones }]);
  const kept = zones.flatMap(({ id }) => [`gatehouse/binary_sensor/${id}/state`, `gatehouse/binary_sensor/${id}-battery/state`]);
  await Promise.all(kept.map((topic) => school.say(topic, 'OFF', { retained: true })));
  await school.clock.advance(minutes(1));
  expect(school.events()).toEqual([]);
});

test('what a dialect learned is told back to it, also that an alarm went before the word "disarmed"', async () => {
  await using school = await schoolWith([panelOf('gate', { dialect: 'dsc-keybus' })]);
  for (const word of ['armed_away', 'triggered', 'disarmed']) await school.say('dsc/Get/Partition1', word);
  expect(school.fleet.status(gate).armed).toEqual({ '1': 'away' });
  await school.say('dsc/Get/Partition1', 'disarmed');
  expect(school.fleet.status(gate).armed).toEqual({ '1': 'disarmed' });
});

test('a panel whose settings do not fit its dialect is left out, with a line in the log, and the others are not', async () => {
  await using school = await schoolWith([panelOf('gate', { dialect: 'esphome' }), panelOf('gate-2')]);
  expect(school.door.panels().map(({ panel }) => panel.id)).toEqual(['gate-2']);
  school.door.panels();
  expect(school.lines.filter(({ message }) => message === 'panel settings unusable')).toHaveLength(1);
});
