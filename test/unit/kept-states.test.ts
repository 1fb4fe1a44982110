/** What a broker kept while the gateway was away: which of it is an alarm, which is judged later, and what is of now. */
import { describe, expect, test } from 'vitest';
import { openBacklog } from '../../adapters/panels/broker-backlog.ts';
import { dscKeybusDialect } from '../../adapters/panels/dialects/dsc-keybus.ts';
import { zigbee2mqttDialect } from '../../adapters/panels/dialects/zigbee2mqtt.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { type PanelId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { panelOf } from '../support/panels.ts';
import { recordingFleet } from '../support/recording-fleet.ts';

const sensors = panelId('sensors');
const house = panelId('house');

function site() {
  const clock = new ManualClock();
  const door = { id: zoneId('1'), name: 'door', channels: [], type: 'burglary' };
  const panels = [panelOf('sensors', { dialect: 'zigbee2mqtt' }), panelOf('house', { dialect: 'dsc-keybus', zones: [door] })];
  const recording = recordingFleet({ panels, dialects: [zigbee2mqttDialect, dscKeybusDialect], clock });
  const to = recording.fleet.doorFor('embedded');
  const tell = (panel: PanelId, more: Partial<PanelMessage>) => async (topic: string, body: unknown) => {
    const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    await to.receive(panel, { topic, payload, qos: 1, retained: false, duplicate: false, receivedAt: clock.now(), ...more });
  };
  const said = () =>
    recording.reports.flatMap((report) => (report.kind === 'zone' ? [`${report.state} ${report.type}${report.historical ? ' old' : ''}`] : []));
  return Object.assign(recording, { clock, tell, said });
}

test('a kept state that tells of a fire is told at once, and what is well in the same message takes nothing back', async () => {
  const { tell, said } = site();
  await tell(sensors, { retained: true })('zigbee2mqtt/kitchen', { smoke: true, tamper: false, gas: true });
  expect(said()).toEqual(['still fire.smoke old', 'still gas old', 'quiet tamper.sensor old']);
});

test('an alarm that stands in a zone hides no other of the same zone', async () => {
  const here = site();
  here.openAlarms = ['tamper.sensor'];
  await here.tell(sensors, { retained: true })('zigbee2mqtt/kitchen', { smoke: true });
  expect(here.said()).toEqual(['still fire.smoke old']);
});

test('a door that a broker kept open is judged by the arming, whose copy comes later', async () => {
  const { tell, said, clock } = site();
  const kept = tell(house, { retained: true });
  await kept('dsc/Get/Zone1', '1');
  await kept('dsc/Get/Partition1', 'disarmed');
  await clock.advance(seconds(10));
  expect(said()).toEqual(['quiet burglary old']); // of the partition
  await kept('dsc/Get/Partition1', 'armed_away');
  await kept('dsc/Get/Zone1', '1');
  await clock.advance(seconds(4));
  expect(said()).not.toContain('still burglary old');
  await clock.advance(seconds(2));
  expect(said()).toContain('still burglary old');
});

test('what a broker kept in line is old and journalled before it is acknowledged, though nothing in it tells its time', async () => {
  const here = site();
  await here.tell(sensors, { kept: true })('zigbee2mqtt/kitchen', { smoke: true, action: 'emergency' });
  expect(here.said()).toEqual(['still fire.smoke old', 'raised emergency.personal old']);
  here.commit = () => Promise.reject(new Error('disk full'));
  await expect(here.tell(sensors, { kept: true })('zigbee2mqtt/hall', { smoke: true })).rejects.toThrow('disk full');
});

describe('the line at a broker', () => {
  const queued = { qos: 1, retain: false } as const;
  const copy = { qos: 1, retain: true } as const;
  function line() {
    const clock = new ManualClock();
    return { clock, line: openBacklog(clock) };
  }

  test('is what comes before the first copy that our subscribing calls up', () => {
    const { line: backlog } = line();
    backlog.connected(true);
    expect(backlog.waited(queued)).toBe(true);
    backlog.taken();
    expect(backlog.waited({ qos: 0, retain: true })).toBe(false);
    backlog.taken();
    expect(backlog.waited(queued)).toBe(true);
    backlog.taken();
    // Of a life before ours, which did not come to it.
    expect([backlog.waited(copy), backlog.waited(queued)]).toEqual([false, true]);
    backlog.subscribed();
    expect([backlog.waited(copy), backlog.waited(queued)]).toEqual([false, false]);
  });

  test('does not exist where the broker knew no session of ours, and of QoS 0 nothing is in it', () => {
    const { line: backlog } = line();
    backlog.connected(false);
    expect(backlog.waited(queued)).toBe(false);
    backlog.connected(true);
    expect(backlog.waited({ qos: 0, retain: false })).toBe(false);
  });

  test('ends with a pause, and after a minute: a press of now is never taken for an old one for longer', async () => {
    const { clock, line: backlog } = line();
    backlog.connected(true);
    await clock.advance(seconds(6));
    expect(backlog.waited(queued)).toBe(false);
    const busy = line();
    busy.line.connected(true);
    for (let second = 0; second < 60; second += 1) {
      expect(busy.line.waited(queued)).toBe(true);
      busy.line.taken();
      await busy.clock.advance(seconds(1));
    }
    await busy.clock.advance(seconds(1));
    expect(busy.line.waited(queued)).toBe(false);
  });

  test('is of now where we were away for less than a minute, unless the line of before was not yet taken in', async () => {
    const { clock, line: backlog } = line();
    backlog.connected(true);
    backlog.left();
    backlog.connected(true);
    expect(backlog.waited(queued)).toBe(true);
    backlog.subscribed();
    backlog.waited(copy);
    backlog.left();
    await clock.advance(seconds(30));
    backlog.connected(true);
    expect(backlog.waited(queued)).toBe(false);
    backlog.left();
    await clock.advance(minutes(2));
    backlog.connected(true);
    expect(backlog.waited(queued)).toBe(true);
  });
});
