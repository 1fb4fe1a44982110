/** Which addresses an endpoint speaks from and tells others, and who may watch what it says. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { SipPassage } from '../../../adapters/protocols/sip/endpoint.ts';
import { topViaOf } from '../../../adapters/protocols/sip/fields.ts';
import type { IncomingRequest } from '../../../adapters/protocols/sip/incoming.ts';
import { headerOf } from '../../../adapters/protocols/sip/message.ts';
import { localSip, never, order } from '../../support/sip-endpoint.ts';
import { kindOf } from '../../support/sip-peer.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

describe.each(['UDP', 'TCP'] as const)('over %s', (transport) => {
  const transports = [transport];

  async function platform(address = '127.0.0.1') {
    const heard: IncomingRequest[] = [];
    const request = (incoming: IncomingRequest) => {
      heard.push(incoming);
      incoming.answer(200);
    };
    const sip = await localSip({ transports, request, local: { address, port: 0 } });
    return { ...sip, heard, at: { transport, address, port: sip.port } };
  }

  test('everything leaves by the own address, also where the machine has others', async () => {
    await using far = await platform();
    await using gateway = await localSip({ transports, local: { address: '127.0.0.2', port: 0 } });
    await gateway.endpoint.ask(order('MESSAGE'), far.at, never);
    expect(far.heard[0]?.flow.remote.address).toBe('127.0.0.2');
    expect(topViaOf(far.heard[0]!.request)?.host).toBe('127.0.0.2');
  });

  test('Via and Contact say what others are to use, where somebody maps it', async () => {
    await using far = await platform();
    await using gateway = await localSip({ transports, advertised: { address: '198.51.100.7', port: 15_060 } });
    await gateway.endpoint.ask(order('REGISTER'), far.at, never);
    const [{ request } = { request: undefined }] = far.heard;
    expect(topViaOf(request!)).toMatchObject({ host: '198.51.100.7', port: 15_060 });
    expect(headerOf(request!, 'Contact')).toContain('<sip:34020000001180000001@198.51.100.7:15060');
  });

  test.runIf(hasIPv6)('IPv6 is an address like any other', async () => {
    await using far = await platform('::1');
    await using gateway = await localSip({ transports, local: { address: '::1', port: 0 } });
    expect((await gateway.endpoint.ask(order('REGISTER'), far.at, never)).status).toBe(200);
    expect(headerOf(far.heard[0]!.request, 'Contact')).toContain(`@[::1]:${gateway.port}`);
  });

  test('whoever draws the ladder sees each message, both ways', async () => {
    const seen: SipPassage[] = [];
    await using far = await platform();
    await using gateway = await localSip({ transports, tap: (passage) => seen.push(passage) });
    await gateway.endpoint.ask(order('MESSAGE'), far.at, never);
    expect(seen.map(({ direction, message }) => `${direction} ${kindOf(message)}`)).toEqual(['out MESSAGE', 'in 200 MESSAGE']);
    expect(seen[0]).toMatchObject({ transport, remote: { address: '127.0.0.1', port: far.port } });
  });
});
