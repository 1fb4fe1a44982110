/** The Subject of an INVITE in GB/T 28181 (annex K; gb28181 §5.1): `sender:its stream,receiver:its stream`. */

export interface StreamEnd {
  /** 20 digits. */
  readonly id: string;
  /** Of the sender the SSRC in ten digits as a rule, of the receiver 0. */
  readonly stream: string;
}

export interface SipSubject {
  readonly sender: StreamEnd;
  readonly receiver: StreamEnd;
}

/** Undefined where it cannot be read: it says nothing that the Request-URI and the description do not say too. */
export function parseSubject(text: string): SipSubject | undefined {
  const match = /^\s*([^\s:,]{1,64})\s*:\s*([^\s:,]{1,64})\s*,\s*([^\s:,]{1,64})\s*:\s*([^\s:,]{1,64})\s*$/.exec(text);
  if (!match) return undefined;
  const [, sender = '', stream = '', receiver = '', end = ''] = match;
  return { sender: { id: sender, stream }, receiver: { id: receiver, stream: end } };
}

export function writeSubject({ sender, receiver }: SipSubject): string {
  return `${sender.id}:${sender.stream},${receiver.id}:${receiver.stream}`;
}
