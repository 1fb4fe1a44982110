import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { dial } from '../../../adapters/protocols/net/dial.ts';
import { ReadPlace } from '../../../adapters/protocols/net/read-place.ts';

/** One megabyte of which every byte tells its place, and where it is cut. */
const sent = Buffer.from(Array.from({ length: 2 ** 20 }, (_, at) => (at ^ (at >> 8) ^ (at >> 16)) & 0xff));
const cuts = [1, 1_447, 12, 9_000, 70_000, 300];

test('every read is heard in the same place, and the end of the connection is heard', async () => {
  const server = createServer(async (socket) => {
    for (let at = 0, turn = 0; at < sent.length; turn += 1) {
      const end = Math.min(sent.length, at + cuts[turn % cuts.length]!);
      if (!socket.write(sent.subarray(at, end))) await once(socket, 'drain');
      at = end;
    }
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const reads: Buffer[] = [];
  const place = new ReadPlace();
  const places = new Set<ArrayBufferLike>();
  place.hear = (bytes) => {
    places.add(bytes.buffer);
    reads.push(Buffer.from(bytes));
  };
  const { port } = server.address() as AddressInfo;
  const socket = await dial({ host: '127.0.0.1', port, onread: place.onread }, new AbortController().signal);
  await once(socket, 'close');
  server.close();
  expect(Buffer.concat(reads).equals(sent)).toBe(true);
  expect(reads.length).toBeGreaterThan(4);
  expect(places.size).toBe(1);
});
