/** What goes along with deliveries: links and stills, never in the way of an alarm. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { mqtt } from '../../adapters/uplinks/mqtt.ts';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import type { UplinkSettings } from '../../gateway/domain/campus.ts';
import type { Delivery, DeliveryBody } from '../../gateway/domain/delivery.ts';
import { type EvidenceFact, evidenceLinks } from '../../gateway/domain/evidence.ts';
import { channelId, type EvidenceId, uplinkId } from '../../gateway/domain/ids.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { hours, millis } from '../../gateway/domain/time.ts';
import type { Uplink, UplinkContext } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import type { PoliceSimulator } from '../../simulators/platform/simulator.ts';
import { context, deliveryOf, policeSide, sharedSecret, untilDelivered } from './uplink.ts';

type Read = (evidence: EvidenceId) => Promise<Uint8Array | undefined>;
const jpeg = Buffer.concat([Buffer.of(0xff, 0xd8), Buffer.alloc(20_000, 7), Buffer.of(0xff, 0xd9)]);
const settings: UplinkSettings = {
  id: uplinkId('police'),
  name: 'police',
  adapter: '',
  settings: {},
  secret: new Secret(sharedSecret),
  enabled: true,
};
const address = { evidenceAddress: 'https://school.example:8443' };

/** Patience of seconds is one of some tens of ms here. */
const hasty: Clock = { ...systemClock, sleep: (length, signal) => systemClock.sleep(millis(length / 50), signal) };

function boxWith(read: Read, clock = hasty): UplinkContext {
  const pass = (evidence: EvidenceId, uplink: string) => `/media/v1/evidence/${evidence}?for=${uplink}`;
  return { ...context, clock, door: { ...context.door, evidence: { pass, read } } };
}

type More = Readonly<Record<string, unknown>>;
const kinds = {
  webhook: (police: PoliceSimulator, more: More, around: UplinkContext) =>
    webhook.create(settings, webhook.config.parse({ url: police.webhook!.url, timeout: 5, ...more }), around),
  mqtt: (police: PoliceSimulator, more: More, around: UplinkContext) =>
    mqtt.create(settings, mqtt.config.parse({ url: police.mqtt!.url, username: 'school', timeout: 5, ...more }), around),
};

/** An alarm with two cameras, and the still of the first. */
function alarmAndStill() {
  const alarm = deliveryOf();
  const evidence = evidenceLinks(alarm.event, [channelId('gate'), channelId('yard')]);
  const { id, medium, channel, path } = evidence[0]!;
  const name = { alarm: alarm.event, evidence: id, medium, channel };
  const fact = {
    ...name,
    kind: 'evidence.kept',
    outcome: 'complete',
    path,
    bytes: jpeg.length,
    file: 'a',
    sha256: 'ab'.repeat(32),
  } satisfies EvidenceFact;
  const raised = deliveryOf({ id: alarm.event, evidence });
  const kept = deliveryOf(fact);
  return { raised: { ...raised, event: alarm.event }, kept: { ...kept, kind: fact.kind, rank: 2 } satisfies Delivery, still: id };
}

