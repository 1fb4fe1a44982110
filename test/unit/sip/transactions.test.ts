/** Transactions against the timers of RFC 3261 §17, table 4: the clock is ours, the network a list of what was sent. */
import { describe, expect, test } from 'vitest';
import { composeResponse } from '../../../adapters/protocols/sip/compose.ts';
import type { SipFailure } from '../../../adapters/protocols/sip/failure.ts';
import type { SipFlow } from '../../../adapters/protocols/sip/flow.ts';
import { headerOf, headersOf, type SipRequest, type SipResponse } from '../../../adapters/protocols/sip/message.ts';
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';
import { type TransactionCaps, Transactions } from '../../../adapters/protocols/sip/transactions.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { kindOf } from '../../support/sip-peer.ts';

function line(transport: 'UDP' | 'TCP', clock: ManualClock) {
  const started = clock.monotonic();
  const sent: string[] = [];
  const bytes: Uint8Array[] = [];
  const closing = new AbortController();
  const flow: SipFlow = {
    transport,
    local: { address: '192.0.2.20', port: 5_060 },
    remote: { address: '192.0.2.10', port: 5_060 },
    closed: closing.signal,
    send: async (one) => {
      bytes.push(one);
      sent.push(`${clock.monotonic() - started} ${kindOf(readDatagram(one).message)}`);
    },
  };
  return { flow, sent, bytes, closing };
}

function request(method: string, branch = 'z9hG4bKa', callId = '1'): SipRequest {
  const text = `${method} sip:3402000000 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=${branch}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n\r\n`;
  const { message } = readDatagram(Buffer.from(text));
  if (message.kind === 'response') throw new Error('It is no request.');
  return message;
}

const answer = (to: SipRequest, status: number): SipResponse => composeResponse(to, { status, tag: 'x' });

function asking(method: string, transport: 'UDP' | 'TCP' = 'UDP') {
  const clock = new ManualClock();
  const network = line(transport, clock);
  const table = new Transactions(clock);
  const heard: (number | string)[] = [];
  const ours = request(method);
  const transaction = table.ask(ours, network.flow, {
    response: ({ status }) => heard.push(status),
    failed: (failure: SipFailure) => heard.push(failure.reason),
  });
  const hear = (status: number) => {
    const response = answer(ours, status);
    table.asked(response)?.receive(response);
  };
  return { clock, ...network, table, heard, transaction, hear, request: ours };
}

describe('a request of ours over UDP', () => {
  test('is repeated after 500 ms, 1, 2 and then every 4 s, and given up after 32 s (timers E and F)', async () => {
    const { clock, sent, heard, table } = asking('MESSAGE');
    await clock.advance(seconds(40));
    const times = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(sent).toEqual(times.map((time) => `${time} MESSAGE`));
    expect(heard).toEqual(['silent']);
    expect([table.size.clients, clock.sleepers]).toEqual([0, 0]);
  });

  test('is repeated every 4 s while it is only provisionally answered, and not at all afterwards (timer K)', async () => {
    const { clock, sent, heard, hear, table } = asking('REGISTER');
    hear(100);
    await clock.advance(seconds(6));
    expect(sent).toEqual(['0 REGISTER', '500 REGISTER', '4500 REGISTER']);
    hear(200);
    hear(200);
    await clock.advance(seconds(4));
    expect([sent.length, table.size.clients]).toEqual([3, 1]);
    await clock.advance(seconds(1));
    expect([heard, table.size.clients, clock.sleepers]).toEqual([[100, 200], 0, 0]);
  });

  test('that is an INVITE doubles its pauses without end (timers A and B)', async () => {
    const { clock, sent, heard } = asking('INVITE');
    await clock.advance(seconds(40));
    expect(sent).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500].map((time) => `${time} INVITE`));
    expect(heard).toEqual(['silent']);
  });

  test('that is an INVITE is not repeated once it rings, however long', async () => {
    const { clock, sent, heard, hear } = asking('INVITE');
    hear(100);
    await clock.advance(seconds(100));
    expect([sent, heard]).toEqual([['0 INVITE'], [100]]);
  });

  test('that is a refused INVITE is acknowledged as often as it is refused, for 32 s (timer D)', async () => {
    const { clock, sent, heard, bytes, hear, request: invite, table } = asking('INVITE');
    hear(486);
    hear(486);
    await clock.advance(seconds(31));
    hear(486);
    expect(sent).toEqual(['0 INVITE', '0 ACK', '0 ACK', '31000 ACK']);
    const { message: ack } = readDatagram(bytes[1]!);
    expect(headersOf(ack, 'Via')).toEqual(headersOf(invite, 'Via'));
    expect([headerOf(ack, 'CSeq'), headerOf(ack, 'To')]).toEqual(['1 ACK', '<sip:c@d>;tag=x']);
    await clock.advance(seconds(1));
    expect([heard, table.size.clients, clock.sleepers]).toEqual([[486], 0, 0]);
  });

  test('that is an accepted INVITE passes every repetition of the 2xx on, for 32 s (RFC 6026, timer M)', async () => {
    const { clock, heard, hear, table } = asking('INVITE');
    hear(180);
    hear(200);
    hear(200);
    await clock.advance(seconds(32));
    hear(200);
    expect([heard, table.size.clients, clock.sleepers]).toEqual([[180, 200, 200], 0, 0]);
  });
});

