import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { openSimulatedCampus } from '../../simulators/campus.ts';
import { parseCampus, readCampusFile } from '../../simulators/campus-file.ts';
import { simulators } from '../../simulators/index.ts';
import { readLedger } from '../../simulators/platform/ledger.ts';
import { runPoliceSimulator } from '../../simulators/platform/simulator.ts';

const demo = new URL('../../config/demo-campus.yaml', import.meta.url).pathname;
const context = { clock: systemClock, log: silentLogger };
const soon = () => AbortSignal.timeout(60_000);

/** A broker that takes the given accounts. */
async function brokerFor(accepts: (username: string, password: string) => boolean) {
  const events: { topic: string; text: string }[] = [];
  const sockets = new Set<Socket>();
  const broker = await Aedes.createBroker();
  broker.authenticate = (_client, username, password, done) => done(null, accepts(username ?? '', password?.toString() ?? ''));
  broker.authorizePublish = (_client, packet, done) => {
    if (packet.topic.endsWith('/evt')) events.push({ topic: packet.topic, text: packet.payload.toString() });
    done(null);
  };
  broker.on('clientError', () => undefined);
  broker.on('connectionError', () => undefined);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, events };
}

test('the demo campus is a whole school whose inventory fits what runs', async () => {
  const played: string[] = [];
  await using school = await openSimulatedCampus(await readCampusFile(demo), {
    ...context,
    ledger: 'memory',
    camera: async (camera) => {
      played.push(camera.id);
      return {
        address: `http://127.0.0.1:1/${camera.id}`,
        signedRequests: 0,
        refusedRequests: 0,
        plays: 0,
        event: () => false,
        fault: async () => undefined,
        [Symbol.asyncDispose]: async () => void played.splice(played.indexOf(camera.id), 1),
      };
    },
  });
  const inventory = school.inventory();
  expect(played).toHaveLength(4);
  expect(inventory.campus).toMatchObject({ id: 'demo-school', name: '示范中学', timeZone: 'Asia/Shanghai' });
  expect(inventory.channels.map(({ number, name }) => [number, name])).toEqual([
    [1, '校门'],
    [2, '操场'],
    [3, '食堂'],
    [4, '宿舍入口'],
  ]);
  expect(inventory.panels.map(({ id }) => id)).toEqual(['guard-room', 'perimeter']);
  expect(inventory.panels[0]?.zones[0]).toMatchObject({ id: '1', name: '门卫室紧急按钮', channels: ['cam-gate'] });
  expect(inventory.uplinks.map(({ adapter, settings }) => [adapter, settings.url])).toEqual([['webhook', school.police.webhook?.url]]);
  const hashes = new Map(inventory.panels.map(({ id, passwordSha256 }) => [String(id), passwordSha256]));
  const broker = await brokerFor((username, password) => createHash('sha256').update(password).digest('hex') === hashes.get(username));
  const panels = school.connectPanels({ broker: broker.url });
  panels.get('guard-room')?.trip('2');
  await panels.get('guard-room')?.settled(soon());
  expect(broker.events).toMatchObject([{ topic: 'campus/demo-school/panel/guard-room/evt' }]);
  expect(JSON.parse(broker.events[0]?.text ?? '')).toMatchObject({ zone: '2', code: '1122', text: '门卫室脚踢报警' });
});

test('every problem of a campus file is told at once, with its path', () => {
  const wrong = `
campus: { id: School, name: { zh: 学校 }, timeZone: Mars/Base, address: { zh: 一, en: one } }
cameras:
  - { id: a, name: { zh: 一, en: one }, chanel: 1 }
`;
  expect(() => parseCampus(wrong, 'school.yaml')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      context: {
        path: 'school.yaml',
        problems: expect.arrayContaining(
          ['campus.id', 'campus.name.en', 'campus.timeZone', 'cameras[0].channel', 'cameras[0].chanel'].map((path) =>
            expect.objectContaining({ path }),
          ),
        ) as unknown,
      },
    }),
  );
});

test('names that point nowhere and names given twice are problems too', () => {
  const text = readFileSync(demo, 'utf8')
    .replace('id: cam-playground', 'id: cam-gate')
    .replace('place: canteen\n    channel: 3', 'place: moon\n    channel: 2');
  expect(() => parseCampus(text, 'school.yaml')).toThrow(
    expect.objectContaining({
      context: {
        path: 'school.yaml',
        problems: expect.arrayContaining(
          ['cameras[1].id', 'cameras[2].channel', 'cameras[2].place', 'panels[1].zones[0].cameras[0]'].map((path) =>
            expect.objectContaining({ path }),
          ),
        ) as unknown,
      },
    }),
  );
});

