/** Panels of states at our own broker, which keeps nothing: a retain flag is an idle wish there. */
import { expect, test } from 'vitest';
import { zoneId } from '../../gateway/domain/ids.ts';
import { brokerRig } from '../support/broker-rig.ts';
import { eventually, panelOf } from '../support/panels.ts';

const node = panelOf('gate', {
  dialect: 'esphome',
  settings: { prefix: 'gatehouse' },
  zones: [{ id: zoneId('desk'), name: 'Desk', channels: [], type: 'panic.silent' }],
});

test('a press that is published retained, as ESPHome does, is one of now', async () => {
  await using rig = await brokerRig({ panels: [node] });
  const client = await rig.connect('gate');
  await client.publishAsync('gatehouse/binary_sensor/desk/state', 'ON', { qos: 1, retain: true });
  await eventually(() => rig.reports.length > 0);
  expect(rig.reports).toMatchObject([{ kind: 'zone', type: 'panic.silent', zone: 'desk', state: 'still', historical: false }]);
});

test('a panel speaks on the topics of its dialect and on no others', async () => {
  await using rig = await brokerRig({ panels: [node] });
  const client = await rig.connect('gate');
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.publish('gatehouse/alarm_control_panel/school/command', 'DISARM', { qos: 1 });
  await gone;
  expect(rig.reports).toEqual([]);
});
