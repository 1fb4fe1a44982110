/** What tests of calls share: a gateway that accepts everything, and what platforms send it. */
import { readFileSync } from 'node:fs';
import type { Asked } from '../../adapters/protocols/sip/dialog.ts';
import type { SipEndpointOptions } from '../../adapters/protocols/sip/endpoint.ts';
import { tagOf, toOf } from '../../adapters/protocols/sip/fields.ts';
import type { Accepted, IncomingRequest } from '../../adapters/protocols/sip/incoming.ts';
import type { SipMessage } from '../../adapters/protocols/sip/message.ts';
import { localSip } from './sip-endpoint.ts';
import { answerLines, type RawPeer } from './sip-peer.ts';

export const sdp = { type: 'APPLICATION/SDP', content: 'v=0\r\n' };
export const fixture = (name: string) => readFileSync(new URL(`../fixtures/sip/gb28181/${name}`, import.meta.url));

/** A gateway that accepts every call and subscription. */
export async function gatewayThatAccepts(options: Partial<SipEndpointOptions> = {}) {
  const incoming: IncomingRequest[] = [];
  const accepted: Accepted[] = [];
  const asked: Asked[] = [];
  const gateway = await localSip({
    request: (one) => {
      incoming.push(one);
      accepted.push(
        one.accept(
          (inside) => {
            asked.push(inside);
            inside.answer(200);
          },
          { body: sdp },
        ),
      );
    },
    ...options,
  });
  return { ...gateway, incoming, accepted, asked };
}

/** The INVITE of the fixture, as it would come from `peer`. */
export const inviteFrom = (peer: RawPeer) =>
  Buffer.from(fixture('invite.sip').toString('latin1').replaceAll('192.0.2.10:5060', `127.0.0.1:${peer.port}`), 'latin1');
export const tagIn = (message: SipMessage) => tagOf(toOf(message));

/** A request of the platform within the call of the fixture. */
export const inside = (method: string, sequence: number, tag: string, branch = `z9hG4bK${method}${sequence}`) => [
  `${method} sip:someone@else SIP/2.0`,
  'Call-ID: c3@192.0.2.10',
  `CSeq: ${sequence} ${method}`,
  'From: <sip:34020000002000000001@192.0.2.10:5060>;tag=p1',
  `To: <sip:34020000001310000001@3402000000>;tag=${tag}`,
  `Via: SIP/2.0/UDP 192.0.2.10:5060;branch=${branch}`,
];

export async function answer(peer: RawPeer, method: string, status = '200 OK', ...added: readonly string[]) {
  const request = await peer.next(method);
  peer.send(answerLines(request, status, ...added));
  return request;
}
