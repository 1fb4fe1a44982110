/** A platform whose name has two addresses, the first of them with nobody there: an IPv6 address without IPv6, a machine that is down. */
import { X509Certificate } from 'node:crypto';
import dns from 'node:dns';
import { createServer } from 'node:https';
import { expect, onTestFinished, test } from 'vitest';
import { dial } from '../../adapters/protocols/net/dial.ts';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { openAuthority } from '../support/authority.ts';
import { context, deliveryOf, sharedSecret } from './uplink.ts';

const host = 'platform.test';

/** Takes each request, over TLS, at the second address of `host`. */
async function platform(): Promise<{ readonly port: number; readonly fingerprint256: string }> {
  const pair = await (await openAuthority()).issue('platform', { to: Date.now() + 3_600_000 });
  const server = createServer(pair, (request, response) => request.resume().on('end', () => response.writeHead(202).end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { lookup } = dns;
  const addresses = [
    { address: '127.0.0.9', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  Reflect.set(dns, 'lookup', (_name: string, _options: unknown, tell: (error: null, found: typeof addresses) => void) =>
    setTimeout(() => tell(null, addresses), 5),
  );
  onTestFinished(() => {
    Reflect.set(dns, 'lookup', lookup);
    server.closeAllConnections();
    server.close();
  });
  const bound = server.address();
  return { port: typeof bound === 'object' && bound ? bound.port : 0, fingerprint256: new X509Certificate(pair.cert).fingerprint256 };
}

test('is reached over TLS at the second', { timeout: 60_000 }, async () => {
  const { port, fingerprint256 } = await platform();
  const socket = await dial({ host, port, tls: { fingerprint256 } }, AbortSignal.timeout(50_000));
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

test('gets what it is owed by HTTPS at the second', { timeout: 60_000 }, async () => {
  const { port, fingerprint256 } = await platform();
  const entry = { ...{ id: uplinkId('police'), name: 'police', adapter: 'webhook', settings: {}, enabled: true }, secret: new Secret(sharedSecret) };
  const uplink = webhook.create(entry, webhook.config.parse({ url: `https://${host}:${port}`, fingerprint256 }), context);
  const ended = new AbortController();
  const life = uplink.run(ended.signal);
  onTestFinished(async () => {
    ended.abort();
    await life;
  });
  await expect(uplink.deliver(deliveryOf(), AbortSignal.timeout(50_000))).resolves.toMatchObject({ proof: 'HTTP 202' });
});
