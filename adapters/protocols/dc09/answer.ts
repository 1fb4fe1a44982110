/** What a receiver answers (SIA DC-09 §5.5.2). Each names the message that it is about by echoing its header. */
import type { Dc09Key } from './cipher.ts';
import { type Dc09Frame, writeFrame } from './frame.ts';
import type { Dc09Header, Dc09Message } from './message.ts';

/** It is kept. To an encrypted message encrypted, with the time. */
export function acknowledgement(frame: Dc09Frame, now: number, key?: Dc09Key): Buffer {
  const encrypted = frame.encrypted && key !== undefined;
  const message: Dc09Message = { ...echo(frame), token: 'ACK', encrypted, data: '', extended: [] };
  return encrypted ? writeFrame({ ...message, timestamp: now }, key) : writeFrame(message);
}

/** Its time is not believed: this is ours. Never encrypted, names nobody. */
export function timeRefusal(now: number): Buffer {
  const nobody = { sequence: 0, receiver: '0', line: '0', account: 'A0' };
  return writeFrame({ ...nobody, token: 'NAK', encrypted: false, data: '', extended: [], timestamp: now });
}

/** Readable, and nothing that this receiver can take. */
export function refusal(frame: Dc09Frame): Buffer {
  return writeFrame({ ...echo(frame), token: 'DUH', encrypted: false, data: '', extended: [] });
}

function echo({ sequence, receiver, line, account }: Dc09Header): Omit<Dc09Header, 'token' | 'encrypted'> {
  return {
    sequence,
    ...(receiver === undefined ? {} : { receiver }),
    ...(line === undefined ? {} : { line }),
    ...(account === undefined ? {} : { account }),
  };
}
