/** What an operator orders: DeviceControl as platforms write it; those that the standard wants answered are waited for (gb28181 §4.8). */
import { type PtzCommand, writePtz } from '../../../adapters/protocols/manscdp/ptz.ts';
import type { GbDevice } from './devices.ts';
import type { Question, Questions } from './questions.ts';

type Control = Extract<Question, { readonly cmdType: 'DeviceControl' }>;
type Commands = Control['content']['commands'];

export type GbOrder =
  | { readonly kind: 'ptz'; readonly command: PtzCommand }
  | { readonly kind: 'guard'; readonly on: boolean }
  | { readonly kind: 'reset-alarm' }
  | { readonly kind: 'keyframe'; readonly spelling?: '2016' | '2022' }
  | { readonly kind: 'record'; readonly on: boolean }
  | {
      readonly kind: 'home';
      readonly enabled: boolean;
      readonly preset: number;
      /** s of nobody steering; as the device thinks right unless given. */
      readonly after?: number;
    }
  | { readonly kind: 'reboot' };

/** What became of it: the status of SIP, and the Response where one is due. */
export interface Ordered {
  readonly status: number;
  readonly result?: 'OK' | 'ERROR';
}

/** Rejects with a SipFailure where an answer is due and does not come. */
export async function order(questions: Questions, device: GbDevice, code: string, wanted: GbOrder, signal: AbortSignal): Promise<Ordered> {
  const control = { root: 'Control', cmdType: 'DeviceControl', deviceId: code, content: { commands: commandsOf(wanted) } } as const;
  const answered = wanted.kind === 'guard' || wanted.kind === 'reset-alarm' || wanted.kind === 'record' || wanted.kind === 'home';
  if (!answered) return { status: (await questions.tell(device, control, signal)).status };
  const { content } = await questions.ask(device, control, signal);
  return { status: 200, result: content.result };
}

function commandsOf(wanted: GbOrder): Commands {
  switch (wanted.kind) {
    case 'ptz':
      return [{ name: 'PTZCmd', value: writePtz(wanted.command) }];
    case 'guard':
      return [{ name: 'GuardCmd', value: wanted.on ? 'SetGuard' : 'ResetGuard' }];
    case 'reset-alarm':
      return [{ name: 'AlarmCmd', value: 'ResetAlarm' }];
    case 'keyframe':
      return [{ name: wanted.spelling === '2016' ? 'IFameCmd' : 'IFrameCmd', value: 'Send' }];
    case 'record':
      return [{ name: 'RecordCmd', value: wanted.on ? 'Record' : 'StopRecord' }];
    case 'home':
      return [
        {
          name: 'HomePosition',
          value: { enabled: wanted.enabled ? 1 : 0, presetIndex: wanted.preset, ...(wanted.after === undefined ? {} : { resetTime: wanted.after }) },
        },
      ];
    case 'reboot':
      return [{ name: 'TeleBoot', value: 'Boot' }];
  }
}
