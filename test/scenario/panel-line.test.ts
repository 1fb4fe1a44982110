import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../gateway/domain/event.ts';
import { type EventId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { panelReceipts } from '../../gateway/fleet/panel-receipts.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { runPanelSimulator } from '../../simulators/panel/simulator.ts';
import { brokerRig } from '../support/broker-rig.ts';
import { eventually, password } from '../support/panels.ts';
import { peer } from '../support/peers.ts';
import { principal } from '../support/recording-fleet.ts';

const gate = panelId('gate');
/** Of what a broker of the site passes on behind the panel's PUBACK. */
const patience = 15_000;

const mosquitto = peer('mosquitto');

async function school(broker: 'ours' | 'mosquitto') {
  const rig = await brokerRig(broker === 'mosquitto' ? { mosquitto: mosquitto! } : {});
  const panel = runPanelSimulator({
    broker: `mqtt://127.0.0.1:${rig.addresses.plain!.port}`,
    campus: 'north',
    panel: 'gate',
    password: `gate:${password}`,
    zones: [{ id: '7', code: '122' }],
    heartbeatEvery: seconds(1),
    clock: systemClock,
    log: silentLogger,
  });
  const settled = () => panel.settled(AbortSignal.timeout(60_000));
  return {
    rig,
    panel,
    settled,
    alarms: () => rig.reports.filter(({ kind }) => kind === 'zone'),
    async [Symbol.asyncDispose]() {
      await panel[Symbol.asyncDispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
}

describe.each(['ours', ...(mosquitto ? (['mosquitto'] as const) : [])] as const)('at a broker: %s', (broker) => {
  test('a press is raised once, also though the state that follows shows it', async () => {
    await using here = await school(broker);
    await here.settled();
    here.rig.openAlarms = ['panic.silent']; // as the journal has it from then on
    here.panel.trip('7');
    await here.settled();
    await eventually(() => here.alarms().length > 0, patience);
    expect(here.alarms()).toMatchObject([{ type: 'panic.silent', state: 'raised', historical: false }]);
    expect(here.rig.fleet.unreadable()).toBe(0);
  });

  test('a press while the panel was away is raised when it returns, with its own time, marked historical', async () => {
    await using here = await school(broker);
    await here.settled();
    here.panel.goOffline();
    await eventually(() => here.rig.fleet.status(gate).announced === 'offline', patience);
    const pressed = systemClock.now();
    here.panel.trip('7');
    await systemClock.sleep(seconds(2));
    here.panel.comeBack();
    await here.settled();
    await eventually(() => here.alarms().length > 0, patience);
    expect(here.alarms()).toMatchObject([{ type: 'panic.silent', historical: true }]);
    expect(Math.abs((here.alarms()[0]?.deviceTime ?? 0) - pressed)).toBeLessThan(1_000);
  });

  test('a panel that is cut off silently is no longer heard; back again it takes its session over', async () => {
    await using here = await school(broker);
    await here.settled();
    here.panel.cutOff();
    await systemClock.sleep(millis(300)); // What was under way has come.
    const heard = here.rig.fleet.status(gate).heardAt;
    await systemClock.sleep(seconds(1.5));
    expect(here.rig.fleet.status(gate).heardAt).toBe(heard);
    here.panel.comeBack();
    await eventually(() => (here.rig.fleet.status(gate).heardAt ?? 0) > (heard ?? 0), patience);
    expect(here.rig.fleet.status(gate)).toMatchObject({ announced: 'online', session: broker === 'ours' ? 'connected' : 'unknown' });
  });

  test('an order reaches the panel and its answer comes back; mains and battery show as troubles', async () => {
    await using here = await school(broker);
    await here.settled();
    const expires = (systemClock.now() + 5_000) as ReturnType<typeof systemClock.now>;
    expect(await here.rig.fleet.perform(gate, { id: 'c1', op: 'arm', expires }, principal)).toMatchObject({ outcome: 'accepted' });
    here.panel.trouble('mains', true);
    await here.settled();
    await eventually(() => here.rig.fleet.status(gate).armed['1'] === 'away' && here.rig.fleet.status(gate).troubles.length > 0, patience);
    expect(here.rig.fleet.status(gate).troubles).toMatchObject([{ code: 'mains-lost' }]);
  });

  test('whoever pressed is told once that the police has it, while it is worth while; of the rest nobody is told', async () => {
    await using here = await school(broker);
    await here.settled();
    const alarm = {
      kind: 'alarm.raised',
      panel: gate,
      zone: zoneId('7'),
      severity: 1,
      test: false,
      historical: false,
      receivedAt: systemClock.now(),
    };
    const events = new Map<string, unknown>([
      ['panic', alarm],
      ['mild', { ...alarm, severity: 2 }],
      ['test', { ...alarm, test: true }],
      ['old', { ...alarm, historical: true }],
      ['late', { ...alarm, receivedAt: systemClock.now() - 11 * 60_000 }],
      ['end', { ...alarm, kind: 'alarm.restored' }],
    ]);
    const { orders, perform } = here.rig.fleet;
    // A broker of the site did not know us before.
    const ordered = () => here.rig.audit.filter((line) => !line.includes('forgot'));
    const find = (id: string) => events.get(id) as DomainEvent | undefined;
    const accepted = panelReceipts({ find, orders, perform, clock: systemClock, log: silentLogger });
    for (const id of ['mild', 'test', 'old', 'late', 'end', 'unheard of', 'panic', 'panic']) accepted(id as EventId);
    await eventually(() => ordered().length === 2, patience);
    expect(ordered()).toEqual(['received by gateway: alarm panic was accepted', 'received accepted']);
    await eventually(() => here.panel.lamps.size > 0, patience);
    expect([...here.panel.lamps]).toEqual(['7']);
  });
});