describe('a request of ours over TCP', () => {
  test('is sent once, given up after 32 s, and forgotten as soon as it is answered', async () => {
    const silent = asking('MESSAGE', 'TCP');
    await silent.clock.advance(seconds(33));
    expect([silent.sent, silent.heard]).toEqual([['0 MESSAGE'], ['silent']]);
    const answered = asking('MESSAGE', 'TCP');
    answered.hear(200);
    expect([answered.heard, answered.table.size.clients]).toEqual([[200], 0]);
  });

  test('fails in the moment when the connection is closed', () => {
    const { closing, heard, table } = asking('MESSAGE', 'TCP');
    closing.abort(new Error('The line is cut.'));
    expect([heard, table.size.clients]).toEqual([['unreachable'], 0]);
  });
});

function answering(method: string, transport: 'UDP' | 'TCP' = 'UDP', caps?: TransactionCaps) {
  const clock = new ManualClock();
  const network = line(transport, clock);
  const table = new Transactions(clock, caps);
  const lost: string[] = [];
  const acks: string[] = [];
  const open = (one: SipRequest) =>
    table.open(one, network.flow, { acknowledged: (ack) => acks.push(ack.method), unacknowledged: () => lost.push(one.method) });
  const theirs = request(method);
  const transaction = open(theirs)!;
  const respond = (status: number) => {
    transaction.respond(answer(theirs, status));
    table.keep(transaction);
  };
  return { clock, ...network, table, lost, acks, transaction, respond, open };
}

describe('a request of theirs', () => {
  test('is answered from the cache when it comes again, for 32 s over UDP (timer J)', async () => {
    const { clock, sent, table, transaction, respond } = answering('MESSAGE');
    table.opened(request('MESSAGE'))?.receive(request('MESSAGE'));
    expect(sent).toEqual([]);
    respond(200);
    await clock.advance(seconds(31));
    table.opened(request('MESSAGE'))?.receive(request('MESSAGE'));
    expect(sent).toEqual(['0 200 MESSAGE', '31000 200 MESSAGE']);
    respond(500);
    expect(transaction.answered).toBe(true);
    await clock.advance(seconds(1));
    expect([sent.length, table.size, clock.sleepers]).toEqual([2, { clients: 0, servers: 0, cached: 0 }, 0]);
  });

  test('that is a refused INVITE gets the refusal again until its ACK comes (timers G and I)', async () => {
    const { clock, sent, table, lost, respond } = answering('INVITE');
    respond(100);
    respond(486);
    await clock.advance(seconds(4));
    expect(sent).toEqual(['0 100 INVITE', '0 486 INVITE', '500 486 INVITE', '1500 486 INVITE', '3500 486 INVITE']);
    const ack = request('ACK');
    table.opened(ack)?.receive(ack);
    await clock.advance(seconds(6));
    expect([sent.length, lost, table.size.servers, clock.sleepers]).toEqual([5, [], 0, 0]);
  });

  test('whose refusal is never acknowledged is reported after 32 s (timer H), over TCP without repetitions', async () => {
    const { clock, sent, table, lost, respond } = answering('INVITE', 'TCP');
    respond(486);
    await clock.advance(seconds(33));
    expect([sent, lost, table.size.servers, clock.sleepers]).toEqual([['0 486 INVITE'], ['INVITE'], 0, 0]);
  });

  test('that is an accepted INVITE is absorbed when it comes again, and an ACK with its branch is passed on', () => {
    const { sent, table, acks, respond } = answering('INVITE');
    respond(200);
    table.opened(request('INVITE'))?.receive(request('INVITE'));
    table.opened(request('ACK'))?.receive(request('ACK'));
    expect([sent, acks]).toEqual([['0 200 INVITE'], ['ACK']]);
  });

  test('is told apart from another one with the same bad branch, and known again without a branch', () => {
    const { table, open } = answering('MESSAGE');
    expect(table.opened(request('MESSAGE', 'z9hG4bKa', '2'))).toBeUndefined();
    for (const branch of ['', 'z9hG4bK', '1']) {
      const old = open(request('MESSAGE', branch, `old${branch}`));
      expect(table.opened(request('MESSAGE', branch, `old${branch}`))).toBe(old);
    }
    expect(table.opened(request('CANCEL'), 'MESSAGE')).toBeDefined();
  });
});

