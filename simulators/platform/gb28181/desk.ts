/** What comes in outside dialogs: REGISTER, MESSAGE, OPTIONS; each answered at once, and given to whom it belongs. */
import type { ManscdpMessage } from '../../../adapters/protocols/manscdp/message.ts';
import { readManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import { contentTypeOf, fromOf } from '../../../adapters/protocols/sip/fields.ts';
import type { IncomingRequest } from '../../../adapters/protocols/sip/incoming.ts';
import { parseUri } from '../../../adapters/protocols/sip/uri.ts';
import type { Complaints } from './complaints.ts';
import type { Devices } from './devices.ts';
import type { Registrar } from './registrar.ts';

export type AlarmQuery = Extract<ManscdpMessage, { readonly root: 'Query'; readonly cmdType: 'Alarm' }>;

export interface DeskParts {
  readonly registrar: Registrar;
  readonly devices: Devices;
  readonly complaints: Complaints;
  /** Instead of 200 to a MESSAGE of a registered device. */
  refuses(): number | undefined;
  /** A device may ask for the alarms that the platform has of it. */
  asked(device: string, query: AlarmQuery): void;
  received(device: string, message: Exclude<ManscdpMessage, { readonly root: 'Query' | 'Control' }>, answered: number): void;
}

/** Bytes of a datagram's body that no tunnel cuts (gb28181 §3.5). */
const longestDatagram = 1_300;

export function openDesk({ registrar, devices, complaints, refuses, asked, received }: DeskParts) {
  return (incoming: IncomingRequest): void | Promise<void> => {
    const { method } = incoming.request;
    if (method === 'REGISTER') return registrar.take(incoming);
    if (method === 'MESSAGE') return takeMessage(incoming);
    incoming.answer(method === 'OPTIONS' ? 200 : 405);
  };

  function takeMessage(incoming: IncomingRequest): void {
    const { request, flow } = incoming;
    const id = parseUri(fromOf(request)?.uri ?? '')?.user ?? '';
    if (!devices.find(id)?.online) {
      incoming.answer(404, { reason: 'Unknown Device' });
      return;
    }
    if (contentTypeOf(request) !== 'application/manscdp+xml')
      complaints.add(id, 'content-type', `MESSAGE with ${contentTypeOf(request) || 'no type'}.`);
    if (flow.transport === 'UDP' && request.body.length > longestDatagram) {
      complaints.add(id, 'fragments', `A MESSAGE with ${request.body.length} bytes of body over UDP: it is cut into fragments, which tunnels lose.`);
    }
    let message: ReturnType<typeof readManscdp>;
    try {
      message = readManscdp(request.body);
    } catch (error) {
      complaints.add(id, 'body', `A MESSAGE that cannot be read: ${String(error)}`);
      incoming.answer(400);
      return;
    }
    const status = refuses() ?? 200;
    incoming.answer(status);
    if (status >= 300 && !(message.root === 'Notify' && message.cmdType === 'Alarm')) return;
    if (message.root === 'Notify' && message.cmdType === 'Keepalive') {
      devices.alive(id, flow);
      if (message.deviceId !== id) complaints.add(id, 'keepalive-id', `A Keepalive of ${message.deviceId}.`);
    }
    if (message.root === 'Query' && message.cmdType === 'Alarm') asked(id, message);
    else if (message.root === 'Query' || message.root === 'Control')
      complaints.add(id, 'upwards', `${message.root}/${message.cmdType} goes the wrong way.`);
    else if (message.root !== 'foreign') received(id, message, status);
  }
}
