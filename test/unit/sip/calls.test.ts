import { describe, expect, test } from 'vitest';
import type { Dialog } from '../../../adapters/protocols/sip/dialog.ts';
import { contactsOf, cseqOf } from '../../../adapters/protocols/sip/fields.ts';
import { headerOf, headersOf } from '../../../adapters/protocols/sip/message.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { answer, gatewayThatAccepts, sdp, tagIn } from '../../support/sip-calls.ts';
import { localSip, never, order } from '../../support/sip-endpoint.ts';
import { answerLines, type RawPeer, rawUdpPeer } from '../../support/sip-peer.ts';

describe('a call of ours', () => {
  const { method: _, ...call } = order('INVITE');
  const to = (peer: RawPeer) => ({ transport: 'UDP', address: peer.address, port: peer.port }) as const;

  test('is answered, acknowledged each time the 200 comes, and routed as its proxies want (RFC 3261 §12.1.2)', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const invited = gateway.endpoint.invite({ ...call, body: sdp }, to(peer), (asked) => asked.answer(200), never);
    const invite = await peer.next('INVITE');
    expect(contactsOf(invite)).toHaveLength(1);
    peer.send(answerLines(invite, '100 Trying'));
    const route = 'Record-Route: <sip:near.example.com;lr>, <sip:far.example.com;lr>';
    const ok = answerLines(invite, '200 OK', 'Contact: <sip:platform@192.0.2.10:5060>', route);
    peer.send(ok);
    const { response, call: made } = await invited;
    expect(response.status).toBe(200);
    made?.acknowledge();
    const ack = await peer.next('ACK');
    expect(ack).toMatchObject({ uri: 'sip:platform@192.0.2.10:5060' });
    expect(headersOf(ack, 'Route')).toEqual(['<sip:far.example.com;lr>', '<sip:near.example.com;lr>']);
    expect([cseqOf(ack), tagIn(ack)]).toEqual([{ number: 1, method: 'ACK' }, 'peer']);
    peer.send(ok);
    await peer.next('ACK');
    // A second one takes the call: it is acknowledged and left.
    peer.send(ok.map((line) => line.replace('tag=peer', 'tag=fork')));
    expect(tagIn(await peer.next('ACK'))).toBe('fork');
    expect(tagIn(await answer(peer, 'BYE'))).toBe('fork');
    const left = made?.dialog.bye(never);
    const bye = await answer(peer, 'BYE');
    await left;
    expect([cseqOf(bye)?.number, tagIn(bye)]).toEqual([2, 'peer']);
    expect(gateway.endpoint.ledger.dialogs).toBe(0);
  });

  test('through a strict router puts the router first (RFC 3261 §12.2.1.1)', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const invited = gateway.endpoint.invite(call, to(peer), (asked) => asked.answer(200), never);
    await answer(peer, 'INVITE', '200 OK', 'Contact: <sip:platform@192.0.2.10>', 'Record-Route: <sip:strict.example.com>');
    (await invited).call?.acknowledge();
    const ack = await peer.next('ACK');
    expect(ack).toMatchObject({ uri: 'sip:strict.example.com' });
    expect(headersOf(ack, 'Route')).toEqual(['<sip:platform@192.0.2.10>']);
  });

  test('is not invited again while we do (RFC 3261 §14.2)', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const invited = gateway.endpoint.invite(call, to(peer), (asked) => asked.answer(200), never);
    const invite = await answer(peer, 'INVITE', '200 OK', 'Contact: <sip:platform@192.0.2.10>');
    const { call: made } = await invited;
    made?.acknowledge();
    const ours = made?.dialog.request('INVITE', { body: sdp }, never);
    const again = await peer.next('INVITE');
    const theirs = (branch: string) => [
      'INVITE sip:a@b SIP/2.0',
      `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};rport;branch=z9hG4bK${branch}`,
      'From: <sip:platform@3402000000>;tag=peer',
      `To: ${headerOf(invite, 'From')}`,
      `Call-ID: ${headerOf(invite, 'Call-ID')}`,
      `CSeq: ${branch === 'r1' ? 1 : 2} INVITE`,
    ];
    peer.send(theirs('r1'));
    await peer.next('491 INVITE');
    peer.send(answerLines(again, '200 OK'));
    expect((await ours)?.status).toBe(200);
    expect(cseqOf(await peer.next('ACK'))?.number).toBe(2);
    peer.send(theirs('r2'));
    await peer.next('200 INVITE');
  });

  test('that is refused is acknowledged, and leaves nothing', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const invited = gateway.endpoint.invite(call, to(peer), (asked) => asked.answer(200), never);
    await answer(peer, 'INVITE', '403 Forbidden');
    expect(await invited).toMatchObject({ response: { status: 403 } });
    expect((await invited).call).toBeUndefined();
    await peer.next('ACK');
    expect(gateway.endpoint.ledger.dialogs).toBe(0);
  });

  test('that we give up while it rings is cancelled at once, and over when it says so', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const limit = new AbortController();
    const invited = gateway.endpoint.invite(call, to(peer), (asked) => asked.answer(200), limit.signal);
    invited.catch(() => undefined);
    const invite = await peer.next('INVITE');
    peer.send(answerLines(invite, '180 Ringing'));
    await eventually(() => expect(gateway.endpoint.ledger.clients).toBe(1));
    await systemClock.sleep(millis(50));
    limit.abort(new Error('enough'));
    await answer(peer, 'CANCEL');
    peer.send(answerLines(invite, '487 Request Terminated'));
    await peer.next('ACK');
  });

  test('that we give up is cancelled once it rings, and left if it is accepted all the same', async () => {
    await using gateway = await localSip();
    await using peer = await rawUdpPeer(gateway.port);
    const limit = new AbortController();
    const invited = gateway.endpoint.invite(call, to(peer), (asked) => asked.answer(200), limit.signal);
    invited.catch(() => undefined);
    const invite = await peer.next('INVITE');
    limit.abort(new Error('enough'));
    await expect(invited).rejects.toThrow('enough');
    peer.send(answerLines(invite, '180 Ringing'));
    const cancel = await answer(peer, 'CANCEL');
    expect(headersOf(cancel, 'Via')).toEqual(headersOf(invite, 'Via'));
    peer.send(answerLines(invite, '200 OK', 'Contact: <sip:platform@192.0.2.10>'));
    await peer.next('ACK');
    await answer(peer, 'BYE');
    expect(gateway.endpoint.ledger.dialogs).toBe(0);
  });
});

