import { describe, expect, test } from 'vitest';
import type { IncomingRequest } from '../../../adapters/protocols/sip/incoming.ts';
import { headerOf, headersOf } from '../../../adapters/protocols/sip/message.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { answer, fixture, gatewayThatAccepts, inside, inviteFrom, tagIn } from '../../support/sip-calls.ts';
import { localSip, never } from '../../support/sip-endpoint.ts';
import { answerLines, rawUdpPeer } from '../../support/sip-peer.ts';

describe('a call from the platform', () => {
  test('gets 100 at once, then 200 with a Contact and a tag; an ACK of any URI, from any address, confirms it', async () => {
    await using gateway = await gatewayThatAccepts();
    await using peer = await rawUdpPeer(gateway.port);
    await using elsewhere = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    expect(tagIn(await peer.next('100 INVITE'))).toBe('');
    const ok = await peer.next('200 INVITE');
    expect(headerOf(ok, 'Contact')).toBe(`<sip:34020000001310000001@127.0.0.1:${gateway.port}>`);
    expect(headerOf(ok, 'Content-Type')).toBe('APPLICATION/SDP');
    elsewhere.send(inside('ACK', 20, tagIn(ok)));
    expect(await gateway.accepted[0]?.acknowledged).toMatchObject({ method: 'ACK' });
    expect(gateway.troubles).toEqual([]);
  });

  test('ends with a BYE that has ip:port in From, another user in To and a CSeq out of nowhere', async () => {
    await using gateway = await gatewayThatAccepts();
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    const tag = tagIn(await peer.next('200 INVITE'));
    peer.send(inside('ACK', 20, tag));
    peer.send(fixture('bye-wvp.sip').toString('latin1').replace('tag=d1', `tag=${tag}`).split('\r\n').slice(0, -2));
    await peer.next('200 BYE');
    const { dialog } = gateway.accepted[0]!;
    expect(dialog.ended.reason).toMatchObject({ reason: 'ended', message: 'hung up.' });
    peer.send(inside('BYE', 438, tag));
    await peer.next('481 BYE');
    expect(gateway.endpoint.ledger.dialogs).toBe(0);
  });

  test('from a peer whose branches have no cookie (SRS), and whose BYE has lost its From tag, is one like any other', async () => {
    await using gateway = await gatewayThatAccepts();
    await using peer = await rawUdpPeer(gateway.port);
    const invite = Buffer.from(inviteFrom(peer).toString('latin1').replace('z9hG4bKinvite20', 'SrsGbB43388735'), 'latin1');
    for (let time = 0; time < 2; time += 1) peer.send(invite);
    const tag = tagIn(await peer.next('200 INVITE'));
    peer.send(inside('ACK', 20, tag, 'SrsGbB43388736'));
    await gateway.accepted[0]?.acknowledged;
    peer.send(inside('BYE', 21, tag, 'SrsGbB43388737').map((line) => line.replace(';tag=p1', '')));
    await peer.next('200 BYE');
    expect([gateway.incoming.length, gateway.accepted[0]?.dialog.ended.aborted, gateway.troubles]).toEqual([1, true, []]);
  });

  test('carries INFO and MESSAGE with numbers that jump, and that fall back with a warning', async () => {
    await using gateway = await gatewayThatAccepts();
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    const tag = tagIn(await peer.next('200 INVITE'));
    for (const [method, sequence] of [
      ['INFO', 900],
      ['MESSAGE', 1_400],
      ['INFO', 1_400],
      ['INFO', 3],
    ] as const) {
      peer.send(inside(method, sequence, tag));
      await peer.next(`200 ${method}`);
    }
    expect(gateway.asked.map(({ request }) => request.method)).toEqual(['INFO', 'MESSAGE', 'INFO', 'INFO']);
    expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['sequence', 'sequence']);
    // Our own go up by one, to the far side's Contact, with the tags turned round.
    const [ours] = await Promise.all([gateway.accepted[0]!.dialog.request('MESSAGE', {}, never), answer(peer, 'MESSAGE')]);
    expect(ours.status).toBe(200);
  });

  test('that is accepted while its ACK is lost is told so again and again, and left with a BYE after 32 s', async () => {
    const clock = new ManualClock();
    await using gateway = await gatewayThatAccepts({ timers: clock });
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    await peer.next('200 INVITE');
    await clock.advance(seconds(31));
    await eventually(() => expect(peer.heard.filter((kind) => kind === '200 INVITE')).toHaveLength(10));
    await clock.advance(seconds(1));
    const bye = await peer.next('BYE');
    expect(bye).toMatchObject({ method: 'BYE', uri: `sip:34020000002000000001@127.0.0.1:${peer.port}` });
    expect([headerOf(bye, 'From'), headerOf(bye, 'To')]).toEqual([
      `<sip:34020000001310000001@192.0.2.20:5060>;tag=${gateway.incoming[0]?.tag}`,
      '<sip:34020000002000000001@3402000000>;tag=p1',
    ]);
    expect(await gateway.accepted[0]?.acknowledged).toBeUndefined();
    expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['unacknowledged']);
    peer.send(answerLines(bye, '481 Call/Transaction Does Not Exist'));
    await clock.advance(seconds(40));
    await eventually(() => expect(gateway.endpoint.ledger).toEqual({ clients: 0, servers: 0, cached: 0, dialogs: 0 }));
    expect(clock.sleepers).toBe(0);
  });

  test('that we leave before its ACK is told so no more; its proxies stay on the way', async () => {
    const clock = new ManualClock();
    await using gateway = await gatewayThatAccepts({ timers: clock });
    await using peer = await rawUdpPeer(gateway.port);
    const route = '<sip:near.example.com;lr>';
    peer.send(Buffer.from(inviteFrom(peer).toString('latin1').replace('Subject', `Record-Route: ${route}\r\nSubject`), 'latin1'));
    const ok = await peer.next('200 INVITE');
    expect(headersOf(ok, 'Record-Route')).toEqual([route]);
    void gateway.accepted[0]?.dialog.bye(never);
    expect(headersOf(await peer.next('BYE'), 'Route')).toEqual([route]);
    expect(await gateway.accepted[0]?.acknowledged).toBeUndefined();
    await clock.advance(seconds(3));
    expect(peer.heard.filter((kind) => kind === '200 INVITE')).toHaveLength(1);
  });

  test('that is repeated is one call, and the same by another way is none (482)', async () => {
    await using gateway = await localSip({ request: () => undefined });
    await using peer = await rawUdpPeer(gateway.port);
    for (let time = 0; time < 3; time += 1) {
      peer.send(inviteFrom(peer));
      await peer.next('100 INVITE');
    }
    peer.send(Buffer.from(inviteFrom(peer).toString('latin1').replace('z9hG4bKinvite20', 'z9hG4bKother'), 'latin1'));
    await peer.next('482 INVITE');
    expect(gateway.endpoint.ledger.servers).toBe(2);
  });

  test('that is cancelled gets 200 for its CANCEL, 487 for itself, and tells whoever was about to answer it', async () => {
    const calls: IncomingRequest[] = [];
    await using gateway = await localSip({ request: (incoming) => void calls.push(incoming) });
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    await peer.next('100 INVITE');
    const cancel = inviteFrom(peer).toString('latin1').replaceAll('INVITE', 'CANCEL').split('\r\n').slice(0, 8);
    peer.send(cancel);
    expect(tagIn(await peer.next('200 CANCEL'))).toBe(calls[0]?.tag);
    expect(tagIn(await peer.next('487 INVITE'))).toBe(calls[0]?.tag);
    expect(calls[0]?.cancelled.aborted).toBe(true);
    expect(() => calls[0]?.accept(() => undefined)).toThrow('answered already');
    calls[0]?.answer(486);
    peer.send(inside('ACK', 20, calls[0]!.tag, 'z9hG4bKinvite20'));
    peer.send(cancel.map((line) => line.replace('z9hG4bKinvite20', 'z9hG4bKunknown')));
    await peer.next('481 CANCEL');
    expect(peer.heard.filter((kind) => kind === '486 INVITE')).toEqual([]);
  });

  test('that is cancelled too late goes on', async () => {
    await using gateway = await gatewayThatAccepts();
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    const ok = await peer.next('200 INVITE');
    peer.send(inviteFrom(peer).toString('latin1').replaceAll('INVITE', 'CANCEL').split('\r\n').slice(0, 8));
    await peer.next('200 CANCEL');
    peer.send(inside('ACK', 20, tagIn(ok)));
    expect(await gateway.accepted[0]?.acknowledged).toBeDefined();
    expect(gateway.accepted[0]?.dialog.ended.aborted).toBe(false);
  });

  test('is invited again within itself: accepted, repeated until its ACK, and moved to the new Contact', async () => {
    const clock = new ManualClock();
    await using gateway = await gatewayThatAccepts({ timers: clock });
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(inviteFrom(peer));
    const tag = tagIn(await peer.next('200 INVITE'));
    peer.send(inside('ACK', 20, tag));
    await gateway.accepted[0]?.acknowledged;
    peer.send([...inside('INVITE', 21, tag), 'Contact: <sip:new@192.0.2.99>']);
    await peer.next('200 INVITE');
    // The ACK of the first INVITE, late, is not this one's.
    peer.send(inside('ACK', 20, tag, 'z9hG4bKlate'));
    await eventually(() => expect(gateway.troubles.map(({ kind }) => kind)).toEqual(['stray']));
    await clock.advance(seconds(0.5));
    await peer.next('200 INVITE');
    peer.send(inside('ACK', 21, tag));
    peer.send(inside('INFO', 22, tag));
    await peer.next('200 INFO');
    await clock.advance(seconds(3));
    expect(peer.heard.filter((kind) => kind === '200 INVITE')).toHaveLength(3);
    void gateway.accepted[0]?.dialog.bye(never);
    expect(await peer.next('BYE')).toMatchObject({ uri: 'sip:new@192.0.2.99' });
  });
});
