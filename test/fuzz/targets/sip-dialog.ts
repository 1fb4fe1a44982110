/**
 * Messages one after the other, each a piece, to an endpoint that accepts whatever it is asked. `TAG` in a message is the tag that was given last: so
 * they reach the dialogs that they opened.
 */
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import type { SipContext } from '../../../adapters/protocols/sip/context.ts';
import type { Dialog } from '../../../adapters/protocols/sip/dialog.ts';
import type { SipFlow } from '../../../adapters/protocols/sip/flow.ts';
import { Inbound } from '../../../adapters/protocols/sip/inbound.ts';
import { type ReadSip, readDatagram } from '../../../adapters/protocols/sip/read.ts';
import { Transactions } from '../../../adapters/protocols/sip/transactions.ts';
import type { Timers } from '../../../adapters/protocols/timers.ts';
import { join, split } from '../pieces.ts';
import { fixture, textOf } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const caps = { clients: 8, servers: 5, waiting: 3, cached: 1_200 };
const mostDialogs = 2;
/** Nothing ever happens in time: what is left must go by itself. */
const forever = <Value>() => new Promise<Value>(() => undefined);
const timers: Timers = {
  monotonic: () => 0,
  sleep: forever,
  deadline: () => Object.assign(new AbortController().signal, { [Symbol.dispose]: () => undefined }),
};

const invite = fixture('sip/gb28181/invite.sip').toString('latin1');
const within = (method: string, sequence: number) =>
  `${method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;rport;branch=z9hG4bK${method}\r\nFrom: <sip:x@y>;tag=p1\r\nTo: <sip:z>;tag=TAG\r\nCall-ID: c3@192.0.2.10\r\nCSeq: ${sequence} ${method}\r\n\r\n`;
const many = (text: string) => Array.from({ length: 8 }, (_, at) => text.replaceAll(/Call-ID: \w+/g, `Call-ID: n${at}`));
const talk = (...messages: readonly string[]) => join(messages.map((text) => Buffer.from(text, 'latin1')));

export const sipDialogTarget: FuzzTarget = {
  name: 'sip-dialog',
  pieces: true,
  seeds: () => [
    talk(...many(invite)),
    talk(...many(fixture('sip/gb28181/register.sip').toString('latin1'))),
    talk(invite, within('ACK', 20), within('INFO', 21), within('BYE', 22)),
    talk(invite, invite, within('ACK', 20), within('INVITE', 30), within('ACK', 30), within('BYE', 3)),
    talk(invite, invite.replaceAll('INVITE', 'CANCEL'), within('ACK', 20)),
    talk(fixture('sip/gb28181/subscribe.sip').toString('latin1'), within('SUBSCRIBE', 22), within('NOTIFY', 1)),
    talk(fixture('sip/gb28181/register.sip').toString('latin1'), fixture('sip/gb28181/registered-wvp.sip').toString('latin1')),
  ],
  longest: 16 * 1024,
  allows: () => false,
  words: [
    'TAG',
    'INVITE',
    'ACK',
    'BYE',
    'CANCEL',
    'SUBSCRIBE',
    'NOTIFY',
    ';tag=',
    'z9hG4bKinvite20',
    'c3@192.0.2.10',
    'Require: ',
    'Contact: <sip:a@b>',
  ],
  run(input) {
    let tag = '';
    const transactions = new Transactions(timers, caps);
    const flow: SipFlow = {
      transport: input.length % 2 === 0 ? 'UDP' : 'TCP',
      local: { address: '192.0.2.20', port: 5_060 },
      remote: { address: '192.0.2.10', port: 5_060 },
      closed: new AbortController().signal,
      send: (bytes) => {
        must(bytes.length < 66_000, 'an answer is no longer than a message may be', () => bytes.length);
        return forever();
      },
    };
    const context: SipContext = {
      timers,
      userAgent: 'fuzzed',
      transactions,
      flowTo: forever,
      trouble: ({ kind, sentence }) => {
        must(kind !== 'handler' || sentence.includes('dialogs open here'), 'no handler fails but for want of room', () => sentence);
      },
    };
    const dialogs: Dialog[] = [];
    const inbound = new Inbound(
      context,
      (incoming) => {
        tag = incoming.tag;
        if (incoming.request.method !== 'INVITE' && incoming.request.method !== 'SUBSCRIBE') incoming.answer(200);
        else if (input.length % 3 !== 0) dialogs.push(incoming.accept((asked) => asked.answer(200)).dialog);
      },
      mostDialogs,
    );
    for (const piece of split(input).slice(0, 24)) {
      const text = textOf(piece).replaceAll('TAG', tag);
      const read = readOrNothing(Buffer.from(text, 'latin1'));
      if (read) inbound.take(read, flow);
      const { servers, cached } = transactions.size;
      must(servers <= caps.servers && cached <= caps.cached, 'the tables keep to their caps', () => transactions.size);
      must(inbound.dialogs.size <= mostDialogs, 'the dialogs keep to their cap', () => inbound.dialogs.size);
    }
    inbound.dialogs.close();
    transactions.close();
    const { clients, servers, cached } = transactions.size;
    must(clients + servers + cached + inbound.dialogs.size === 0 && dialogs.every(({ ended }) => ended.aborted), 'nothing is left behind');
  },
};

function readOrNothing(bytes: Buffer): ReadSip | undefined {
  try {
    return readDatagram(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