test.each(['UDP', 'TCP'] as const)('200 calls at once over %s, and nothing is left of them', async (transport) => {
  await using gateway = await gatewayThatAccepts({ transports: [transport] });
  await using platform = await localSip({ transports: [transport] });
  const { method: _, ...call } = order('INVITE');
  const dialogs = await Promise.all(
    Array.from({ length: 200 }, async (): Promise<Dialog> => {
      const { call: made } = await platform.endpoint.invite({ ...call, body: sdp }, gateway.peer(transport), (asked) => asked.answer(200), never);
      made!.acknowledge();
      return made!.dialog;
    }),
  );
  await Promise.all(gateway.accepted.map(({ acknowledged }) => acknowledged));
  expect([gateway.endpoint.ledger.dialogs, platform.endpoint.ledger.dialogs]).toEqual([200, 200]);
  await Promise.all(dialogs.map((dialog) => dialog.bye(never)));
  expect([gateway.endpoint.ledger.dialogs, platform.endpoint.ledger.dialogs]).toEqual([0, 0]);
});

test('a call of ours that is accepted while there is no room for it is acknowledged and left', async () => {
  await using gateway = await gatewayThatAccepts();
  await using platform = await localSip({ caps: { dialogs: 1 } });
  const { method: _, ...call } = order('INVITE');
  const invite = () => platform.endpoint.invite(call, gateway.peer('UDP'), (asked) => asked.answer(200), never);
  (await invite()).call?.acknowledge();
  await expect(invite()).rejects.toMatchObject({ reason: 'full' });
  expect(await gateway.accepted[1]?.acknowledged).toBeDefined();
  await eventually(() => expect(gateway.accepted.map(({ dialog }) => dialog.ended.aborted)).toEqual([false, true]));
});

test('more dialogs than there is room for are refused', async () => {
  const answers: string[] = [];
  await using gateway = await localSip({
    caps: { dialogs: 1 },
    request: (incoming) => {
      try {
        incoming.accept((asked) => asked.answer(200));
      } catch (error) {
        answers.push(String(error));
        incoming.answer(486);
      }
    },
  });
  await using platform = await localSip();
  const { method: _, ...call } = order('INVITE');
  const invite = () => platform.endpoint.invite(call, gateway.peer('UDP'), (asked) => asked.answer(200), never);
  (await invite()).call?.acknowledge();
  expect((await invite()).response.status).toBe(486);
  expect(answers[0]).toContain('dialogs open here already');
});
