/** What happens to the panels of a school, and how soon the gateway says so. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type DemoSchool, heartbeatSeconds, openDemoSchool } from '../support/demo-school.ts';
import { eventually } from '../support/eventually.ts';

describe('in a school', () => {
  let school: DemoSchool;
  beforeAll(async () => {
    school = await openDemoSchool();
  }, 120_000);
  afterAll(() => school?.[Symbol.asyncDispose]());

  test('a panel whose process is killed is at fault within 5 s, by its last will', async () => {
    const panel = school.demo.panels.get('perimeter');
    panel?.kill();
    await school.within(seconds(5), 'perimeter', 'offline', 'panel-silent');
    panel?.comeBack();
    await school.within(seconds(10), 'perimeter', 'normal');
  });

  test('a panel that is cut off silently is at fault within two heartbeats and ten seconds', async () => {
    const panel = school.demo.panels.get('perimeter');
    panel?.cutOff();
    await school.within(seconds(2 * heartbeatSeconds + 10), 'perimeter', 'offline', 'panel-silent');
    panel?.comeBack();
    await school.within(seconds(20), 'perimeter', 'normal');
  }, 50_000);

  test('a press that was queued while the panel was offline is raised and delivered with its own time, as historical', async () => {
    const panel = school.demo.panels.get('guard-room');
    panel?.goOffline();
    const pressed = systemClock.now();
    panel?.trip('4');
    await systemClock.sleep(seconds(3));
    panel?.comeBack();
    await eventually(async () => {
      const alarm = (await school.alarms()).find(({ zone }) => zone === '4');
      expect(alarm?.historical).toBe(true);
      expect(Math.abs(Date.parse(alarm?.occurredAt ?? '') - pressed)).toBeLessThan(2_000);
      expect(alarm?.deliveries.map(({ state }) => state)).toEqual(['accepted']);
    });
  });

  test('mains and tamper are faults of the panel, never alarms, and end with it', async () => {
    const count = (await school.alarms()).length;
    const panel = school.demo.panels.get('guard-room');
    panel?.trouble('mains', true);
    await school.within(seconds(5), 'guard-room', 'degraded', 'panel-trouble');
    panel?.trouble('mains', false);
    await school.within(seconds(5), 'guard-room', 'normal');
    expect(await school.alarms()).toHaveLength(count);
  });

  test('whoever presses sees a lamp once the police has the alarm', async () => {
    const panel = school.demo.panels.get('guard-room');
    panel?.trip('1', { silent: true });
    await eventually(() => expect([...(panel?.lamps ?? [])]).toEqual(['1']));
  });
});
