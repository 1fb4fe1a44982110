/** A broker whose access list throws alarms away and acknowledges them all the same (alarm-panels §4.7): the onboarding test must say so. */
import { spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tryBroker } from '../../adapters/panels/broker-trial.ts';
import { campusDialect } from '../../adapters/panels/dialects/campus.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openAuthority, type Pair } from '../support/authority.ts';
import { freePorts } from '../support/free-ports.ts';
import { listens } from '../support/mosquitto.ts';
import { panelOf, topic } from '../support/panels.ts';
import { peer } from '../support/peers.ts';

const mosquitto = peer('mosquitto');

interface Door {
  /** Who may sign in; everybody unless given. */
  readonly accounts?: readonly string[];
  readonly tls?: Pair;
}

/** What is given otherwise than is right. */
interface Attempt {
  readonly url?: string;
  readonly passwords?: { readonly gateway?: string; readonly panel?: string };
  readonly ca?: string;
}

/** `patience`: how long a message may be on its way. */
async function guarded(access: string, patience: Millis, { accounts, tls }: Door = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'access-'));
  const [port] = await freePorts(1);
  await chmod(folder, 0o755); // started by root it becomes another user before it reads the list
  await writeFile(join(folder, 'acl'), access);
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const lines = [`listener ${port} 127.0.0.1`, `acl_file ${join(folder, 'acl')}`, `allow_anonymous ${accounts === undefined}`];
  if (accounts) lines.push(`password_file ${await file('accounts', accounts.map(accountLine).join(''))}`);
  if (tls) lines.push(`certfile ${await file('chain.pem', tls.cert)}`, `keyfile ${await file('key.pem', tls.key)}`);
  const broker = spawn(mosquitto!, ['-c', await file('m.conf', `${lines.join('\n')}\n`)], { stdio: 'ignore' });
  const url = `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`;
  await listens(port!);
  return {
    url,
    trial: (protocolVersion: 4 | 5, around: Attempt = {}) => {
      const trusted = around.ca === undefined ? {} : { ca: around.ca };
      return tryBroker({
        url: around.url ?? url,
        gateway: { clientId: 'gateway-trial', ...account('gateway', around.passwords?.gateway), protocolVersion, ...trusted },
        panel: { clientId: 'gate-trial', ...account('gate', around.passwords?.panel), protocolVersion, ...trusted },
        topics: campusDialect.topics(panelOf('gate'), 'north'),
        clock: systemClock,
        patience,
      });
    },
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => broker.once('exit', resolve));
      broker.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

const account = (username: string, password = right(username)) => ({ username, password });
const right = (name: string) => `${name}, and nobody else`;

/** As mosquitto_passwd writes it. */
function accountLine(name: string): string {
  const salt = randomBytes(12);
  return `${name}:$7$101$${salt.toString('base64')}$${pbkdf2Sync(right(name), salt, 101, 64, 'sha512').toString('base64')}\n`;
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

  test.each([4, 5] as const)('that lets an account not in is told from one that is not there, MQTT version %i', async (version) => {
    await using broker = await guarded(rightful, seconds(30), { accounts: ['gateway', 'gate'] });
    const said = async (around: Attempt) => {
      const [finding] = await broker.trial(version, around);
      expect(finding?.well).toBe(false);
      return finding?.words;
    };
    expect((await broker.trial(version)).every(({ well }) => well)).toBe(true);
    expect(await said({ passwords: { gateway: 'wrong' } })).toMatchObject({
      en: expect.stringMatching(/^The gateway cannot sign in .*the user name or the password is wrong/),
      zh: expect.stringMatching(/^网关无法登录.*用户名或密码错误/),
    });
    expect(await said({ passwords: { panel: 'wrong' } })).toMatchObject({
      en: expect.stringMatching(/^The panel cannot sign in .*the user name or the password is wrong/),
      zh: expect.stringMatching(/^主机无法登录.*用户名或密码错误/),
    });
    expect(await said({ url: 'mqtt://127.0.0.1:9' })).toMatchObject({
      en: expect.stringContaining('nobody listens there'),
      zh: expect.stringContaining('没有程序监听'),
    });
    expect(await said({ url: broker.url.replace('mqtt:', 'mqtts:') })).toMatchObject({
      en: expect.stringMatching(/hung up without an answer|no TLS at this port/),
      zh: expect.stringContaining('TLS'),
    });
  });

  test('whose certificate an unknown authority vouches for is trusted once that is named, and so is its end told', async () => {
    const authority = await openAuthority();
    const lasting = await authority.issue('broker', { to: Date.now() + 3_600_000 });
    await using broker = await guarded(rightful, seconds(30), { tls: lasting });
    expect((await broker.trial(4))[0]?.words).toMatchObject({
      en: expect.stringContaining('authorityFile'),
      zh: expect.stringContaining('authorityFile'),
    });
    expect((await broker.trial(4, { ca: authority.cert })).every(({ well }) => well)).toBe(true);
    // Called without TLS it hangs up, and says nothing.
    expect((await broker.trial(4, { url: broker.url.replace('mqtts:', 'mqtt:') }))[0]?.words.en).toContain('hung up without an answer');
    await using late = await guarded(rightful, seconds(30), { tls: await authority.issue('broker', { to: Date.now() - 60_000 }) });
    expect((await late.trial(4, { ca: authority.cert }))[0]?.words).toMatchObject({
      en: expect.stringContaining('expired'),
      zh: expect.stringContaining('过期'),
    });
  });
});
