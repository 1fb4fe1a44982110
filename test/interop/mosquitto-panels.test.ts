import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { tasmotaDialect } from '../../adapters/panels/dialects/tasmota.ts';
import { zigbee2mqttDialect } from '../../adapters/panels/dialects/zigbee2mqtt.ts';
import { externalBroker } from '../../adapters/panels/external-broker.ts';
import { after, millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { freePorts } from '../support/free-ports.ts';
import { eventually, evt, logInto, panelOf, topic } from '../support/panels.ts';
import { peer } from '../support/peers.ts';
import { principal, recordingFleet } from '../support/recording-fleet.ts';

const mosquitto = peer('mosquitto');

/** A real mosquitto (its own port: it cannot be told to choose one), one panel, and a gateway that can come and go. */
async function site(protocolVersion: 4 | 5) {
  const folder = await mkdtemp(join(tmpdir(), 'panels-'));
  const [port] = await freePorts(1);
  await writeFile(join(folder, 'm.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n`);
  const broker = spawn(mosquitto!, ['-c', join(folder, 'm.conf')], { stdio: 'ignore' });
  const url = `mqtt://127.0.0.1:${port}`;
  const clients: MqttClient[] = [];
  const recording = recordingFleet({
    panels: [
      panelOf('gate', { broker: 'site' }),
      panelOf('sensors', { broker: 'site', dialect: 'zigbee2mqtt' }),
      panelOf('relay', { broker: 'site', dialect: 'tasmota', settings: { topic: 'hall', outputs: { siren: 'POWER1' } } }),
    ],
    dialects: [campusDialect, zigbee2mqttDialect, tasmotaDialect],
  });
  const { lines } = recording;
  const site = Object.assign(recording, {
    async panel(more: IClientOptions = {}) {
      const client = mqtt.connect(url, { protocolVersion: 4, reconnectPeriod: 30, ...more });
      clients.push(client);
      await new Promise((resolve) => client.once('connect', resolve));
      return client;
    },
    /** Once the gateway has subscribed, which it does after it has connected. */
    async listens(client: MqttClient) {
      while (recording.fleet.status(panelOf('gate').id).announced !== 'online') {
        await client.publishAsync(topic('gate', 'lwt'), 'online', { qos: 1 });
        await systemClock.sleep(millis(20));
      }
    },
    /** One life of the intake, already connected. */
    async gateway() {
      const life = new AbortController();
      let ended: Promise<unknown> = Promise.resolve();
      await new Promise<void>((resolve, reject) => {
        const intake = externalBroker({
          name: 'site',
          url,
          clientId: 'gateway',
          protocolVersion,
          clock: systemClock,
          log: logInto(lines),
          onConnected: resolve,
        });
        ended = intake.run(site.fleet.doorFor('site'), life.signal).then(
          () => 'aborted',
          (error) => {
            reject(error);
            return error;
          },
        );
      });
      return {
        ended,
        async leave() {
          life.abort();
          return ended;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.end(true);
      site.fleet[Symbol.dispose]();
      const gone = new Promise((resolve) => broker.once('exit', resolve));
      broker.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  });
  return site;
}

describe.skipIf(!mosquitto).each([4, 5] as const)('behind a real mosquitto, MQTT version %i', (version) => {
  test('of what the broker kept a press raises nothing and a state is old; what a sensor says now is of now', async () => {
    await using here = await site(version);
    const panel = await here.panel();
    await panel.publishAsync('zigbee2mqtt/keypad', '{"action":"emergency"}', { qos: 1, retain: true });
    await panel.publishAsync('zigbee2mqtt/gas', '{"gas":false,"tamper":false}', { qos: 1, retain: true });
    const gateway = await here.gateway();
    await eventually(() => here.reports.length >= 2);
    await panel.publishAsync('zigbee2mqtt/keypad', '{"action":"emergency"}', { qos: 1, retain: true });
    await eventually(() => here.reports.length >= 3);
    const said = here.reports.map((report) =>
      report.kind === 'zone' ? `${report.state} ${report.type}${report.historical ? ' old' : ''}` : report.kind,
    );
    expect(said).toEqual(['quiet gas old', 'quiet tamper.sensor old', 'raised emergency.personal']);
    await gateway.leave();
  });

  test('a press arrives; one that came while the gateway was away arrives when it returns, marked historical', async () => {
    await using here = await site(version);
    const panel = await here.panel();
    const first = await here.gateway();
    await here.listens(panel);
    await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1 });
    await eventually(() => here.reports.length === 1);
    expect(here.reports[0]).toMatchObject({ type: 'panic.silent', historical: false });
    expect(await first.leave()).toBe('aborted');

    await panel.publishAsync(topic('gate', 'evt'), evt(2, { ts: Date.now() - 5_000 }), { qos: 1 });
    const second = await here.gateway();
    await eventually(() => here.reports.length === 2);
    expect(here.reports[1]).toMatchObject({ dedupe: 'gate|b1|2', historical: true });
    await second.leave();
  });

  test('what could not be committed is not acknowledged: the connection ends, and the next one brings it again', async () => {
    await using here = await site(version);
    const panel = await here.panel();
    const first = await here.gateway();
    await here.listens(panel);
    here.commit = () => Promise.reject(new Error('disk full'));
    await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1 });
    expect(await first.ended).toMatchObject({ code: 'PANEL_BROKER' });
    expect(here.fleet.status(panelOf('gate').id).siteBroker).toMatchObject({
      name: 'site',
      unheard: { en: expect.stringContaining('could not be kept') },
    });
    here.commit = async () => undefined;
    const second = await here.gateway();
    await eventually(() => here.reports.length === 1);
    await eventually(() => here.fleet.status(panelOf('gate').id).siteBroker?.unheard === undefined);
    await second.leave();
  });

  test('a retained press raises nothing; retained state reconciles; a session that is gone asks the panels for their state', async () => {
    await using here = await site(version);
    const panel = await here.panel();
    const orders: string[] = [];
    panel.on('message', (_topic, payload) => orders.push(JSON.parse(String(payload)).op));
    await panel.subscribeAsync(topic('gate', 'cmd'), { qos: 1 });
    await panel.publishAsync(topic('gate', 'evt'), evt(1), { qos: 1, retain: true });
    await panel.publishAsync(topic('gate', 'state'), JSON.stringify({ ac: false, arm: { 1: 'away' } }), { qos: 1, retain: true });
    await panel.publishAsync(topic('gate', 'lwt'), 'offline', { qos: 1, retain: true });
    const gateway = await here.gateway();
    await eventually(() => orders.includes('sync'));
    const status = () => here.fleet.status(panelOf('gate').id);
    await eventually(() => status().announced === 'offline');
    expect(status()).toMatchObject({ troubles: [{ code: 'mains-lost' }], armed: { 1: 'away' } });
    expect(status().heardAt).toBeUndefined();
    // Nobody knew before how it is armed.
    expect(here.reports).toMatchObject([{ kind: 'arming', mode: 'away', historical: true }]);
    await gateway.leave();
  });

  test('an order reaches a panel that is there, and is not kept for one that comes back later', async () => {
    await using here = await site(version);
    const panel = await here.panel(); // once it is in, the broker listens
    const gateway = await here.gateway();
    await here.listens(panel);
    const order = () => ({ id: String(Math.random()), op: 'siren' as const, expires: after(systemClock.now(), seconds(30)) });
    const relay = panelOf('relay').id;
    // A session that the broker keeps, so that it would keep what comes for it.
    const first = await here.panel({ clientId: 'relay', clean: false, reconnectPeriod: 0 });
    const heard: string[] = [];
    first.on('message', (to, payload) => {
      heard.push(`${to} ${payload}`);
      first.publish('stat/hall/POWER1', String(payload), { qos: 1 });
    });
    await first.subscribeAsync('cmnd/hall/POWER1', { qos: 1 });
    expect(await here.fleet.perform(relay, order(), principal)).toMatchObject({ outcome: 'accepted' });
    await first.endAsync(true);
    const unanswered = here.fleet.perform(relay, { ...order(), expires: after(systemClock.now(), seconds(2)) }, principal);
    expect(await unanswered).toMatchObject({ outcome: 'unknown' });
    const second = await here.panel({ clientId: 'relay', clean: false, reconnectPeriod: 0 });
    second.on('message', (to, payload) => heard.push(`late ${to} ${payload}`));
    await second.publishAsync('tele/hall/LWT', 'Online', { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard).toEqual(['cmnd/hall/POWER1 ON']);
    await gateway.leave();
  });
});
