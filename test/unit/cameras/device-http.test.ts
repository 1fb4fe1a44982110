/** HTTP to one device, where its name and its connections play tricks. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { expect, test } from 'vitest';
import { DeviceHttp } from '../../../adapters/protocols/soap/device-http.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';

const signal = new AbortController().signal;

async function serverAt(address: string, port = 0) {
  const seen = { requests: 0 };
  const server: Server = createServer((_request, response) => {
    seen.requests += 1;
    response.writeHead(200, { Connection: 'close' }).end(address);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

test('a name that leads elsewhere after the first connection does not take us along', async () => {
  await using camera = await serverAt('127.0.0.1');
  await using stranger = await serverAt('127.0.0.2', camera.port);
  const answers = ['127.0.0.1', '127.0.0.2', '127.0.0.2'];
  const asked: string[] = [];
  const lookup: LookupFunction = (name, options, found) => {
    asked.push(name);
    const address = answers.shift() ?? '';
    if (options.all) found(null, [{ address, family: 4 }]);
    else found(null, address, 4);
  };
  const home = new URL(`http://camera.example:${camera.port}/`);
  await using http = new DeviceHttp({ home, timers: systemClock, lookup });
  for (let time = 0; time < 3; time += 1) {
    const reply = await http.exchange({ url: home, body: '', most: 100 }, signal);
    expect(reply.body.toString()).toBe('127.0.0.1');
  }
  expect([asked, http.peerAddress, stranger.seen.requests]).toEqual([['camera.example'], '127.0.0.1', 0]);
});

test('a name that cannot be resolved is said so', async () => {
  const lookup: LookupFunction = (_name, _options, found) => found(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), '', 4);
  const home = new URL('http://camera.example/');
  await using http = new DeviceHttp({ home, timers: systemClock, lookup });
  await expect(http.exchange({ url: home, body: '', most: 100 }, signal)).rejects.toMatchObject({
    reason: 'unreachable',
    message: 'has a name that cannot be resolved (camera.example).',
  });
});
