/** SIP over TCP: one connection for both directions, and what becomes of it. */
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { SipFlow } from '../../../adapters/protocols/sip/flow.ts';
import type { IncomingRequest } from '../../../adapters/protocols/sip/incoming.ts';
import { TcpFlow } from '../../../adapters/protocols/sip/tcp-flow.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { gatewayUri, type LocalSip, localSip, never, order, platformUri } from '../../support/sip-endpoint.ts';
import { answerLines, rawTcpPeer } from '../../support/sip-peer.ts';

const tcp = { transports: ['TCP'] } as const;
const ask = (from: LocalSip, to: LocalSip) => from.endpoint.ask(order('MESSAGE'), to.peer('TCP'), never);
const options = (number: number) => [
  `OPTIONS ${gatewayUri} SIP/2.0`,
  `Via: SIP/2.0/TCP 10.0.0.9:5060;rport;branch=z9hG4bKo${number}`,
  `From: <${platformUri}>;tag=p`,
  `To: <${gatewayUri}>`,
  `Call-ID: o${number}`,
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
];

test('a connection is dialled once, however many ask at once, and serves both directions', async () => {
  const flows = new Set<SipFlow>();
  const incoming: IncomingRequest[] = [];
  await using platform = await localSip({
    ...tcp,
    request: (one) => {
      flows.add(one.flow);
      incoming.push(one);
      one.answer(200);
    },
  });
  await using gateway = await localSip(tcp);
  await Promise.all(Array.from({ length: 20 }, () => ask(gateway, platform)));
  expect([flows.size, incoming.length]).toEqual([1, 20]);
  // The platform asks back over the connection of the registration, and dials nobody (gb28181 §3.5).
  const [flow] = flows;
  const back = await platform.endpoint.ask({ ...order('MESSAGE'), uri: gatewayUri }, { transport: 'TCP', ...flow!.remote }, never);
  expect(back.status).toBe(200);
  expect(await platform.endpoint.flowTo({ transport: 'TCP', ...flow!.remote })).toBe(flow);
});

test('a connection that is closed says so, fails what was asked over it, and is dialled anew for the next request', async () => {
  let heard = 0;
  await using gateway = await localSip(tcp);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', () => {
      heard += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const peer = { transport: 'TCP', address: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 } as const;
  const flow = await gateway.endpoint.flowTo(peer);
  const asked = gateway.endpoint.ask(order('MESSAGE'), peer, never);
  asked.catch(() => undefined);
  await eventually(() => expect(heard).toBe(1));
  sockets[0]?.destroy();
  await expect(asked).rejects.toMatchObject({ reason: 'closed', message: 'closed the connection.' });
  expect(flow.closed.reason).toMatchObject({ reason: 'closed' });
  expect(await gateway.endpoint.flowTo(peer)).not.toBe(flow);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await eventually(() => expect(gateway.endpoint.flowTo(peer)).rejects.toMatchObject({ reason: 'unreachable' }));
});

test('a ping is answered, and pings are sent where they are wanted (RFC 5626 §4.4.1)', async () => {
  const clock = new ManualClock();
  await using gateway = await localSip({ ...tcp, timers: clock, pingEvery: 25_000 });
  await using peer = await rawTcpPeer(gateway.port);
  peer.send(Buffer.from('\r\n\r\n'));
  await eventually(() => expect(peer.heard).toEqual(['pong']));
  for (const expected of [2, 3]) {
    await clock.advance(seconds(25));
    await eventually(() => expect(peer.heard).toHaveLength(expected));
  }
  expect(peer.heard).toEqual(['pong', 'ping', 'ping']);
});

test('messages are taken apart and put together however they arrive; one that never ends costs the connection', async () => {
  const clock = new ManualClock();
  await using gateway = await localSip({ ...tcp, timers: clock });
  await using peer = await rawTcpPeer(gateway.port);
  peer.send(Buffer.from([options(1), options(2)].map((lines) => `${lines.join('\r\n')}\r\n\r\n`).join('')));
  await peer.next('200 OPTIONS');
  await peer.next('200 OPTIONS');
  const bytes = Buffer.from(`${options(3).join('\r\n')}\r\n\r\n`);
  peer.send(bytes.subarray(0, 40));
  await eventually(() => expect(clock.sleepers).toBe(1));
  await clock.advance(seconds(20));
  peer.send(bytes.subarray(40));
  await peer.next('200 OPTIONS');
  await clock.advance(seconds(20));
  peer.send(bytes.subarray(0, 40));
  let closed = false;
  void peer.closed.then(() => {
    closed = true;
  });
  await eventually(async () => {
    await clock.advance(seconds(31));
    expect(closed).toBe(true);
  });
});

test('bytes whose end nobody knows get their refusal, and the connection ends', async () => {
  await using gateway = await localSip(tcp);
  await using peer = await rawTcpPeer(gateway.port);
  peer.send(options(1).map((line) => line.replace('Content-Length: 0', 'Content-Length: 4294967296')));
  expect(await peer.next('413 OPTIONS')).toMatchObject({ reason: 'Body Too Large' });
  await peer.closed;
  await using noise = await rawTcpPeer(gateway.port);
  noise.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await noise.closed;
  expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['refused', 'noise', 'noise']);
});

test('a connection from an address that may not speak here is not taken', async () => {
  await using gateway = await localSip({ ...tcp, accepts: () => false });
  await using peer = await rawTcpPeer(gateway.port);
  await peer.closed;
  expect(gateway.troubles).toMatchObject([{ kind: 'noise' }]);
});

test('a call goes on over another connection when its own is gone', async () => {
  const flows: SipFlow[] = [];
  await using platform = await localSip({
    ...tcp,
    request: (incoming) => {
      flows.push(incoming.flow);
      incoming.accept((asked) => {
        flows.push(asked.flow);
        asked.answer(200);
      });
    },
  });
  await using gateway = await localSip(tcp);
  const { method: _, ...call } = order('INVITE');
  const { call: made } = await gateway.endpoint.invite(call, platform.peer('TCP'), (asked) => asked.answer(200), never);
  made?.acknowledge();
  const first = made!.dialog.flow;
  if (first instanceof TcpFlow) first.close('was cut by the test.');
  expect(first.closed.aborted).toBe(true);
  expect((await made!.dialog.request('INFO', {}, never)).status).toBe(200);
  expect(flows[1]).not.toBe(flows[0]);
});

test('both transports share one port', async () => {
  await using platform = await localSip({ transports: ['TCP', 'UDP'] });
  await using gateway = await localSip({ transports: ['TCP', 'UDP'] });
  for (const transport of ['TCP', 'UDP'] as const) {
    expect((await gateway.endpoint.ask(order('MESSAGE'), platform.peer(transport), never)).status).toBe(200);
  }
  await using udp = await localSip();
  await expect(udp.endpoint.flowTo(platform.peer('TCP'))).rejects.toMatchObject({ reason: 'unreachable' });
  await expect(localSip({ local: { address: '127.0.0.1', port: platform.port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('an answer to the connection of bytes keeps its Vias, whatever they say of addresses', async () => {
  await using gateway = await localSip(tcp);
  await using peer = await rawTcpPeer(gateway.port);
  peer.send(options(1));
  const response = await peer.next('200 OPTIONS');
  expect(answerLines(response, '200 OK')).toContain(`Via: SIP/2.0/TCP 10.0.0.9:5060;rport=${peer.port};branch=z9hG4bKo1;received=127.0.0.1`);
});
