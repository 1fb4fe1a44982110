/** What an uplink gave up must not arrive later, when a line that stood still is well again: the connection that it lies in is reset, not merely closed. */
import { X509Certificate } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { dc09 } from '../../adapters/uplinks/dc09/uplink.ts';
import { mqtt } from '../../adapters/uplinks/mqtt.ts';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import type { Uplink } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openAuthority } from '../support/authority.ts';
import { keyText } from '../support/dc09.ts';
import { alarm } from '../support/spine.ts';
import { context, deliveryOf, sharedSecret } from './uplink.ts';

/** CONNACK of MQTT 3.1.1: accepted. */
const welcome = Buffer.from([0x20, 0x02, 0x00, 0x00]);
/** The first byte of a CONNECT. */
const connecting = 0x10;

const entry = (adapter: string, secret = sharedSecret) => ({
  ...{ id: uplinkId('police'), name: 'police', adapter, settings: {}, enabled: true },
  secret: new Secret(secret),
});
const username = 'school';
/** s. */
const timeout = 1;
const kinds: Readonly<Record<string, (port: number, fingerprint256?: string) => Uplink>> = {
  webhook: (port) => webhook.create(entry('webhook'), webhook.config.parse({ url: `http://127.0.0.1:${port}`, timeout }), context),
  'webhook over TLS': (port, fingerprint256) =>
    webhook.create(entry('webhook'), webhook.config.parse({ url: `https://127.0.0.1:${port}`, timeout, fingerprint256 }), context),
  mqtt: (port) => mqtt.create(entry('mqtt'), mqtt.config.parse({ url: `mqtt://127.0.0.1:${port}`, username, timeout }), context),
  'mqtt over TLS': (port, fingerprint256) =>
    mqtt.create(entry('mqtt'), mqtt.config.parse({ url: `mqtts://127.0.0.1:${port}`, username, timeout, fingerprint256 }), context),
  dc09: (port) =>
    dc09.create(
      entry('dc09', keyText),
      dc09.config.parse({ account: '5678', primary: `tcp://127.0.0.1:${port}`, timeout: 3 * timeout, pollSeconds: 0 }),
      { ...context, door: { ...context.door, receipt: async () => undefined } },
    ),
};

/** Takes connections and what comes, and says nothing. `ends`: how each of them ended. */
async function mute(tls: boolean): Promise<{ readonly port: number; readonly fingerprint?: string; readonly ends: string[] }> {
  const ends: string[] = [];
  const take = (socket: Socket) => {
    socket.on('data', (bytes) => bytes[0] === connecting && socket.write(welcome));
    socket.on('end', () => ends.push('closed'));
    socket.on('error', (error) => ends.push('code' in error ? String(error.code) : error.message));
  };
  const pair = tls ? await (await openAuthority()).issue('mute', { to: Date.now() + 3_600_000 }) : undefined;
  const server = pair ? createTlsServer(pair, take) : createServer(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : 0,
    ends,
    ...(pair ? { fingerprint: new X509Certificate(pair.cert).fingerprint256 } : {}),
  };
}

test.each(Object.keys(kinds))('%s: a connection on which an alarm was given up is reset', { timeout: 120_000 }, async (kind) => {
  const { port, fingerprint, ends } = await mute(kind.endsWith('TLS'));
  const uplink = kinds[kind]!(port, fingerprint);
  const ended = new AbortController();
  const life = uplink.run(ended.signal).catch(() => undefined);
  onTestFinished(async () => {
    ended.abort();
    await life;
  });
  const event = { ...alarm({ zone: 'zone-7' }), campus: 'no-3-school' };
  const delivery = { ...deliveryOf(), body: JSON.stringify({ version: 1, event }) };
  const limit = Date.now() + 60_000;
  // Until it is connected there is nothing to give up.
  while (ends.length === 0 && Date.now() < limit) {
    await expect(uplink.deliver(delivery, AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
    await systemClock.sleep(millis(100));
  }
  expect(ends[0]).toBe('ECONNRESET');
});
