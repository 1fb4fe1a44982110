/** The shape of a misbehaviour: a name, a sentence, and what it changes. Everything that it leaves alone stays as it is. */
import type { ManscdpCharset } from '../../../../adapters/protocols/manscdp/charset.ts';
import type { SipTransportName } from '../../../../adapters/protocols/sip/flow.ts';
import type { SipHeader, SipMessage, SipRequest } from '../../../../adapters/protocols/sip/message.ts';
import type { Words } from '../../../../gateway/domain/words.ts';
import type { Dice } from '../dice.ts';
import type { RegistrarHabits } from '../registrar.ts';
import type { Sent } from '../wire.ts';

/** What a misbehaviour may do once, when it begins. */
export interface Struck {
  /** Away for so many ms; then back without any memory. */
  restart(away: number): Promise<void>;
  /** Forgets who is registered, and stays. */
  forget(): void;
  /** Every connection is reset; who is registered stays so. */
  cut(): Promise<void>;
  /** To every device that is online. */
  tellAll(what: 'keepalive' | 'options' | 'unknown-query'): Promise<void>;
  /** A second INVITE in the dialog of every play. */
  reinvite(): Promise<void>;
}

export interface Misbehaviour {
  readonly name: string;
  readonly says: Words;
  readonly registrar?: (dice: Dice) => Partial<RegistrarHabits>;
  /** What goes out instead; undefined: the message as it is. */
  readonly sends?: (message: SipMessage, dice: Dice, transport: SipTransportName) => readonly Sent[] | undefined;
  /** False: it never came. */
  readonly hears?: (message: SipMessage, dice: Dice, transport: SipTransportName) => boolean;
  /** Status of every MESSAGE of a registered device. */
  readonly refusesMessages?: number;
  /** ms from INVITE to CANCEL. */
  readonly cancelAfter?: (dice: Dice) => number;
  readonly offersSsrc?: false;
  readonly alarmResult?: 'ERROR' | 'none';
  readonly keepsAlarms?: false;
  readonly charset?: ManscdpCharset;
  readonly strikes?: (struck: Struck, dice: Dice) => Promise<void>;
}

// ---- what several of them do to messages

export const lost: readonly Sent[] = [];

export const isRequest = (message: SipMessage, ...methods: readonly string[]): message is SipRequest =>
  message.kind === 'request' && (methods.length === 0 || methods.includes(message.method));

export function withHeader<Message extends SipMessage>(message: Message, name: string, change: (value: string) => string): Message {
  return { ...message, headers: message.headers.map((header) => (header.name === name ? { name, value: change(header.value) } : header)) };
}

export function withMore<Message extends SipMessage>(message: Message, ...more: readonly SipHeader[]): Message {
  return { ...message, headers: [...message.headers, ...more] };
}

/** One byte of the body is one character, whatever its charset. */
export function withBody<Message extends SipMessage>(message: Message, change: (body: string) => string): Message {
  return { ...message, body: Buffer.from(change(Buffer.from(message.body).toString('latin1')), 'latin1') };
}
