/** Two platforms at once, each reached by a local address of its own: SIP, its descriptions of media, and the media leave by that, and by no other. */
import { expect, test } from 'vitest';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { until } from '../contract/media-plane.ts';
import { eventually } from '../support/eventually.ts';
import { liveBox, openLivePlane, view } from '../support/gb-live.ts';
import { GbRegistrar } from '../support/gb-registrar.ts';

const patience = 120_000;
const links = [
  { address: '127.0.0.21', sip: 'UDP' },
  { address: '127.0.0.22', sip: 'TCP' },
] as const;
const [first, second] = links;

test('each of two uplinks speaks and sends by its own address, in every transport', { timeout: patience }, async () => {
  await using opened = new Scope();
  const plane = opened.own(await openLivePlane());
  const linked = async ({ address, sip }: (typeof links)[number]) => {
    const registrar = opened.own(await new GbRegistrar(systemClock).open(sip));
    opened.own(await liveBox(registrar, { plane, settings: { transport: sip === 'UDP' ? 'udp' : 'tcp', local: { address, port: 0 } } }));
    await eventually(() => expect(registrar.registered).toBe(true));
    return { address, registrar };
  };
  const [one, other] = [await linked(first), await linked(second)];
  for (const transport of ['udp', 'tcp-active', 'tcp-passive'] as const) {
    await using ofOne = await view(one, { transport });
    await using ofOther = await view(other, { transport });
    for (const [{ address, registrar }, { status, answer, receiver }] of [[one, ofOne] as const, [other, ofOther] as const]) {
      await until(() => receiver.frames.length > 3, patience);
      expect(receiver.complaints).toEqual([]);
      expect({ transport, status, sip: registrar.flow?.remote.address, sdp: answer?.address, rtp: [...receiver.sources] }).toEqual({
        ...{ transport, status: 200 },
        ...{ sip: address, sdp: address, rtp: [address] },
      });
    }
    // Where one listens for media, the other's address does not lead.
    const listening = transport === 'tcp-passive' ? ofOne.answer : undefined;
    if (listening && listening.port !== ofOther.answer?.port)
      await expect(ofOther.receiver.dial({ address: second.address, port: listening.port })).rejects.toThrow('ECONNREFUSED');
  }
});
