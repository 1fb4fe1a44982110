import { describe, expect, test } from 'vitest';
import { cseqOf } from '../../../adapters/protocols/sip/fields.ts';
import { headerOf } from '../../../adapters/protocols/sip/message.ts';
import { answer, fixture, gatewayThatAccepts, tagIn } from '../../support/sip-calls.ts';
import { localSip, never, order } from '../../support/sip-endpoint.ts';
import { answerLines, rawUdpPeer } from '../../support/sip-peer.ts';

describe('a subscription', () => {
  const catalogue = { Event: 'Catalog;id=1894', Expires: 600 };

  test('of the platform is a dialog in which we notify, until it says that it knows nothing of it', async () => {
    await using gateway = await gatewayThatAccepts();
    await using peer = await rawUdpPeer(gateway.port);
    peer.send(Buffer.from(fixture('subscribe.sip').toString('latin1').replaceAll('192.0.2.10:5060', `127.0.0.1:${peer.port}`), 'latin1'));
    const ok = await peer.next('200 SUBSCRIBE');
    expect(headerOf(ok, 'Contact')).toBeDefined();
    const { dialog, acknowledged } = gateway.accepted[0]!;
    expect(await acknowledged).toBeUndefined();
    const notify = () => dialog.request('NOTIFY', { headers: { Event: 'Catalog;id=1894', 'Subscription-State': 'active;expires=600' } }, never);
    const [first, heard] = await Promise.all([notify(), answer(peer, 'NOTIFY')]);
    expect(first.status).toBe(200);
    expect(heard).toMatchObject({ uri: `sip:34020000002000000001@127.0.0.1:${peer.port}` });
    expect([headerOf(heard, 'CSeq'), tagIn(heard)]).toEqual(['1 NOTIFY', 'p2']);
    await Promise.all([notify(), answer(peer, 'NOTIFY', '481 Gone')]);
    expect(dialog.ended.reason).toMatchObject({ message: 'answered NOTIFY with 481.' });
    await expect(notify()).rejects.toMatchObject({ reason: 'ended' });
  });

  test('of ours hears a NOTIFY that overtakes the answer (RFC 6665 §4.1.2.4)', async () => {
    await using platform = await localSip();
    await using peer = await rawUdpPeer(platform.port);
    const heard: string[] = [];
    const subscribed = platform.endpoint.subscribe(
      { ...order('SUBSCRIBE'), headers: catalogue },
      { transport: 'UDP', address: peer.address, port: peer.port },
      (asked) => {
        heard.push(headerOf(asked.request, 'Event') ?? '');
        asked.answer(200);
      },
      never,
    );
    const subscribe = await peer.next('SUBSCRIBE');
    const from = headerOf(subscribe, 'From');
    const notify = (tag: string, branch: string) => [
      `NOTIFY sip:a@b SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};rport;branch=z9hG4bK${branch}`,
      `From: <sip:gateway@3402000000>;tag=${tag}`,
      `To: ${from}`,
      `Call-ID: ${headerOf(subscribe, 'Call-ID')}`,
      'CSeq: 1 NOTIFY',
      'Event: Catalog;id=1894',
      'Contact: <sip:gateway@192.0.2.20>',
    ];
    peer.send(notify('peer', 'n1'));
    await peer.next('200 NOTIFY');
    peer.send(answerLines(subscribe, '200 OK', 'Expires: 600'));
    const { dialog } = await subscribed;
    expect([heard, dialog?.remoteTag]).toEqual([['Catalog;id=1894'], 'peer']);
    peer.send(notify('stranger', 'n2'));
    await peer.next('481 NOTIFY');
    const [, refresh] = await Promise.all([dialog?.request('SUBSCRIBE', { headers: catalogue }, never), answer(peer, 'SUBSCRIBE')]);
    expect([cseqOf(refresh)?.number, refresh]).toMatchObject([2, { uri: 'sip:gateway@192.0.2.20' }]);
  });

  test('that is refused leaves nothing', async () => {
    await using platform = await localSip();
    await using peer = await rawUdpPeer(platform.port);
    const peerAddress = { transport: 'UDP', address: peer.address, port: peer.port } as const;
    const subscribed = platform.endpoint.subscribe(order('SUBSCRIBE'), peerAddress, (asked) => asked.answer(200), never);
    await answer(peer, 'SUBSCRIBE', '489 Bad Event');
    const { response, dialog } = await subscribed;
    expect([response.status, dialog, platform.endpoint.ledger.dialogs]).toEqual([489, undefined, 0]);
  });
});
