/** A broker whose access list throws alarms away and acknowledges them all the same (alarm-panels §4.7): the onboarding test must say so. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { describe, expect, test } from 'vitest';
import { tryBroker } from '../../adapters/panels/broker-trial.ts';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { freePorts } from '../support/free-ports.ts';
import { panelOf, topic } from '../support/panels.ts';
import { peer } from '../support/peers.ts';

const mosquitto = peer('mosquitto');

/** `patience`: how long a message may be on its way. */
async function guarded(access: string, patience: Millis) {
  const folder = await mkdtemp(join(tmpdir(), 'access-'));
  const [port] = await freePorts(1);
  await chmod(folder, 0o755); // started by root it becomes another user before it reads the list
  await writeFile(join(folder, 'acl'), access);
  await writeFile(join(folder, 'm.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${join(folder, 'acl')}\n`);
  const broker = spawn(mosquitto!, ['-c', join(folder, 'm.conf')], { stdio: 'ignore' });
  const url = `mqtt://127.0.0.1:${port}`;
  const first = mqtt.connect(url, { reconnectPeriod: 30 });
  await new Promise((resolve) => first.once('connect', resolve));
  await first.endAsync(true);
  return {
    url,
    trial: (protocolVersion: 4 | 5, around = { url }) =>
      tryBroker({
        ...around,
        gateway: { clientId: 'gateway-trial', username: 'gateway', protocolVersion },
        panel: { clientId: 'gate-trial', username: 'gate', protocolVersion },
        topics: campusDialect.topics(panelOf('gate'), 'north'),
        clock: systemClock,
        patience,
      }),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => broker.once('exit', resolve));
      broker.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

const rightful = 'user gateway\ntopic read campus/#\n\nuser gate\ntopic write campus/north/panel/gate/#\n';

describe.skipIf(!mosquitto)('a mosquitto with an access list', () => {
  test('that lets the panel speak passes the onboarding test on every topic', async () => {
    await using broker = await guarded(rightful, seconds(30));
    expect((await broker.trial(4)).map(({ topic: on, well }) => [on, well])).toEqual(
      ['evt', 'state', 'hb', 'lwt', 'rsp'].map((name) => [topic('gate', name), true]),
    );
  });

  test('that acknowledges alarms and throws them away is found, and the words say what to mend', async () => {
    await using broker = await guarded(rightful.replace('gate/#', 'gate/state'), seconds(2));
    const findings = await broker.trial(4);
    expect(findings.filter(({ well }) => well).map(({ topic: on }) => on)).toEqual([topic('gate', 'state')]);
    const alarm = findings.find(({ topic: on }) => on === topic('gate', 'evt'));
    expect(alarm?.words.en).toContain('acknowledged the panel’s message'.replace('’', "'"));
    expect(alarm?.words.en).toContain("the panel's account needs write");
    expect(alarm?.words.zh).toContain('写权限');
    // MQTT 5 is told the truth.
    expect((await broker.trial(5)).find(({ topic: on }) => on === topic('gate', 'evt'))?.words.en).toContain('refuses what the panel publishes');
  });

  test('that grants our subscription and hands nothing out is found as well', async () => {
    await using broker = await guarded(rightful.replace('topic read campus/#', 'topic read other/#'), seconds(1));
    const findings = await broker.trial(4);
    expect(findings.every(({ well }) => !well)).toBe(true);
    expect(findings[0]?.words.en).toContain("the gateway's needs read");
  });

  test('that is not there, or lets nobody in, is said in words', async () => {
    await using broker = await guarded(rightful, seconds(1));
    const [finding] = await broker.trial(4, { url: 'mqtt://127.0.0.1:9' });
    expect(finding).toMatchObject({ well: false, words: { en: expect.stringContaining('The gateway cannot sign in') } });
  });
});
