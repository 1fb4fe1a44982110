import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { after, hours } from '../../gateway/domain/time.ts';
import type { Uplink } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { context, deliveryOf, policeSide, sharedSecret, uplinkContract } from './uplink.ts';

function webhookAt(url: string, settings: Readonly<Record<string, unknown>> = {}, around = context): Uplink {
  const config = webhook.config.parse({ url, timeout: 20, ...settings });
  return webhook.create(
    { id: uplinkId('police'), name: 'police', adapter: 'webhook', settings: {}, secret: new Secret(sharedSecret), enabled: true },
    config,
    around,
  );
}

function running(uplink: Uplink): Uplink {
  const ended = new AbortController();
  const life = uplink.run(ended.signal);
  onTestFinished(async () => {
    ended.abort();
    await life;
  });
  return uplink;
}

uplinkContract({
  name: 'webhook',
  path: 'webhook',
  proof: 'HTTP 202',
  refusal: 'DELIVERY_REFUSED',
  create: (police, settings) => webhookAt(police.webhook!.url, settings),
});

test('every post is signed over the exact bytes, by a sum that anybody can repeat', async () => {
  await using police = await policeSide();
  const delivery = deliveryOf();
  await running(webhookAt(police.webhook!.url)).deliver(delivery, AbortSignal.timeout(60_000));
  const [row] = police.ledger();
  const [, at, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(row?.headers['x-campus-signature'] ?? '') ?? [];
  expect(signature).toBe(createHmac('sha256', sharedSecret).update(`${at}.${delivery.body}`, 'utf8').digest('hex'));
  expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(5);
  expect(row).toMatchObject({ signatureOk: true, headers: { 'content-type': 'application/json', 'idempotency-key': delivery.event } });
  expect(row?.headers['x-campus-event']).toBe('alarm.raised');
});

test.each([hours(1), hours(-1)])('a clock that is %i ms wrong costs one try: the platform tells its own', async (wrong) => {
  await using police = await policeSide();
  const clock = { ...systemClock, now: () => after(systemClock.now(), wrong) };
  const uplink = running(webhookAt(police.webhook!.url, {}, { ...context, clock }));
  const deliver = () => uplink.deliver(deliveryOf(), AbortSignal.timeout(60_000));
  // Two at once: the answer to the first must not make a refusal of the second.
  const first = await Promise.allSettled([deliver(), deliver()]);
  expect(first).toMatchObject([{ reason: { code: 'DELIVERY_UNANSWERED' } }, { reason: { code: 'DELIVERY_UNANSWERED' } }]);
  expect(await deliver()).toEqual({ proof: 'HTTP 202' });
  expect(police.ledger().map(({ signatureOk }) => signatureOk)).toEqual([false, false, true]);
});

test('a wrong key is a refusal, as the platform says 401', async () => {
  await using police = await policeSide();
  const config = webhook.config.parse({ url: police.webhook!.url });
  const settings = { id: uplinkId('police'), name: 'police', adapter: 'webhook', settings: {}, secret: new Secret('another key'), enabled: true };
  const uplink = running(webhook.create(settings, config, context));
  await expect(uplink.deliver(deliveryOf(), AbortSignal.timeout(60_000))).rejects.toMatchObject({
    code: 'DELIVERY_REFUSED',
    message: expect.stringContaining('HTTP 401') as unknown,
  });
  expect(police.ledger()).toMatchObject([{ signatureOk: false, answer: 'refused' }]);
  expect(police.alarms()).toEqual([]);
});

async function answering(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<{ url: string; asked(): number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    request.resume();
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in?school=3`, asked: () => asked };
}

test.each([200, 201, 204])('HTTP %i is a proof', async (status) => {
  const { url } = await answering(status, '');
  expect(await running(webhookAt(url)).deliver(deliveryOf(), AbortSignal.timeout(60_000))).toEqual({ proof: `HTTP ${status}` });
});

test.each([400, 401, 403, 404, 409, 413, 422])('HTTP %i is a refusal, with the first words of the reason', async (status) => {
  const { url } = await answering(status, `no such\nschool \u001b[31m${'x'.repeat(100_000)}`);
  const outcome = await running(webhookAt(url))
    .deliver(deliveryOf(), AbortSignal.timeout(60_000))
    .catch((error: Error) => error);
  expect(outcome).toMatchObject({ code: 'DELIVERY_REFUSED', message: expect.stringContaining(`HTTP ${status}, no such school [31mxxx`) as unknown });
  expect((outcome as Error).message.length).toBeLessThan(350);
});

test.each([408, 425, 429, 500, 502, 503, 504])('HTTP %i is no answer', async (status) => {
  const { url } = await answering(status, 'later', { 'retry-after': '86400' });
  await expect(running(webhookAt(url)).deliver(deliveryOf(), AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
});

test('a redirect is not followed, and is no answer', async () => {
  const elsewhere = await answering(202, '');
  const { url } = await answering(307, '', { location: elsewhere.url });
  await expect(running(webhookAt(url)).deliver(deliveryOf(), AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  expect(elsewhere.asked()).toBe(0);
});

test('a webhook without a secret is not made', () => {
  const settings = { id: uplinkId('police'), name: 'police', adapter: 'webhook', settings: {}, enabled: true };
  expect(() => webhook.create(settings, webhook.config.parse({ url: 'http://127.0.0.1/' }), context)).toThrow(/needs a secret/);
});

test.each(['ftp://police.example/', 'file:///etc/passwd', 'https://user:pw@police.example/', 'police.example', ''])(
  'the address %j is not taken',
  (url) => {
    expect(webhook.config.safeParse({ url }).success).toBe(false);
  },
);
