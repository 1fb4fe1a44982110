import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { UplinkId } from '../../gateway/domain/ids.ts';
import { hours, millis, seconds } from '../../gateway/domain/time.ts';
import { access } from '../../gateway/http/access.ts';
import { HopTimes } from '../../gateway/http/metrics/hop-times.ts';
import { openLoopDelay } from '../../gateway/http/metrics/loop-delay.ts';
import { verdictOf } from '../../gateway/http/views/overview.ts';
import { boxCertificate } from '../../gateway/runtime/box-certificate.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { school } from '../support/http-school.ts';

const committed = new URL('../../docs/openapi.json', import.meta.url);

describe('the OpenAPI document', () => {
  test('is the committed one (UPDATE_OPENAPI=1 writes it anew), and has every route of the table', async () => {
    await using campus = await school();
    const cookie = await campus.signIn('viewer');
    const document = (await campus.call('GET', '/api/v1/openapi.json', { cookie })).json;
    const text = `${JSON.stringify(document, null, 1)}\n`;
    if (process.env.UPDATE_OPENAPI === '1') await writeFile(committed, text);
    expect(await readFile(committed, 'utf8')).toBe(text);
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.sort()).toEqual([...access.keys()].filter((route) => /^(GET|POST|PUT|DELETE) \/(api|media)\//.test(route)).sort());
    // A field that may be absent is not listed as required.
    expect(document.components.schemas.AlarmView.required).not.toContain('restoredAt');
    expect(document.components.schemas.AlarmView.required).toContain('journalledAt');
  });
});

describe('metrics', () => {
  test('are for the scrape token, and count the alarms delivered', async () => {
    await using campus = await school();
    const token = (await readFile(join(campus.folder, 'metrics.token'), 'utf8')).trim();
    const scrape = (bearer: string) => campus.call('GET', '/metrics', { headers: { authorization: `Bearer ${bearer}` } });
    expect((await scrape('wrong')).status).toBe(401);
    const { id } = await campus.journal.press();
    await campus.journal.press();
    await campus.journal.accept(id, 'police' as UplinkId);
    const { status, text } = await scrape(token);
    expect(status).toBe(200);
    expect(text).toMatch(/^alarms_delivered 1$/m);
    expect(text).toMatch(/^outbox_pending\{uplink="police"\} 1$/m);
    expect(text).toMatch(/^build_info\{version="0.1.0",node="v\d+/m);
    expect(text).toMatch(/^event_loop_delay_seconds\{quantile="0.99"\} /m);
    expect(text.match(/^alarms_delivered /gm)).toHaveLength(1);
  });

  test('call a loop that nothing holds up on time, and one that is held up late by as long', async () => {
    using loop = openLoopDelay();
    // Now and then: the machine is not ours alone.
    await eventually(async () => {
      loop.reset();
      await systemClock.sleep(millis(100));
      expect(loop.late(0.5)).toBeLessThan(0.005);
    });
    const held = performance.now();
    while (performance.now() - held < 80); // waits as an endless loop would
    await systemClock.sleep(millis(30));
    expect(loop.late(1)).toBeGreaterThan(0.06);
  });

  test('show how long deliveries took, as cumulative buckets', () => {
    const times = new HopTimes();
    for (const took of [3, 30, 3_000]) times.add({ hop: 'accepted', uplink: 'police' as UplinkId, took: millis(took) });
    const [figures] = times.figures();
    expect(figures).toMatchObject({ labels: { hop: 'accepted', uplink: 'police' }, count: 3, sum: 3.033 });
    expect(figures?.counts[figures.bounds.indexOf(0.04)]).toBe(2);
    expect(figures?.counts.at(-1)).toBe(3);
  });

  test('show p50, p95 and p99 of the last thousand of each hop, exactly', () => {
    const times = new HopTimes();
    for (let count = 0; count < 5_000; count += 1) times.add({ hop: 'journalled', took: millis(9_000) }); // long ago
    for (let took = 1_024; took > 0; took -= 1) times.add({ hop: 'journalled', took: millis(took) });
    times.add({ hop: 'shown', took: millis(70) });
    expect(times.figures().map(({ labels, quantiles }) => [labels, quantiles.map(({ value }) => value)])).toEqual([
      [{ hop: 'journalled' }, [0.512, 0.973, 1.014]],
      [{ hop: 'shown' }, [0.07, 0.07, 0.07]],
    ]);
  });
});

describe('the overview', () => {
  test('tells the school to phone once an alarm is undelivered for fifteen seconds, but not for a drill', async () => {
    const clock = new ManualClock();
    await using campus = await school({ clock });
    const cookie = await campus.signIn('viewer');
    const overview = async () => (await campus.call('GET', '/api/v1/overview', { cookie })).json;
    await campus.journal.press({ drill: true });
    await clock.advance(seconds(20));
    expect((await overview()).phonePolice).toBe(false);
    const { id } = await campus.journal.press();
    await clock.advance(seconds(14));
    expect((await overview()).phonePolice).toBe(false);
    await clock.advance(seconds(1));
    expect(await overview()).toMatchObject({ phonePolice: true, openAlarms: 2, verdict: { zh: expect.stringContaining('110') } });
    expect((await overview()).phone).toMatchObject({ number: '110', alarm: id, read: { zh: expect.stringContaining('Guard room button 发生') } });
    await campus.journal.accept(id, 'police' as UplinkId);
    expect((await overview()).phonePolice).toBe(false);
  });

  test('still tells it when hundreds of later alarms have arrived or are too young to count', async () => {
    const clock = new ManualClock();
    await using campus = await school({ clock });
    const cookie = await campus.signIn('viewer');
    const stuck = await campus.journal.press();
    await clock.advance(seconds(15));
    for (let count = 0; count < 250; count += 1) await campus.journal.press();
    const overview = async () => (await campus.call('GET', '/api/v1/overview', { cookie })).json;
    expect(await overview()).toMatchObject({ phonePolice: true });
    await campus.journal.accept(stuck.id, 'police' as UplinkId);
    expect(await overview()).toMatchObject({ phonePolice: false });
  });

  test('says in one sentence of each language how the school is', () => {
    const up = { id: 'police', name: 'Police', adapter: 'webhook', state: 'normal', pending: 0, refused: 0 } as const;
    const well = verdictOf({ cameras: { total: 4, normal: 4 }, panels: { total: 2, normal: 2 }, openAlarms: 0, phonePolice: false, uplinks: [up] });
    expect(well.en).toBe('No alarm open, all 4 cameras normal, all 2 panels normal, police link up.');
    const ill = { cameras: { total: 64, normal: 62 }, panels: { total: 0, normal: 0 }, openAlarms: 1, phonePolice: false };
    expect(verdictOf({ ...ill, uplinks: [{ ...up, state: 'offline' }] }).zh).toBe('1 个报警未确认，64 路摄像机中 62 正常，上报链路异常（Police）。');
  });
});

describe('pages', () => {
  test('are served without a session, assets for ever, and nothing from outside their folder', async () => {
    const webFolder = await mkdtemp(join(tmpdir(), 'http-web-'));
    await mkdir(join(webFolder, 'assets'));
    await writeFile(join(webFolder, 'index.html'), '<!doctype html>console');
    await writeFile(join(webFolder, 'wall.html'), '<!doctype html>wall');
    await writeFile(join(webFolder, 'assets', 'main-1a2b.js'), 'export {}');
    await writeFile(join(webFolder, '.secret'), 'no');
    try {
      await using campus = await school({ webFolder });
      expect((await campus.call('GET', '/')).text).toContain('console');
      expect((await campus.call('GET', '/wall')).text).toContain('wall');
      expect((await campus.call('GET', '/assets/main-1a2b.js')).headers['cache-control']).toContain('immutable');
      for (const path of ['/.secret', '/assets/none.js', '/..%2f..%2fetc%2fpasswd', '/assets/']) {
        expect([path, (await campus.call('GET', path)).status]).toEqual([path, 401]);
      }
    } finally {
      await rm(webFolder, { recursive: true });
    }
  });
});

describe('the server', () => {
  test('refuses a body that is too large, and one that is no JSON, without repeating it', async () => {
    await using campus = await school();
    const cookie = await campus.signIn();
    const large = await campus.call('PUT', '/api/v1/places/hall', { cookie, body: { name: 'x'.repeat(70_000) } });
    expect([large.status, large.json.code]).toEqual([413, 'REQUEST_INVALID']);
    const broken = await campus.call('PUT', '/api/v1/places/hall', { cookie, body: '{"name": oops' });
    expect([broken.status, broken.json.code, broken.text.includes('oops')]).toEqual([400, 'REQUEST_INVALID', false]);
    const id = 'my-request-0001';
    const named = await campus.call('GET', '/api/v1/none', { cookie, headers: { 'x-request-id': id } });
    expect([named.status, named.json.instance, named.headers['x-request-id']]).toEqual([404, id, id]);
  });

  test('speaks TLS 1.2 or later only, and lets a client go that speaks nonsense', async () => {
    await using campus = await school();
    const old = connect({ host: '127.0.0.1', port: campus.port, ca: campus.certificate.cert, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
    await expect(new Promise((resolve, reject) => old.on('secureConnect', resolve).on('error', reject))).rejects.toThrow();
    expect((await campus.call('GET', '/healthz')).status).toBe(200);
  });

  test('closes at once, with every socket, however many are open', async () => {
    const campus = await school();
    const cookie = await campus.signIn();
    const socket = campus.socket('/api/v1/live', { cookie });
    await new Promise((resolve) => socket.on('open', resolve));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const started = performance.now();
    await campus[Symbol.asyncDispose]();
    await closed;
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('lets no address ask without end', async () => {
    await using campus = await school({ limits: { requestsPerMinute: 10 } });
    const statuses = await Promise.all(Array.from({ length: 12 }, () => campus.call('GET', '/healthz').then(({ status }) => status)));
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });
});

describe('the box certificate', () => {
  test('is made once, for every name of the box, and made anew before it ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'box-'));
    try {
      const clock = new ManualClock(systemClock.now());
      const first = await boxCertificate({ folder, clock, hostNames: ['gateway.school.example'] });
      const certificate = new X509Certificate(first.cert);
      expect(certificate.checkHost('localhost')).toBe('localhost');
      expect(certificate.checkHost('gateway.school.example')).toBe('gateway.school.example');
      expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
      expect(certificate.ca).toBe(false);
      expect(certificate.fingerprint256).toBe(first.fingerprint256);
      expect(await boxCertificate({ folder, clock })).toEqual(first);
      await clock.advance(hours(24 * 3_640));
      expect((await boxCertificate({ folder, clock })).fingerprint256).not.toBe(first.fingerprint256);
      await writeFile(join(folder, 'box-certificate.pem'), 'damaged');
      expect((await boxCertificate({ folder, clock })).cert).toContain('BEGIN CERTIFICATE');
      // An end between the two files leaves the new key beside the old certificate: nobody could speak TLS with that.
      await writeFile(join(folder, 'box-key.pem'), first.key);
      const again = await boxCertificate({ folder, clock });
      expect(new X509Certificate(again.cert).checkPrivateKey(createPrivateKey(again.key))).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
