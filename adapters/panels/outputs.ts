/**
 * Outputs of a device that are its siren, or the light that tells whoever pressed that the police has it: named in the settings of the panel. They stay
 * as they are until they are told otherwise: `reset` ends both.
 */
import { z } from 'zod';
import { answerTo, type PanelCommand, type PanelOp } from '../../gateway/domain/command.ts';
import { answer, type Reading } from './reading.ts';

const output = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/+#]+$/, 'the name of an output');

export const outputSettings = {
  outputs: z.strictObject({ siren: output.optional(), received: output.optional() }).default({}),
};

export type Outputs = z.output<(typeof outputSettings)['outputs']>;

export function outputOrders({ siren, received }: Outputs): readonly PanelOp[] {
  return [
    ...(siren === undefined ? [] : ['siren' as const]),
    ...(received === undefined ? [] : ['received' as const]),
    ...((siren ?? received) ? ['reset' as const] : []),
  ];
}

export interface Switching {
  readonly output: string;
  readonly on: boolean;
}

/** Undefined: nothing that an output can do. */
export function switchings(command: PanelCommand, { siren, received }: Outputs): readonly Switching[] | undefined {
  switch (command.op) {
    case 'siren':
      return siren === undefined ? undefined : [{ output: siren, on: command.on ?? true }];
    case 'received':
      return received === undefined ? undefined : [{ output: received, on: true }];
    case 'reset':
      return [...new Set([siren, received])].flatMap((name) => (name === undefined ? [] : [{ output: name, on: false }]));
    case 'arm':
    case 'disarm':
    case 'bypass':
    case 'unbypass':
    case 'sync':
      return undefined;
  }
}

/** What the state of an output says of orders that may wait for it. */
export function outputAnswers(name: string, on: boolean, { siren, received }: Outputs): readonly Reading[] {
  return [
    ...(name === siren ? [answer(answerTo({ op: 'siren', on }))] : []),
    ...(name === received && on ? [answer(answerTo({ op: 'received' }))] : []),
    ...((name === siren || name === received) && !on ? [answer(answerTo({ op: 'reset' }))] : []),
  ];
}
