/** The last metre before the socket: what the platform sends and hears may be lost, doubled, late or changed here. Well behaved, it changes nothing. */
import { openTransport, type TransportOpener } from '../../../adapters/protocols/sip/endpoint.ts';
import type { SipFlow, SipReceiver } from '../../../adapters/protocols/sip/flow.ts';
import { type SipMessage, writeMessage } from '../../../adapters/protocols/sip/message.ts';
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { millis } from '../../../gateway/domain/time.ts';

/** One message on its way out: `after` ms, as a message or as bytes that no writer of ours would make. */
export interface Sent {
  readonly message: SipMessage | Uint8Array;
  readonly after?: number;
}

export interface Weather {
  /** What goes out instead of the message; nothing: it is lost. */
  sends(message: SipMessage, flow: SipFlow): readonly Sent[];
  /** False: it never came. */
  hears(message: SipMessage, flow: SipFlow): boolean;
}

export function weatheredTransports(weather: Weather, clock: Clock, signal: AbortSignal): TransportOpener {
  return (name, options) => {
    const flows = new WeakMap<SipFlow, SipFlow>();
    const weathered = (flow: SipFlow): SipFlow => {
      const known = flows.get(flow);
      if (known) return known;
      const { transport, local, remote, closed } = flow;
      const made: SipFlow = { transport, local, remote, closed, send: (bytes) => send(flow, bytes) };
      flows.set(flow, made);
      return made;
    };
    const receiver: SipReceiver = {
      accepts: (address) => options.receiver.accepts(address),
      message: (read, flow) => {
        if (weather.hears(read.message, flow)) options.receiver.message(read, weathered(flow));
      },
      sent: (bytes, flow) => options.receiver.sent(bytes, flow),
      noise: (remote, sentence) => options.receiver.noise(remote, sentence),
    };
    return openTransport(name, { ...options, receiver }).then((transport) => ({
      bound: transport.bound,
      flowTo: async (remote) => weathered(await transport.flowTo(remote)),
      leave: (remote) => transport.leave(remote),
      leaveStrangers: (maySpeak) => transport.leaveStrangers(maySpeak),
      [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
    }));
  };

  async function send(flow: SipFlow, bytes: Uint8Array): Promise<void> {
    const { message: meant } = readDatagram(bytes);
    for (const { message, after } of weather.sends(meant, flow)) {
      const leaving = message === meant ? bytes : message instanceof Uint8Array ? message : writeMessage(message);
      if (after === undefined) await flow.send(leaving);
      else void late(flow, leaving, after);
    }
  }

  async function late(flow: SipFlow, bytes: Uint8Array, after: number): Promise<void> {
    try {
      await clock.sleep(millis(after), signal);
      await flow.send(bytes);
    } catch {
      // The platform is gone, or the device: a late message is the first to be lost.
    }
  }
}
