/** What a click or a typed line does: `play DEVICE CHANNEL`, `ptz-left DEVICE CHANNEL`, `guard DEVICE CODE` … */
import type { PtzAxis, PtzCommand } from '../../../../adapters/protocols/manscdp/ptz.ts';
import { GatewayError } from '../../../../gateway/domain/errors.ts';
import type { PlayTransport } from '../live/door.ts';
import type { GbPlatform } from '../platform.ts';

const still: PtzAxis = { toward: 0, speed: 0 };
const forth: PtzAxis = { toward: 1, speed: 96 };
const back: PtzAxis = { toward: -1, speed: 96 };
const steering: Readonly<Record<string, PtzCommand>> = {
  'ptz-left': { kind: 'move', pan: back, tilt: still, zoom: still },
  'ptz-right': { kind: 'move', pan: forth, tilt: still, zoom: still },
  'ptz-up': { kind: 'move', pan: still, tilt: forth, zoom: still },
  'ptz-down': { kind: 'move', pan: still, tilt: back, zoom: still },
  'ptz-tele': { kind: 'move', pan: still, tilt: still, zoom: { toward: 1, speed: 6 } },
  'ptz-wide': { kind: 'move', pan: still, tilt: still, zoom: { toward: -1, speed: 6 } },
  'ptz-stop': { kind: 'stop' },
};
const transports: readonly PlayTransport[] = ['udp', 'tcp-passive', 'tcp-active'];

export type Fields = ReadonlyMap<string, readonly string[]>;

/** Throws a sentence for a person: what was refused, or not understood. */
export async function act(platform: GbPlatform, fields: Fields, signal: AbortSignal): Promise<void> {
  const [verb = '', device = '', code = ''] = (fields.get('do')?.[0] ?? '').split(' ');
  const command = steering[verb];
  if (command) {
    await platform.order(device, code, { kind: 'ptz', command }, signal);
    return;
  }
  switch (verb) {
    case 'play': {
      const [stream] = fields.get('stream') ?? [];
      const transport = transports.find((each) => each === fields.get('transport')?.[0]) ?? 'udp';
      const wanted = { channel: code, transport, ...(stream === '0' ? { stream: 0 as const } : stream === '1' ? { stream: 1 as const } : {}) };
      const { status } = await platform.play(device, wanted, signal);
      if (status !== 200) throw new GatewayError('REQUEST_INVALID', `INVITE of ${code} was answered ${status}.`);
      return;
    }
    case 'bye':
      await Promise.all(
        platform
          .plays()
          .filter((play) => play.device === device && play.order.channel === code)
          .map((play) => play.bye(signal)),
      );
      return;
    case 'catalogue':
      await platform.askCatalogue(device, signal);
      return;
    case 'guard':
    case 'unguard':
      await platform.order(device, code, { kind: 'guard', on: verb === 'guard' }, signal);
      return;
    case 'reset-alarm':
      await platform.order(device, code, { kind: 'reset-alarm' }, signal);
      return;
    default:
      throw new GatewayError('REQUEST_INVALID', `${JSON.stringify(verb.slice(0, 40))} is nothing that can be done here.`);
  }
}
