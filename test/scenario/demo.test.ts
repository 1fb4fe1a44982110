/** `npm run demo` as a person on a new machine meets it: the main job, end to end, with nothing configured. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, openDemo } from '../../gateway/commands/demo.ts';
import type { AlarmPage } from '../../gateway/domain/api.ts';
import type { DiscoveredCamera } from '../../gateway/domain/discovered-camera.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { runProgram } from '../support/run-program.ts';

describe('the demo', () => {
  const printed: string[] = [];
  const ending = new AbortController();
  let demo: Demo;
  let cookie = '';

  beforeAll(async () => {
    demo = await openDemo(
      { clock: systemClock, log: silentLogger, print: (line) => printed.push(line), pressAfter: millis(1_500), usualPorts: false },
      ending.signal,
    );
  }, 120_000);
  afterAll(async () => {
    await demo?.[Symbol.asyncDispose]();
  });

  const plain = () => `http://127.0.0.1:${demo.gateway.plain?.port}`;
  const metrics = async () => {
    const token = readFileSync(join(demo.folder, 'data/metrics.token'), 'utf8').trim();
    return (await fetch(`${plain()}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  };

  test('delivers the pressed button to the police side once, signed, with its own time', async () => {
    await demo.delivered;
    const alarms = demo.school.police.ledger().filter(({ body }) => body.includes('"alarm.raised"'));
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toMatchObject({ answer: 'accepted', signatureOk: true });
    const { event } = JSON.parse(alarms[0]?.body ?? '{}') as { event: { occurredAt: number; receivedAt: number; type: string; channels: string[] } };
    expect(event).toMatchObject({ type: 'panic.audible', channels: ['cam-gate'] });
    expect(Math.abs(event.receivedAt - event.occurredAt)).toBeLessThan(20_000);
    await eventually(async () => expect(await metrics()).toMatch(/^alarms_delivered(?:\{[^}]*\})? 1$/m));
  });

  test('keeps the pictures of four cameras flowing', async () => {
    await eventually(() => {
      expect([...demo.frames.keys()].toSorted()).toEqual(['cam-canteen', 'cam-dormitory', 'cam-gate', 'cam-playground']);
      for (const frames of demo.frames.values()) expect(frames).toBeGreaterThan(15);
    });
  });

  test('keeps the last seconds of every channel before anybody signs in', async () => {
    await eventually(async () => expect((await metrics()).match(/^stream_ring_reach_seconds\{channel="cam-\w+",profile="main"\}/gm)).toHaveLength(4));
  });

  test('tells how to sign in, and answers nobody who has not', async () => {
    expect(printed.join('\n')).toContain(demo.gateway.claimCode ?? 'no claim code');
    expect((await fetch(`${plain()}/api/v1/alarms`)).status).toBe(401);
    expect(await (await fetch(`${plain()}/healthz`)).text()).not.toContain('{');
  });

  test('is all well in its own eyes', async () => {
    const headers = { 'content-type': 'application/json', origin: plain() };
    const claim = { code: demo.gateway.claimCode, name: 'admin', password: 'correct horse battery' };
    const claimed = await fetch(`${plain()}/api/v1/claim`, { method: 'POST', headers, body: JSON.stringify(claim) });
    expect(claimed.status).toBe(201);
    cookie = claimed.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    await eventually(async () => {
      const overview = await (await fetch(`${plain()}/api/v1/overview`, { headers: { cookie } })).json();
      expect(overview).toMatchObject({ cameras: { total: 4, normal: 4 }, panels: { total: 2, normal: 2 }, openFaults: 0, phonePolice: false });
    }, seconds(60));
    const { alarms } = (await (await fetch(`${plain()}/api/v1/alarms`, { headers: { cookie } })).json()) as AlarmPage;
    const hops = alarms[0]?.receipts.map(({ hop }) => hop);
    expect(hops).toEqual(expect.arrayContaining(['pressed', 'received', 'journalled', 'sent', 'accepted']));
  });

  test('has cameras that are found by POST /discovery and by the command, each at its own address', async () => {
    const cameras = demo.gateway.inventory.current().cameras.map(({ address }) => address);
    const byApi = fetch(`${plain()}/api/v1/discovery`, { method: 'POST', headers: { cookie, origin: plain() } });
    const byCommand = runProgram(process.execPath, ['--import', 'tsx', join(packageRoot, 'gateway/main.ts'), 'discover', '--json']);
    const found = (await (await byApi).json()) as DiscoveredCamera[];
    expect(found.map(({ address }) => address)).toEqual(expect.arrayContaining(cameras));
    expect(found.find(({ address }) => address === cameras[0])).toMatchObject({ name: expect.stringMatching(/\S/), heardOn: '127.0.0.1' });
    const { output } = await byCommand;
    expect((JSON.parse(output) as DiscoveredCamera[]).map(({ address }) => address)).toEqual(expect.arrayContaining(cameras));
  });

  test('leaves nothing behind', async () => {
    const { folder } = demo;
    const port = demo.gateway.plain?.port;
    await demo[Symbol.asyncDispose]();
    expect(existsSync(folder)).toBe(false);
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  });
});
