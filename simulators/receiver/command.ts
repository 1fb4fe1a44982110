/** `simulate receiver`: the receiver of an alarm centre on this machine, one printed line per message, and misbehaviours at the keyboard. */
import { Command } from 'commander';
import { readKey } from '../../adapters/protocols/dc09/cipher.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { aborted } from '../../gateway/runtime/shutdown.ts';
import { endpointOf, obeyTyped, type Simulator, understood } from '../command-line.ts';
import { misbehaviours, type ReceiverMisbehaviour, type ReceiverRow, runReceiverSimulator } from './simulator.ts';

const names = Object.entries(misbehaviours).map(([name, words]) => `  ${name.padEnd(14)}${words}`);

export const receiverSimulator: Simulator = {
  name: 'receiver',
  summary: {
    zh: '报警中心接收机：以 TCP 与 UDP 接收 SIA DC-09，逐条入账',
    en: 'the receiver of an alarm centre: takes SIA DC-09 by TCP and UDP, and keeps a ledger',
  },
  async run(args, context, signal) {
    const command = new Command('receiver')
      .description('Plays the receiver of an alarm centre. Prints one line per message.')
      .option('--listen <[address:]port>', 'TCP and UDP (0: any free port)', '12009')
      .option('--key <text>', 'AES key of the accounts that encrypt')
      .addHelpText('after', `\nWhile it runs, type down, back, or one of:\n${names.join('\n')}`);
    if (!understood(command, args, context)) return;
    const { listen, key: text } = command.opts<{ readonly listen: string; readonly key?: string }>();
    const key = text === undefined ? undefined : readKey(text);
    if (text !== undefined && key === undefined) {
      throw new GatewayError('REQUEST_INVALID', 'A key has 16, 24 or 32 characters, or 32, 48 or 64 hexadecimal digits.');
    }
    await using receiver = await runReceiverSimulator({
      listen: endpointOf(listen, '--listen'),
      clock: context.clock,
      arrived: (row) => context.print(arrivalLine(row)),
      ...(key === undefined ? {} : { key }),
    });
    context.print(`dc09 tcp and udp port ${receiver.port}`);
    const act = async ([word = '']: readonly string[]) => {
      if (word === 'down') await receiver.down();
      else if (word === 'back') await receiver.comeBack();
      else receiver.misbehave(misbehaviourOf(word));
      context.print(`now: ${word}`);
    };
    void obeyTyped(context, act, signal);
    await aborted(signal);
  },
};

function misbehaviourOf(word: string): ReceiverMisbehaviour {
  const found = (Object.keys(misbehaviours) as ReceiverMisbehaviour[]).find((name) => name === word);
  if (found) return found;
  throw new GatewayError('REQUEST_INVALID', `Not understood; type down, back, or one of: ${Object.keys(misbehaviours).join(', ')}`);
}

function arrivalLine({ at, by, message, answer }: ReceiverRow): string {
  const { token, encrypted, sequence, account = '', data, extended } = message;
  const what = [`${encrypted ? '*' : ''}${token}`, String(sequence).padStart(4, '0'), `#${account}`, data, ...extended].filter(Boolean).join(' ');
  // It is somebody else's text: nothing in it may steer the terminal.
  const text = Buffer.from(what, 'latin1')
    .toString('utf8')
    .replace(/\p{Cc}/gu, '?');
  return `${new Date(at).toISOString()} ${by} ${answer === 'none' ? 'unanswered' : answer} ${text}`;
}
