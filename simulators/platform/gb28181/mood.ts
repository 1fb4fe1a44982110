/** How the platform behaves just now: the sum of the misbehaviours that are on, and chance with a seed. */
import type { ManscdpCharset } from '../../../adapters/protocols/manscdp/charset.ts';
import type { SipFlow } from '../../../adapters/protocols/sip/flow.ts';
import type { SipMessage } from '../../../adapters/protocols/sip/message.ts';
import { type Dice, diceFrom } from './dice.ts';
import type { Misbehaviour } from './misbehaviours/misbehaviour.ts';
import { type RegistrarHabits, usualHabits } from './registrar.ts';
import type { Sent, Weather } from './wire.ts';

export class Mood implements Weather {
  readonly #usual: RegistrarHabits;
  readonly dice: Dice;
  #active: readonly Misbehaviour[] = [];
  #habits: RegistrarHabits;

  constructor(seed: number, habits: Partial<RegistrarHabits> = {}) {
    this.dice = diceFrom(seed);
    this.#usual = { ...usualHabits, ...habits };
    this.#habits = this.#usual;
  }

  get active(): readonly Misbehaviour[] {
    return this.#active;
  }

  become(misbehaviours: readonly Misbehaviour[]): void {
    this.#active = misbehaviours;
    this.#habits = Object.assign({}, this.#usual, ...misbehaviours.map(({ registrar }) => registrar?.(this.dice)));
  }

  habits(): RegistrarHabits {
    return this.#habits;
  }

  sends(message: SipMessage, { transport }: SipFlow): readonly Sent[] {
    return this.#active.reduce<readonly Sent[]>(
      (sent, { sends }) => (sends ? sent.flatMap((one) => changed(one, (meant) => sends(meant, this.dice, transport))) : sent),
      [{ message }],
    );
  }

  hears(message: SipMessage, { transport }: SipFlow): boolean {
    return this.#active.every(({ hears }) => hears === undefined || hears(message, this.dice, transport));
  }

  get refusesMessages(): number | undefined {
    return this.#said(({ refusesMessages }) => refusesMessages);
  }

  get charset(): ManscdpCharset {
    return this.#said(({ charset }) => charset) ?? 'GB2312';
  }

  get offersSsrc(): boolean {
    return this.#said(({ offersSsrc }) => offersSsrc) ?? true;
  }

  get alarmResult(): 'OK' | 'ERROR' | 'none' {
    return this.#said(({ alarmResult }) => alarmResult) ?? 'OK';
  }

  get keepsAlarms(): boolean {
    return this.#said(({ keepsAlarms }) => keepsAlarms) ?? true;
  }

  /** Of the next INVITE, ms. */
  cancelAfter(): number | undefined {
    return this.#said(({ cancelAfter }) => cancelAfter?.(this.dice));
  }

  #said<Value>(ask: (misbehaviour: Misbehaviour) => Value | undefined): Value | undefined {
    return this.#active.map(ask).find((value) => value !== undefined);
  }
}

/** Bytes are beyond change. */
function changed(sent: Sent, sends: (message: SipMessage) => readonly Sent[] | undefined): readonly Sent[] {
  if (sent.message instanceof Uint8Array) return [sent];
  const { after = 0 } = sent;
  return (sends(sent.message) ?? [{ message: sent.message }]).map((one) => {
    const later = after + (one.after ?? 0);
    return later > 0 ? { message: one.message, after: later } : { message: one.message };
  });
}
