/** Both ends of a SIP link for the parts of a GB/T 28181 uplink: a voice as the link gives it, and a platform that notes what it hears. */
import { type ManscdpMessage, readManscdp, writeManscdp } from '../../adapters/protocols/manscdp/message.ts';
import type { Dialog } from '../../adapters/protocols/sip/dialog.ts';
import type { IncomingRequest } from '../../adapters/protocols/sip/incoming.ts';
import { headerOf, type SipRequest, writeMessage } from '../../adapters/protocols/sip/message.ts';
import type { Voice } from '../../adapters/uplinks/gb28181/voice.ts';
import { gatewayUri, type LocalSip, localSip, never, order, platformUri } from './sip-endpoint.ts';

export const device = '34020000001180000001';
export const platformCode = '34020000002000000001';

type Heard = ReturnType<typeof readManscdp>;

export interface GbPeer extends AsyncDisposable {
  readonly voice: Voice;
  /** Bodies of MESSAGEs and NOTIFYs, in the order in which they came. */
  readonly heard: Heard[];
  /** Bytes of each message that the platform got. */
  readonly sizes: number[];
  /** Of NOTIFYs: Event and Subscription-State. */
  readonly states: { readonly event: string; readonly state: string }[];
  /** What the platform answers to each; 200 unless set. Undefined: nothing at all. */
  answer: (request: SipRequest) => number | undefined;
  /** How long it takes to answer. */
  pace: () => Promise<void>;
  /** Requests of the platform outside dialogs come here. */
  take: (incoming: IncomingRequest) => void;
  ask(message: ManscdpMessage): Promise<number>;
  subscribe(
    message: ManscdpMessage,
    more?: { readonly event?: string; readonly expires?: number },
  ): Promise<{ status: number; dialog?: Dialog; body: Heard | undefined }>;
  refresh(dialog: Dialog, expires: number): Promise<number>;
  readonly device: LocalSip;
  readonly platform: LocalSip;
}

export async function gbPeer(): Promise<GbPeer> {
  const heard: Heard[] = [];
  const states: GbPeer['states'] = [];
  const hear = (incoming: Pick<IncomingRequest, 'request' | 'answer'>) => {
    const { request } = incoming;
    const status = peer.answer(request);
    if (request.method === 'NOTIFY') states.push({ event: headerOf(request, 'Event') ?? '', state: headerOf(request, 'Subscription-State') ?? '' });
    if (request.body.length > 0) heard.push(readManscdp(request.body));
    if (status !== undefined) void peer.pace().then(() => incoming.answer(status));
  };
  const sizes: number[] = [];
  const platform = await localSip({
    request: hear,
    tap: ({ direction, message }) => {
      if (direction === 'in') sizes.push(writeMessage(message).length);
    },
  });
  const gateway = await localSip({ request: (incoming) => peer.take(incoming) });
  let sn = 0;
  const body = (message: ManscdpMessage) => ({ type: 'Application/MANSCDP+xml', content: writeManscdp(message, 'GB2312') });
  const fromPlatform = { uri: gatewayUri, from: platformUri, to: gatewayUri };
  const peer: GbPeer = {
    voice: {
      tell: (message, signal) => gateway.endpoint.ask({ ...order('MESSAGE'), body: body(message) }, platform.peer('UDP'), signal),
      bodyOf: body,
      nextSn: () => {
        sn += 1;
        return sn;
      },
    },
    heard,
    sizes,
    states,
    answer: () => 200,
    pace: async () => undefined,
    take: (incoming) => incoming.answer(200),
    ask: async (message) =>
      (await platform.endpoint.ask({ ...fromPlatform, method: 'MESSAGE', body: body(message) }, gateway.peer('UDP'), never)).status,
    async subscribe(message, { event = 'Catalog;id=1894', expires = 600 } = {}) {
      const headers = { Event: event, Expires: expires };
      const { response, dialog } = await platform.endpoint.subscribe(
        { ...fromPlatform, headers, body: body(message) },
        gateway.peer('UDP'),
        hear,
        never,
      );
      const said = response.body.length > 0 ? readManscdp(response.body) : undefined;
      return { status: response.status, body: said, ...(dialog ? { dialog } : {}) };
    },
    refresh: async (dialog, expires) =>
      (await dialog.request('SUBSCRIBE', { headers: { Event: 'Catalog;id=1894', Expires: expires } }, never)).status,
    device: gateway,
    platform,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
  return peer;
}
