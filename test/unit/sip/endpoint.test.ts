/** Requests and answers of an endpoint over real sockets, with ourselves and with raw bytes at the far side. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DigestDoor } from '../../../adapters/protocols/digest.ts';
import { callIdOf, cseqOf, fromOf, seenAs, tagOf, topViaOf } from '../../../adapters/protocols/sip/fields.ts';
import { headerOf, headersOf, type SipRequest } from '../../../adapters/protocols/sip/message.ts';
import { SipSeries } from '../../../adapters/protocols/sip/outbound.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { randomFrom } from '../../support/measure-figures.ts';
import { gatewayUri, localSip, never, order, platformUri } from '../../support/sip-endpoint.ts';
import { answerLines, rawUdpPeer } from '../../support/sip-peer.ts';

const message = (port: number, ...more: readonly string[]) => [
  `MESSAGE ${gatewayUri} SIP/2.0`,
  `Via: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bKm1`,
  `From: <${platformUri}>;tag=p`,
  `To: <${gatewayUri}>`,
  'Call-ID: m1',
  'CSeq: 20 MESSAGE',
  ...more,
];

test.each(['UDP', 'TCP'] as const)('a request is answered over %s, and says where we were seen', async (transport) => {
  const heard: SipRequest[] = [];
  await using platform = await localSip({
    transports: [transport],
    request: (incoming) => {
      heard.push(incoming.request);
      incoming.answer(200, { headers: { Date: '2026-01-01T08:00:00.000' } });
    },
  });
  await using gateway = await localSip({ transports: [transport] });
  const body = { type: 'Application/MANSCDP+xml', content: Buffer.from('D0A3C3C5BFDA', 'hex') };
  const response = await gateway.endpoint.ask({ ...order('MESSAGE'), body }, platform.peer(transport), never);
  expect(response).toMatchObject({ status: 200, reason: 'OK' });
  expect(headerOf(response, 'Date')).toBe('2026-01-01T08:00:00.000');
  expect(seenAs(response)?.address).toBe('127.0.0.1');
  if (transport === 'UDP') expect(seenAs(response)?.port).toBe(gateway.port);
  expect(Buffer.from(heard[0]!.body)).toEqual(body.content);
  expect(headerOf(heard[0]!, 'From')).toMatch(/^<sip:34020000001180000001@3402000000>;tag=/);
  expect(topViaOf(heard[0]!)).toMatchObject({ transport, host: '127.0.0.1', port: gateway.port });
});

describe('a registration', () => {
  async function registrar(refusals: (attempt: number) => 'door' | 'stale') {
    const door = new DigestDoor({ realm: '3402000000', now: () => 5, algorithms: ['MD5'] });
    const heard: SipRequest[] = [];
    const sip = await localSip({
      request: (incoming) => {
        heard.push(incoming.request);
        const entered = door.verify(headerOf(incoming.request, 'Authorization'), 'REGISTER', () => '12345678');
        const stale = refusals(heard.length) === 'stale';
        if (typeof entered === 'object' && !stale) incoming.answer(200, { headers: { Expires: 3_600 } });
        else incoming.answer(401, { headers: { 'WWW-Authenticate': door.challenge(stale) } });
      },
    });
    return { ...sip, heard };
  }
  const credentials = { username: '34020000001180000001', password: '12345678' };

  test('that is challenged signs in: same Call-ID and tag, next CSeq, new branch', async () => {
    await using platform = await registrar(() => 'door');
    await using gateway = await localSip();
    const series = new SipSeries('192.0.2.20');
    const register = { ...order('REGISTER'), series, credentials, headers: { Expires: 86_400, 'X-GB-Ver': '3.0' } };
    expect(await gateway.endpoint.ask(register, platform.peer('UDP'), never)).toMatchObject({ status: 200 });
    const [first, second] = platform.heard;
    expect([callIdOf(first!), tagOf(fromOf(first!))]).toEqual([callIdOf(second!), tagOf(fromOf(second!))]);
    expect(platform.heard.map((one) => cseqOf(one)?.number)).toEqual([1, 2]);
    expect(topViaOf(first!)?.parameters.get('branch')).not.toBe(topViaOf(second!)?.parameters.get('branch'));
    expect(headerOf(second!, 'Authorization')).toContain(`uri="${platformUri}"`);
    expect(headerOf(second!, 'Contact')).toBe(`<sip:34020000001180000001@127.0.0.1:${gateway.port}>`);
    await gateway.endpoint.ask(register, platform.peer('UDP'), never);
    expect([callIdOf(platform.heard[3]!), cseqOf(platform.heard[3]!)?.number]).toEqual([callIdOf(first!), 4]);
  });

  test('with a wrong password is tried twice, and no more', async () => {
    await using platform = await registrar(() => 'door');
    await using gateway = await localSip();
    const wrong = { ...order('REGISTER'), credentials: { ...credentials, password: 'wrong' } };
    expect(await gateway.endpoint.ask(wrong, platform.peer('UDP'), never)).toMatchObject({ status: 401 });
    expect(platform.heard).toHaveLength(2);
  });

  test('whose nonce is too old is signed once more', async () => {
    await using platform = await registrar((attempt) => (attempt === 2 ? 'stale' : 'door'));
    await using gateway = await localSip();
    expect(await gateway.endpoint.ask({ ...order('REGISTER'), credentials }, platform.peer('UDP'), never)).toMatchObject({ status: 200 });
    expect(platform.heard).toHaveLength(3);
  });
});

describe('a far side of bytes', () => {
  test('that sends twice is answered twice, and heard once', async () => {
    let calls = 0;
    await using gateway = await localSip({
      request: (incoming) => {
        calls += 1;
        incoming.answer(200);
      },
    });
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(message(peer.port));
    const first = await peer.next('200 MESSAGE');
    peer.send(message(peer.port));
    expect(await peer.next('200 MESSAGE')).toEqual(first);
    expect(calls).toBe(1);
    expect(headersOf(first, 'Via')).toEqual([`SIP/2.0/UDP 127.0.0.1:${peer.port};rport=${peer.port};branch=z9hG4bKm1;received=127.0.0.1`]);
  });

  test('behind a NAT is answered where it was seen; one without rport and NAT, where its Via says', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    await using listener = await rawUdpPeer(gateway.port);
    peer.send(message(5_060).map((line) => line.replace('127.0.0.1:5060;rport', '10.0.0.9:5060')));
    expect(topViaOf(await peer.next('200 MESSAGE'))?.parameters.get('received')).toBe('127.0.0.1');
    peer.send(message(listener.port).map((line) => line.replace(';rport;branch=z9hG4bKm1', ';branch=z9hG4bKm2')));
    await listener.next('200 MESSAGE');
  });

  test('with a Route header, several Vias and compact names is answered with all its Vias in order (quirks 34, 39)', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const lines = message(
      peer.port,
      'Route: <sip:34020000002000000001@192.0.2.10:5060;lr>',
      'v: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx, SIP/2.0/TCP a',
    );
    peer.send(lines.map((line) => line.replace('From:', 'f:').replace('Call-ID:', 'i:')));
    const vias = headersOf(await peer.next('200 MESSAGE'), 'Via');
    expect(vias.slice(1)).toEqual(['SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx', 'SIP/2.0/TCP a']);
  });

  test('is told what was wrong with its request, and nothing about an answer or an ACK that nobody waits for', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(message(peer.port).filter((line) => !line.startsWith('From')));
    expect(await peer.next('400 MESSAGE')).toMatchObject({ reason: 'Missing From' });
    peer.send(message(peer.port).map((line) => line.replace('SIP/2.0', 'SIP/7.0').replace('SIP/7.0/UDP', 'SIP/2.0/UDP')));
    await peer.next('505 MESSAGE');
    peer.send(['SIP/2.0 200 OK', ...message(peer.port).slice(1)]);
    peer.send(message(peer.port).map((line) => line.replace('MESSAGE', 'ACK')));
    // What only keeps a NAT open is worth no word.
    peer.send(readFileSync(new URL('../../fixtures/sip/captured/camera-keepalive.bin', import.meta.url)));
    peer.send(Buffer.from('\r\n\r\n'));
    peer.send(Buffer.from('This is not SIP, whatever it is.'));
    await eventually(() => expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'stray', 'stray', 'noise']));
    expect(peer.heard).toHaveLength(2);
  });

  test('that asks for what we do not have is told what we have', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(message(peer.port).map((line) => line.replace('MESSAGE', 'PUBLISH')));
    expect(headerOf(await peer.next('405 PUBLISH'), 'Allow')).toContain('MESSAGE, SUBSCRIBE');
    peer.send(readFileSync(new URL('../../fixtures/sip/rfc4475/bext01.dat', import.meta.url)));
    peer.send(message(peer.port, 'Require: 100rel, timer'));
    expect(headerOf(await peer.next('420 MESSAGE'), 'Unsupported')).toBe('100rel, timer');
  });

  test('that asks within a dialog of yesterday is told 481; its MESSAGE is heard all the same', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const old = message(peer.port).map((line) => line.replace(`To: <${gatewayUri}>`, `To: <${gatewayUri}>;tag=old`));
    peer.send(old.map((line) => line.replace('MESSAGE', 'BYE')));
    await peer.next('481 BYE');
    peer.send(old);
    expect(headerOf(await peer.next('200 MESSAGE'), 'To')).toBe(`<${gatewayUri}>;tag=old`);
  });

  test('from an address that may not speak here hears nothing', async () => {
    await using gateway = await localSip({ accepts: (address) => address === '192.0.2.10' });
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(message(peer.port));
    await eventually(() => expect(gateway.troubles).toMatchObject([{ kind: 'noise', remote: { port: peer.port } }]));
    expect(peer.heard).toEqual([]);
  });

  test('gets 500 where our own handler fails, at once or later, and after 32 s where it forgets to answer', async () => {
    const clock = new ManualClock();
    const handlers = [
      () => {
        throw new Error('a mistake');
      },
      () => Promise.reject(new Error('a mistake')),
      () => undefined,
    ];
    await using gateway = await localSip({ timers: clock, request: () => handlers.shift()?.() });
    await using peer = await rawUdpPeer(gateway.port);
    for (const branch of ['z9hG4bKa', 'z9hG4bKb']) {
      peer.send(message(peer.port).map((line) => line.replace('z9hG4bKm1', branch)));
      await peer.next('500 MESSAGE');
    }
    expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['handler', 'handler']);
    peer.send(message(peer.port));
    await eventually(() => expect(handlers).toHaveLength(0));
    await clock.advance(seconds(33));
    await peer.next('500 MESSAGE');
  });

  test('that answers late, twice, or with another branch makes no difference', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const asked = gateway.endpoint.ask(order('MESSAGE'), { transport: 'UDP', address: '127.0.0.1', port: peer.port }, never);
    const request = await peer.next('MESSAGE');
    peer.send(answerLines(request, '200 OK').map((line) => line.replace(/branch=[^;]+/, 'branch=z9hG4bKother')));
    peer.send(answerLines(request, '403 Forbidden'));
    peer.send(answerLines(request, '200 OK'));
    expect(await asked).toMatchObject({ status: 403 });
    await eventually(() => expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['stray']));
  });
});

test('what nobody answers, what nobody waits for, and what is open when the endpoint closes, ends', async () => {
  const clock = new ManualClock();
  const waiting: string[] = [];
  const gateway = await localSip({ timers: clock, request: (incoming) => void waiting.push(incoming.request.method) });
  await using peer = await rawUdpPeer(gateway.port);
  const to = { transport: 'UDP', address: '127.0.0.1', port: peer.port } as const;
  const silent = gateway.endpoint.ask(order('MESSAGE'), to, never);
  silent.catch(() => undefined);
  await peer.next('MESSAGE');
  await clock.advance(seconds(32));
  await expect(silent).rejects.toMatchObject({ reason: 'silent', message: 'did not answer MESSAGE within 32 s.' });
  const limit = new AbortController();
  const left = gateway.endpoint.ask(order('OPTIONS'), to, limit.signal);
  left.catch(() => undefined);
  await peer.next('OPTIONS');
  limit.abort(new Error('enough'));
  await expect(left).rejects.toThrow('enough');
  await clock.advance(seconds(5));
  expect([peer.heard.filter((kind) => kind === 'OPTIONS'), gateway.endpoint.ledger.clients]).toEqual([['OPTIONS'], 0]);
  const open = gateway.endpoint.ask(order('INFO'), to, never);
  open.catch(() => undefined);
  await peer.next('INFO');
  peer.send(message(peer.port));
  await eventually(() => expect(waiting).toEqual(['MESSAGE']));
  await gateway[Symbol.asyncDispose]();
  await expect(open).rejects.toMatchObject({ reason: 'closed' });
  await expect(gateway.endpoint.ask(order('INFO'), to, never)).rejects.toMatchObject({ reason: 'closed' });
  await clock.advance(seconds(0));
  expect([gateway.endpoint.ledger, clock.sleepers]).toEqual([{ clients: 0, servers: 0, cached: 0, dialogs: 0 }, 0]);
});

test('1,000 malformed messages later a good one is answered as before', async () => {
  await using gateway = await localSip({ request: (incoming) => incoming.answer(incoming.request.method === 'MESSAGE' ? 200 : 404) });
  await using peer = await rawUdpPeer(gateway.port);
  const folder = new URL('../../fixtures/sip/rfc4475/', import.meta.url);
  const seeds = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));
  const random = randomFrom(4_475);
  for (let number = 0; number < 1_000; number += 1) {
    const bytes = Buffer.from(seeds[number % seeds.length]!);
    for (let change = 0; change < 4; change += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    peer.send(number % 3 === 0 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
    if (number % 100 === 0) await systemClock.sleep(seconds(0.02));
  }
  await eventually(async () => {
    peer.send(message(peer.port));
    await peer.next('200 MESSAGE');
  });
  expect(gateway.troubles.length).toBeGreaterThan(100);
  expect(gateway.troubles.filter(({ kind }) => kind === 'handler')).toEqual([]);
});
