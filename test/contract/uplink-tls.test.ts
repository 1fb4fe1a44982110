/** Who the platform is must be proved before an alarm, a signature or a password is written to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { mqtt } from '../../adapters/uplinks/mqtt.ts';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import type { Uplink } from '../../gateway/domain/uplink-ports.ts';
import { type BoxCertificate, boxCertificate } from '../../gateway/runtime/box-certificate.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type PoliceSimulator, runPoliceSimulator } from '../../simulators/platform/simulator.ts';
import { context, deliveryOf, sharedSecret, untilDelivered } from './uplink.ts';

const folder = mkdtempSync(join(tmpdir(), 'uplink-tls-'));
const ca = join(folder, 'platform.pem');
let certificate: BoxCertificate;
let police: PoliceSimulator;

beforeAll(async () => {
  certificate = await boxCertificate({ folder, clock: systemClock });
  writeFileSync(ca, certificate.cert);
  const listen = { address: '127.0.0.1', port: 0 };
  const tls = { cert: certificate.cert, key: certificate.key };
  police = await runPoliceSimulator({
    ...{ clock: systemClock, log: silentLogger },
    webhook: { listen, tls },
    mqtt: { listen, tls, username: 'school', password: sharedSecret },
    ledger: 'memory',
    hmacKey: sharedSecret,
  });
});
afterAll(async () => {
  await police[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function uplinkOf(kind: 'webhook' | 'mqtt', trust: Readonly<Record<string, unknown>>): Uplink {
  const settings = { id: uplinkId('police'), name: 'police', adapter: kind, settings: {}, secret: new Secret(sharedSecret), enabled: true };
  const uplink =
    kind === 'webhook'
      ? webhook.create(settings, webhook.config.parse({ url: police.webhook!.url, timeout: 10, ...trust }), context)
      : mqtt.create(settings, mqtt.config.parse({ url: police.mqtt!.url, username: 'school', timeout: 10, ...trust }), context);
  const ended = new AbortController();
  const life = uplink.run(ended.signal).catch(() => undefined);
  onTestFinished(async () => {
    ended.abort();
    await life;
  });
  return uplink;
}

describe.each(['webhook', 'mqtt'] as const)('over TLS, the %s uplink', (kind) => {
  test.each([
    ['the platform’s authority', () => ({ ca })],
    ['the pinned certificate', () => ({ fingerprint256: certificate.fingerprint256 })],
    ['both', () => ({ ca, fingerprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase() })],
  ])('delivers with %s', async (_, trust) => {
    const delivery = deliveryOf();
    await untilDelivered(uplinkOf(kind, trust()), delivery);
    expect(police.ledger().filter(({ eventId }) => eventId === delivery.event)).toHaveLength(1);
  });

  test.each([
    ['a certificate that nobody vouches for', () => ({})],
    ['another certificate than the pinned one', () => ({ fingerprint256: 'ab'.repeat(32) })],
    ['the right authority but the wrong pin', () => ({ ca, fingerprint256: 'ab'.repeat(32) })],
    ['an authority file that is not there', () => ({ ca: join(folder, 'missing.pem') })],
  ])('gives nothing away to %s', async (_, trust) => {
    const uplink = uplinkOf(kind, trust());
    const delivery = deliveryOf();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(uplink.deliver(delivery, AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
      await systemClock.sleep(millis(50));
    }
    expect(police.ledger().filter(({ eventId }) => eventId === delivery.event)).toEqual([]);
  });
});

test('a webhook with an authority to read delivers its very first event, without a try before it', async () => {
  const delivery = deliveryOf();
  expect(await uplinkOf('webhook', { ca }).deliver(delivery, systemClock.deadline(millis(60_000)))).toEqual({ proof: 'HTTP 202' });
});