describe('the tables', () => {
  const caps: TransactionCaps = { clients: 2, servers: 3, waiting: 3, cached: 1_000 };

  test('forget the oldest answer for a new request, and refuse one only while all others wait', () => {
    const { table, open, respond } = answering('MESSAGE', 'UDP', caps);
    expect(open(request('MESSAGE', 'z9hG4bKb'))).toBeDefined();
    expect(open(request('MESSAGE', 'z9hG4bKc'))).toBeDefined();
    expect(open(request('MESSAGE', 'z9hG4bKd'))).toBeUndefined();
    respond(200);
    expect(open(request('MESSAGE', 'z9hG4bKd'))).toBeDefined();
    expect(table.opened(request('MESSAGE'))).toBeUndefined();
    expect(table.size.servers).toBe(3);
  });

  test('let no more requests wait for us than they may: each may be large', () => {
    const { table, open, respond } = answering('MESSAGE', 'UDP', { ...caps, servers: 1_000, waiting: 2 });
    expect(open(request('MESSAGE', 'z9hG4bKb'))).toBeDefined();
    expect(open(request('MESSAGE', 'z9hG4bKc'))).toBeUndefined();
    respond(200);
    expect(open(request('MESSAGE', 'z9hG4bKc'))).toBeDefined();
    expect(table.size.servers).toBe(3);
  });

  test('keep no more bytes of answers than they may', () => {
    const { table, open } = answering('MESSAGE', 'UDP', { ...caps, servers: 1_000, waiting: 1_000 });
    for (let number = 0; number < 100; number += 1) {
      const theirs = request('MESSAGE', `z9hG4bK${number}x`);
      const transaction = open(theirs)!;
      transaction.respond(answer(theirs, 200));
      table.keep(transaction);
    }
    expect(table.size.cached).toBeLessThanOrEqual(caps.cached);
    expect(table.size.servers).toBeLessThan(10);
  });

  test('take no more requests of ours than they may, and forget answered ones first', () => {
    const { table, flow } = answering('MESSAGE', 'UDP', caps);
    const user = { response: () => undefined, failed: () => undefined };
    const ask = (branch: string) => table.ask(request('OPTIONS', branch), flow, user);
    const first = ask('z9hG4bKb');
    ask('z9hG4bKc');
    expect(() => ask('z9hG4bKd')).toThrow('requests of ours are still open');
    first.receive(answer(first.request, 200));
    ask('z9hG4bKd');
    expect([first.over.aborted, table.size.clients]).toEqual([true, 2]);
  });

  test('leave no timer behind when they are closed', async () => {
    const { table, clock, respond, open } = answering('INVITE');
    respond(486);
    open(request('MESSAGE', 'z9hG4bKb'));
    table.ask(request('OPTIONS'), line('UDP', clock).flow, { response: () => undefined, failed: () => undefined });
    table.close();
    await clock.advance(millis(0));
    expect([clock.sleepers, table.size]).toEqual([0, { clients: 0, servers: 0, cached: 0 }]);
  });
});
