/** A panel that speaks DC-09, a gateway, and the receivers of an alarm centre: the whole road, over real sockets and a real journal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assemble } from '../../gateway/assemble.ts';
import { panelId, uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { parseConfig } from '../../gateway/runtime/config.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { runReceiverSimulator } from '../../simulators/receiver/simulator.ts';
import { bytesOf, byUdp, dial, key, keyText, told } from '../support/dc09.ts';
import { eventually } from '../support/eventually.ts';
import { freePorts } from '../support/free-ports.ts';

const listen = { address: '127.0.0.1', port: 0 };
const alarms = 100;

test('100 alarms of a panel reach the alarm centre once each, though the panel repeats itself and the first receiver falls silent', {
  timeout: 120_000,
}, async () => {
  await using scope = new Scope();
  const folder = mkdtempSync(join(tmpdir(), 'campus-dc09-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const [primary, backup] = [
    scope.own(await runReceiverSimulator({ listen, key, clock: systemClock })),
    scope.own(await runReceiverSimulator({ listen, key, clock: systemClock })),
  ];
  const [port = 0] = await freePorts(1);
  const config = {
    ...{ dataFolder: 'data', http: listen, rtsp: { enabled: false }, webrtc: { enabled: false } },
    mqtt: { tls: { enabled: false }, plain: { enabled: true, ...listen } },
    dc09: { enabled: true, address: '127.0.0.1', port },
  };
  const around = { clock: systemClock, log: silentLogger };
  const gateway = scope.own(await assemble(parseConfig(JSON.stringify(config), join(folder, 'gateway.yaml')), around));
  const { inventory } = gateway;
  const hall = panelId('hall');
  const common = { enabled: true, maintenance: false, zones: [], heartbeatEvery: seconds(60) };
  inventory.putPanel({ id: hall, name: 'Hall', dialect: 'sia-dc09', broker: 'dc09', settings: { account: '5678' }, ...common });
  inventory.setPanelSecret(hall, new Secret(keyText));
  inventory.putUplink({
    ...{ id: uplinkId('centre'), name: 'Alarm centre', adapter: 'dc09', secret: new Secret(keyText), enabled: true },
    settings: {
      ...{ account: 'ABCD', timeout: 2, pollSeconds: 2, accepts: ['alarm.raised'] },
      ...{ primary: `tcp://127.0.0.1:${primary.port}`, backup: `udp://127.0.0.1:${backup.port}` },
    },
  });

  // The receiver listens a moment after the gateway stands.
  await eventually(async () =>
    expect(await byUdp(port, bytesOf(told({ token: 'NULL', encrypted: true, sequence: 0, data: '' })), 200)).not.toBe('silence'),
  );
  using panel = await dial(port);
  for (let count = 1; count <= alarms; count += 1) {
    if (count === alarms / 2) primary.misbehave('silent');
    const number = String(count).padStart(3, '0');
    const press = bytesOf(told({ encrypted: true, sequence: count, data: `#5678|1${count % 5 === 0 ? '120' : '130'} 01 ${number}` }));
    panel.send(press);
    expect(await panel.answer()).toMatchObject({ token: 'ACK', encrypted: true, sequence: count });
    if (count % 10 === 0) expect(await byUdp(port, press)).toMatchObject({ token: 'ACK', sequence: count });
  }
  const kept = () => [...primary.events(), ...backup.events()].map(({ data }) => data.slice(-3)).sort();
  const all = Array.from({ length: alarms }, (_, index) => String(index + 1).padStart(3, '0'));
  await eventually(() => expect(kept()).toEqual(all), seconds(60));
  expect([primary.events().length, backup.events().length].every((count) => count > 0)).toBe(true);
  const [one] = backup.events();
  expect(one).toMatchObject({ token: 'ADM-CID', encrypted: true, account: 'ABCD', data: expect.stringMatching(/^#ABCD\|11[23]0 01 \d{3}$/) });
});
