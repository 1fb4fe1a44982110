/** One day of a device and its platform, as an uplink would write it: registration, query, live view, hanging up. */
import { expect, test } from 'vitest';
import { DigestDoor } from '../../../adapters/protocols/digest.ts';
import { type GbSession, parseGbSession, writeGbSession } from '../../../adapters/protocols/sdp/gb-session.ts';
import { gbSsrc, writeGbSsrc } from '../../../adapters/protocols/sdp/gb-ssrc.ts';
import { grantedExpires } from '../../../adapters/protocols/sip/fields.ts';
import type { SipFlow } from '../../../adapters/protocols/sip/flow.ts';
import type { IncomingRequest } from '../../../adapters/protocols/sip/incoming.ts';
import { headerOf } from '../../../adapters/protocols/sip/message.ts';
import { parseSubject, writeSubject } from '../../../adapters/protocols/sip/subject.ts';
import { parseUri } from '../../../adapters/protocols/sip/uri.ts';
import { localSip, never, order } from '../../support/sip-endpoint.ts';
import { kindOf } from '../../support/sip-peer.ts';

const channel = '34020000001310000001';
const server = '34020000002000000001';
const credentials = { username: '34020000001180000001', password: '12345678' };
const manscdp = (content: string) => ({ type: 'Application/MANSCDP+xml', content });
const ps = [{ payloadType: 96, encoding: 'PS', clockRate: 90_000 }];

const offer: GbSession = {
  name: 'Play',
  owner: server,
  start: 0,
  stop: 0,
  kind: 'video',
  address: '127.0.0.1',
  port: 30_000,
  transport: 'tcp-passive',
  direction: 'recvonly',
  formats: ps,
  ssrc: gbSsrc(server, 'live', 1),
};

test.each(['UDP', 'TCP'] as const)('over %s, each message of the ladder in its place', async (transport) => {
  /** Over UDP a message that the machine was slow to answer is sent again, and answered again: it has its place once. */
  const ladder = new Map<string, string>();
  const door = new DigestDoor({ realm: '3402000000', now: () => 5, algorithms: ['MD5'] });
  let home: SipFlow | undefined;
  await using platform = await localSip({
    transports: [transport],
    request: (incoming) => {
      if (incoming.request.method !== 'REGISTER') incoming.answer(200);
      else if (door.verify(headerOf(incoming.request, 'Authorization'), 'REGISTER', () => credentials.password) === undefined) {
        incoming.answer(401, { headers: { 'WWW-Authenticate': door.challenge() } });
      } else {
        home = incoming.flow;
        incoming.answer(200, { headers: { Expires: 3_600 } });
      }
    },
  });
  await using device = await localSip({
    transports: [transport],
    tap: ({ direction, message }) => {
      const rung = `${direction === 'out' ? '→' : '←'} ${kindOf(message)}`;
      ladder.set(`${rung} ${headerOf(message, 'Via')} ${headerOf(message, 'CSeq')}`, rung);
    },
    request: (incoming) => (incoming.request.method === 'INVITE' ? play(incoming) : answerQuery(incoming)),
  });
  const played: string[] = [];

  async function answerQuery(incoming: IncomingRequest) {
    incoming.answer(200);
    await device.endpoint.ask({ ...order('MESSAGE'), body: manscdp('<Response/>') }, platform.peer(transport), never);
  }

  async function play(incoming: IncomingRequest) {
    const offered = parseGbSession(incoming.request.body);
    const ours = { ...offered, owner: channel, port: 9, transport: 'tcp-active', direction: 'sendonly', formats: ps } as const;
    const answer = { type: 'APPLICATION/SDP', content: writeGbSession(ours) };
    const { dialog, acknowledged } = incoming.accept((asked) => asked.answer(200), { body: answer });
    if (!(await acknowledged)) return;
    played.push(`${parseUri(incoming.request.uri)?.user} for ${parseSubject(headerOf(incoming.request, 'Subject') ?? '')?.receiver.id}`);
    dialog.ended.addEventListener('abort', () => played.push(dialog.ended.reason.message), { once: true });
  }

  const registered = await device.endpoint.ask({ ...order('REGISTER'), credentials, headers: { Expires: 86_400 } }, platform.peer(transport), never);
  expect([registered.status, grantedExpires(registered)]).toEqual([200, 3_600]);

  // The platform speaks to the address that the registration came from, whatever the Contact says.
  const back = { transport, ...home!.remote };
  const query = { ...order('MESSAGE'), uri: `sip:${credentials.username}@3402000000`, body: manscdp('<Query/>') };
  expect((await platform.endpoint.ask(query, back, never)).status).toBe(200);

  const { response, call } = await platform.endpoint.invite(
    {
      uri: `sip:${channel}@3402000000`,
      from: `sip:${server}@3402000000`,
      to: `sip:${channel}@3402000000`,
      headers: { Subject: writeSubject({ sender: { id: channel, stream: writeGbSsrc(offer.ssrc ?? 0) }, receiver: { id: server, stream: '0' } }) },
      body: { type: 'APPLICATION/SDP', content: writeGbSession(offer) },
    },
    back,
    (asked) => asked.answer(200),
    never,
  );
  expect(parseGbSession(response.body)).toMatchObject({ transport: 'tcp-active', ssrc: 200_000_001, direction: 'sendonly' });
  call?.acknowledge();
  await call?.dialog.request('INFO', { body: { type: 'Application/MANSRTSP', content: 'PLAY RTSP/1.0\r\n' } }, never);
  await call?.dialog.bye(never);

  expect(played).toEqual([`${channel} for ${server}`, 'hung up.']);
  expect([...ladder.values()].filter((step) => step !== '→ MESSAGE' && step !== '← 200 MESSAGE')).toEqual([
    ...['→ REGISTER', '← 401 REGISTER', '→ REGISTER', '← 200 REGISTER', '← MESSAGE', '→ 200 MESSAGE'],
    ...['← INVITE', '→ 100 INVITE', '→ 200 INVITE', '← ACK', '← INFO', '→ 200 INFO', '← BYE', '→ 200 BYE'],
  ]);
  expect([device.troubles, platform.troubles]).toEqual([[], []]);
});