describe.each(['webhook', 'mqtt'] as const)('the %s uplink', (kind) => {
  let police: PoliceSimulator;
  let ended: AbortController;
  const lives: Promise<unknown>[] = [];
  beforeEach(async () => {
    police = await policeSide();
    ended = new AbortController();
  });
  afterEach(async () => {
    ended.abort();
    await Promise.allSettled(lives.splice(0));
    await police[Symbol.asyncDispose]();
  });
  const open = (more: More, read: Read = async () => jpeg, clock = hasty): Uplink => {
    const uplink = kinds[kind](police, more, boxWith(read, clock));
    lives.push(uplink.run(ended.signal));
    return uplink;
  };
  const arrived = async (uplink: Uplink, delivery: Delivery) => {
    await untilDelivered(uplink, delivery);
    const row = police.ledger().findLast(({ eventId }) => eventId === delivery.event)!;
    return { row, body: JSON.parse(row.body) as DeliveryBody };
  };

  test('says nothing of evidence unless it is set to', async () => {
    const { raised, kept } = alarmAndStill();
    const uplink = open({});
    for (const delivery of [raised, kept]) expect((await arrived(uplink, delivery)).row.body).toBe(delivery.body);
  });

  test('gives an alarm the links of all its pieces, signed for this uplink, the same at each repeat', async () => {
    const { raised, still } = alarmAndStill();
    const uplink = open({ ...address, evidenceHours: 2 });
    const { row, body } = await arrived(uplink, raised);
    const { attachments = [], ...rest } = body;
    expect(rest).toEqual(JSON.parse(raised.body));
    expect(attachments.map(({ medium, channel }) => `${channel} ${medium}`)).toEqual(['gate still', 'yard still', 'gate clip', 'yard clip']);
    const [first] = attachments;
    expect(first).toEqual({ ...{ evidence: still, medium: 'still', channel: 'gate' }, url: expect.any(String), until: expect.any(String) });
    expect(first!.url).toBe(`https://school.example:8443/media/v1/evidence/${still}?for=police`);
    expect(Date.parse(first!.until!) - Date.now()).toBeGreaterThanOrEqual(hours(2) - 60_000);
    expect((await arrived(uplink, raised)).row.body).toBe(row.body);
  });

  test('brings a still as it is with the word that it is kept, and its hash', async () => {
    const { kept, still } = alarmAndStill();
    const { body, row } = await arrived(open({ ...address, evidenceStillBytes: 100_000 }), kept);
    const [piece] = body.attachments!;
    expect(piece).toMatchObject({ evidence: still, bytes: jpeg.length, sha256: 'ab'.repeat(32), type: 'image/jpeg', url: expect.any(String) });
    expect(Buffer.from(piece!.base64!, 'base64').equals(jpeg)).toBe(true);
    if (kind === 'mqtt') return;
    const [, at, signature] = /^t=(\d+),v1=(\w+)$/.exec(row.headers['x-campus-signature'] ?? '') ?? [];
    expect(signature).toBe(createHmac('sha256', sharedSecret).update(`${at}.${row.body}`).digest('hex'));
  });

  test('leaves a still behind that is too large, gone, or not given up by the disk: the word goes all the same', async () => {
    const { kept } = alarmAndStill();
    const uplinks = [
      open({ evidenceStillBytes: 10_000 }),
      open({ evidenceStillBytes: 100_000 }, async () => undefined),
      open({ evidenceStillBytes: 100_000 }, () => Promise.reject(new Error('EIO'))),
      open({ evidenceStillBytes: 100_000 }, () => new Promise(() => undefined)),
      ...(kind === 'mqtt' ? [open({ evidenceStillBytes: 100_000, maxBytes: 4_096 })] : []),
    ];
    for (const uplink of uplinks)
      expect((await arrived(uplink, kept)).body.attachments).toEqual([expect.not.objectContaining({ base64: expect.anything() })]);
  });

  test('lets the next alarm pass while a still waits for the disk', async () => {
    const { raised, kept } = alarmAndStill();
    let given = () => undefined as unknown;
    const uplink = open({ ...address, evidenceStillBytes: 100_000 }, () => new Promise((resolve) => (given = () => resolve(jpeg))), systemClock);
    await untilDelivered(uplink, deliveryOf());
    const waiting = untilDelivered(uplink, kept);
    await untilDelivered(uplink, raised);
    given();
    await waiting;
    const order = police.ledger().map(({ eventId }) => eventId);
    expect(order.slice(-2)).toEqual([raised.event, kept.event]);
  });
});

test('a webhook that takes no long bodies (413) is sent the same without the file', async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (body.length <= 10_000) bodies.push(body);
    response.writeHead(body.length > 10_000 ? 413 : 202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ended = new AbortController();
  const config = webhook.config.parse({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ...address,
    evidenceStillBytes: 100_000,
  });
  const uplink = webhook.create(
    settings,
    config,
    boxWith(async () => jpeg),
  );
  const life = uplink.run(ended.signal);
  onTestFinished(async () => {
    ended.abort();
    await life;
    server.close();
  });
  const { kept } = alarmAndStill();
  expect(await uplink.deliver(kept, AbortSignal.timeout(10_000))).toEqual({ proof: 'HTTP 202' });
  const [piece] = (JSON.parse(bodies[0]!) as DeliveryBody).attachments!;
  expect(piece).toMatchObject({ url: expect.any(String), sha256: expect.any(String) });
  expect(piece!.base64).toBeUndefined();
});