test('the ledger of the police side is on disk before the answer, and outlives it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ledger = join(folder, 'ledger.jsonl');
  const open = () => runPoliceSimulator({ ...context, webhook: { listen: { address: '127.0.0.1', port: 0 } }, ledger });
  const post = (url: string, id: string) => fetch(url, { method: 'POST', body: `{"event":{"id":"${id}"}}`, headers: { 'idempotency-key': id } });
  {
    await using police = await open();
    expect((await post(police.webhook!.url, 'one')).status).toBe(202);
    expect(readLedger(ledger).map(({ eventId }) => eventId)).toEqual(['one']);
    police.misbehave({ kind: 'refuse', events: { event: 'two' } });
    expect((await post(police.webhook!.url, 'two')).status).toBe(422);
    expect((await post(police.webhook!.url, 'one')).status).toBe(202);
  }
  writeFileSync(ledger, '{"cut off', { flag: 'a' });
  expect(readLedger(ledger).map(({ eventId, answer }) => [eventId, answer])).toEqual([
    ['one', 'accepted'],
    ['two', 'refused'],
    ['one', 'accepted'],
  ]);
  {
    await using police = await open();
    await post(police.webhook!.url, 'three');
    expect(police.ledger().map(({ eventId }) => eventId)).toEqual(['one', 'two', 'one', 'three']);
  }
  expect(readLedger(ledger).at(-1)?.eventId).toBe('three');
});

const run = async (name: string, args: readonly string[], signal: AbortSignal = soon(), input: readonly string[] = []) => {
  const lines: string[] = [];
  const typed = async function* () {
    yield* input;
  };
  await simulators.find((each) => each.name === name)!.run(args, { ...context, print: (line) => void lines.push(line), input: typed() }, signal);
  return lines;
};

test.each(simulators.map(({ name }) => name))('simulate %s explains itself, and says what is wrong with its arguments', async (name) => {
  expect((await run(name, ['--help'])).join('\n')).toContain(`Usage: ${name}`);
  await expect(run(name, ['--no-such-option'])).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('simulate panel presses once from a script and ends when it is acknowledged', async () => {
  const broker = await brokerFor((username, password) => username === 'gate' && password === 'pw');
  const lines = await run('panel', [
    '--broker',
    broker.url,
    '--campus',
    'no-3',
    '--panel',
    'gate',
    '--password',
    'pw',
    '--zone',
    '7=122',
    '--trip',
    '7',
  ]);
  expect(lines).toEqual([expect.stringMatching(/^acknowledged: zone 7, boot [0-9a-f]+, number 1$/)]);
  expect(broker.events.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([{ zone: '7', code: '1122' }]);
});

test('simulate platform opens all its doors, obeys the keyboard and prints each arrival as one line', async () => {
  const end = new AbortController();
  const lines: string[] = [];
  const platform = simulators.find(({ name }) => name === 'platform')!;
  const typed = async function* () {
    yield 'refuse zone 9';
    yield 'gb misbehave lost-bye';
    yield 'gb list';
    yield 'dance';
  };
  const life = platform.run([], { ...context, print: (line) => void lines.push(line), input: typed() }, end.signal);
  await expect.poll(() => lines.find((line) => line.startsWith('Not understood'))).toBeDefined();
  const url = /^webhook (\S+)/.exec(lines[0] ?? '')?.[1] ?? '';
  await fetch(url, { method: 'POST', body: '{"event":{"kind":"alarm.raised\\u001b[2J","panel":"gate","zone":"1"}}' });
  await expect.poll(() => lines.at(-1)).toMatch(/ webhook refused alarm\.raised\?\[2J gate\/1 BAD-SIGNATURE/);
  expect(lines.filter((line) => line.startsWith('now: '))).toEqual(['now: refuse zone 9', 'now: lost-bye']);
  expect(lines.find((line) => line.startsWith('gb28181 34020000002000000001 at 127.0.0.1:'))).toMatch(/ domain 3402000000 {2}password \S{12}$/);
  expect(lines.find((line) => line.startsWith('page http://127.0.0.1:'))).toMatch(/token=/);
  expect(lines.find((line) => line.startsWith('lost-bye: '))).toContain('Hangs up, and its BYE never arrives.');
  end.abort();
  await life;
});
