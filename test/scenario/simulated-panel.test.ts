/** The simulated panel signs in to the gateway's own broker, as a real one would: what it plays is what the gateway understands. */
import { expect, test } from 'vitest';
import { panelId } from '../../gateway/domain/ids.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type PanelSimulator, runPanelSimulator } from '../../simulators/panel/simulator.ts';
import { brokerRig, type Rig } from '../support/broker-rig.ts';
import { password, selfSigned } from '../support/panels.ts';

const soon = () => AbortSignal.timeout(60_000);

function simulated(broker: string, ca?: string): PanelSimulator {
  return runPanelSimulator({
    broker,
    ...(ca === undefined ? {} : { tls: { ca } }),
    campus: 'north',
    panel: 'gate',
    password: `gate:${password}`,
    zones: [{ id: '1' }, { id: '7', code: '122' }],
    heartbeatEvery: seconds(20),
    acknowledgeWithin: seconds(1),
    clock: systemClock,
    log: silentLogger,
  });
}

const plain = (rig: Rig) => `mqtt://127.0.0.1:${rig.addresses.plain!.port}`;
const zoneReports = (rig: Rig) => rig.reports.filter((report) => report.kind === 'zone');

test('a press, its restore, arming and troubles arrive as what they are', async () => {
  await using rig = await brokerRig();
  await using panel = simulated(plain(rig));
  panel.trip('7', { drill: true });
  panel.restore('7');
  panel.arm();
  panel.trouble('mains', true);
  await panel.settled(soon());
  expect(zoneReports(rig)).toMatchObject([
    { zone: '7', type: 'panic.silent', state: 'raised', drill: true, sequence: { boot: panel.boot, seq: 1 } },
    { zone: '7', state: 'restored', sequence: { seq: 2 } },
  ]);
  expect(rig.reports.filter(({ kind }) => kind === 'arming')[0]).toMatchObject({ mode: 'away', partition: '1' });
  expect(rig.reports).toContainEqual(expect.objectContaining({ kind: 'trouble', code: 'mains-lost', active: true }));
});

test('a press whose commit failed is pressed again with the same number, and acknowledged once', async () => {
  await using rig = await brokerRig();
  let failures = 1;
  rig.commit = async (report) => {
    if (report.kind === 'zone' && failures-- > 0) throw new Error('the disk is full');
  };
  await using panel = simulated(plain(rig));
  panel.trip('1');
  await panel.settled(soon());
  expect(zoneReports(rig)).toMatchObject([{ zone: '1', sequence: { boot: panel.boot, seq: 1 } }]);
  expect(panel.acknowledged).toMatchObject([{ seq: 1 }]);
});

test('a press made while the line was down is historical; one made after it is not', async () => {
  await using rig = await brokerRig();
  await using panel = simulated(plain(rig));
  await panel.settled(soon());
  panel.goOffline();
  await expect.poll(() => rig.fleet.status(panelId('gate')).announced).toBe('offline');
  panel.trip('1');
  await systemClock.sleep(millis(1_300));
  panel.comeBack();
  await panel.settled(soon());
  panel.trip('7');
  await panel.settled(soon());
  expect(zoneReports(rig)).toMatchObject([
    { zone: '1', historical: true },
    { zone: '7', historical: false },
  ]);
});

test('over TLS it signs in to a broker that its authority vouches for, and to no other', async () => {
  const certificate = await selfSigned();
  await using rig = await brokerRig({ tls: certificate });
  const url = `mqtts://localhost:${rig.addresses.tls!.port}`;
  await using stranger = simulated(url);
  await systemClock.sleep(millis(300));
  expect(stranger.connected).toBe(false);
  expect(rig.fleet.status(panelId('gate')).session).not.toBe('connected');
  await using panel = simulated(url, certificate.cert);
  panel.trip('1');
  await panel.settled(soon());
  expect(zoneReports(rig)).toMatchObject([{ zone: '1' }]);
});
