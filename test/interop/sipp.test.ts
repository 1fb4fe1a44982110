/** sipp, a SIP peer of other people's making, against our endpoint: each side calls, registers and asks; and a network that loses packets. */
import { describe, expect, test } from 'vitest';
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import { parseDate } from '../../adapters/protocols/sip/date.ts';
import { grantedExpires } from '../../adapters/protocols/sip/fields.ts';
import type { SipTransportName } from '../../adapters/protocols/sip/flow.ts';
import type { IncomingRequest } from '../../adapters/protocols/sip/incoming.ts';
import { headerOf } from '../../adapters/protocols/sip/message.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayThatAccepts } from '../support/sip-calls.ts';
import { localSip, never, order } from '../support/sip-endpoint.ts';
import { freePort, sippPatience as patience, runSipp, scenario, sipp, sippTransport as transportOf } from '../support/sipp.ts';

describe.skipIf(!sipp)('sipp', () => {
  for (const transport of ['UDP', 'TCP'] as const) {
    describe(`over ${transport}`, () => {
      const towards = (port: number) => [`127.0.0.1:${port}`, ...transportOf[transport]];

      test('calls us: INVITE, ACK, BYE', { timeout: patience }, async () => {
        await using gateway = await gatewayThatAccepts({ transports: [transport] });
        await runSipp([...towards(gateway.port), '-sn', 'uac', '-d', '50', '-r', '20'], 20);
        expect(await Promise.all(gateway.accepted.map(({ acknowledged }) => acknowledged))).toHaveLength(20);
        await eventually(() => expect(gateway.accepted.every(({ dialog }) => dialog.ended.aborted)).toBe(true));
        expect(gateway.troubles).toEqual([]);
      });

      test('registers with us, and computes the same Digest', { timeout: patience }, async () => {
        const door = new DigestDoor({ realm: '3402000000', now: () => 5, algorithms: ['MD5'] });
        const answers: number[] = [];
        const registrar = (incoming: IncomingRequest) => {
          const entered = door.verify(headerOf(incoming.request, 'Authorization'), 'REGISTER', () => '12345678');
          const status = typeof entered === 'object' ? 200 : 401;
          answers.push(status);
          incoming.answer(status, status === 401 ? { headers: { 'WWW-Authenticate': door.challenge() } } : {});
        };
        await using platform = await localSip({ transports: [transport], request: registrar });
        await runSipp([...towards(platform.port), ...scenario('register')], 3);
        expect(answers.toSorted()).toEqual([200, 200, 200, 401, 401, 401]);
      });

      test('asks us with compact headers, and its body arrives whole', { timeout: patience }, async () => {
        const bodies: string[] = [];
        const keep = (incoming: IncomingRequest) => {
          bodies.push(Buffer.from(incoming.request.body).toString());
          incoming.answer(200);
        };
        await using gateway = await localSip({ transports: [transport], request: keep });
        await runSipp([...towards(gateway.port), ...scenario('message')], 3);
        expect(bodies).toHaveLength(3);
        for (const body of bodies) expect(body).toContain('<SN>17430</SN><DeviceID>34020000001180000001</DeviceID></Query>');
      });

      test('is called by us: INVITE, ACK, BYE', { timeout: patience }, async () => {
        const { address, port } = await freePort();
        await using gateway = await localSip({ transports: [transport] });
        const uas = runSipp([...transportOf[transport], ...scenario('answer'), '-p', String(port)], 5);
        const calls = Array.from({ length: 5 }, () => call(gateway, { transport, address, port }));
        expect(await Promise.all(calls)).toEqual([200, 200, 200, 200, 200]);
        await uas;
        expect(gateway.troubles).toEqual([]);
      });
    });
  }

  test('registers us: what it demands of our Digest by its own reckoning is there', { timeout: patience }, async () => {
    const { address, port } = await freePort();
    await using gateway = await localSip();
    const registrar = runSipp([...scenario('registrar'), '-p', String(port)], 2);
    const register = (password: string) => {
      const credentials = { username: '34020000001180000001', password };
      return gateway.endpoint.ask({ ...order('REGISTER'), credentials, headers: { Expires: 86_400 } }, { transport: 'UDP', address, port }, never);
    };
    const response = await register('12345678');
    expect([response.status, grantedExpires(response), parseDate(headerOf(response, 'Date') ?? '')]).toEqual([200, 3_600, 1_767_225_600_000]);
    expect((await register('wrong')).status).toBe(403);
    await registrar;
  });

  test('calls us through a network that loses a tenth of its packets, and every call comes about', { timeout: patience }, async () => {
    await using gateway = await gatewayThatAccepts();
    await runSipp([`127.0.0.1:${gateway.port}`, ...scenario('call'), '-r', '20', '-lost', '10'], 20);
    expect(gateway.incoming).toHaveLength(20);
    await eventually(() => expect(gateway.accepted.every(({ dialog }) => dialog.ended.aborted)).toBe(true));
  });
});

async function call(gateway: Awaited<ReturnType<typeof localSip>>, to: { transport: SipTransportName; address: string; port: number }) {
  const { method: _, ...invite } = order('INVITE');
  const body = {
    type: 'application/sdp',
    content: 'v=0\r\no=a 0 0 IN IP4 127.0.0.1\r\ns=Play\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n',
  };
  // Over TCP it listens when it likes.
  await eventually(() => gateway.endpoint.flowTo(to).then(() => undefined));
  const { response, call: made } = await gateway.endpoint.invite({ ...invite, body }, to, (asked) => asked.answer(200), never);
  made?.acknowledge();
  await made?.dialog.bye(never);
  return response.status;
}
