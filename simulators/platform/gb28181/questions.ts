/** What the platform asks, and the answers that come as messages of their own with the number of the question (gb28181 §4). */
import { collectBatch } from '../../../adapters/protocols/manscdp/batches.ts';
import type { ManscdpCharset } from '../../../adapters/protocols/manscdp/charset.ts';
import { type ManscdpMessage, writeManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import { SipFailure } from '../../../adapters/protocols/sip/failure.ts';
import type { SipResponse } from '../../../adapters/protocols/sip/message.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { type Millis, millis } from '../../../gateway/domain/time.ts';
import { aborted } from '../../../gateway/runtime/shutdown.ts';
import type { Complaints } from './complaints.ts';
import type { GbDevice } from './devices.ts';
import type { Line } from './line.ts';

type Unnumbered<M> = M extends unknown ? Omit<M, 'sn'> : never;
export type Question = Unnumbered<Extract<ManscdpMessage, { readonly root: 'Query' | 'Control' | 'Notify' }>>;
export type Response = Extract<ManscdpMessage, { readonly root: 'Response' }>;
export type ResponseTo<C extends Question['cmdType']> = Extract<Response, { readonly cmdType: C }>;

interface Expected {
  readonly cmdType: string;
  /** True: that was all. Throws where the answer cannot be right. */
  take(response: Response): boolean;
  done(): void;
  failed(cause: unknown): void;
}

export interface QuestionParts {
  readonly line: Line;
  readonly clock: Clock;
  readonly id: string;
  readonly realm: string;
  /** In which it writes. */
  charset(): ManscdpCharset;
  readonly complaints: Complaints;
  /** For a Response; for a whole list four times that. */
  readonly patience: Millis;
}

/** Items that may come in several messages. */
type Listed = 'Catalog' | 'RecordInfo';
type ItemOf<C extends Listed> = ResponseTo<C>['content']['items'][number];

const mostRemembered = 100;

export class Questions {
  readonly #parts: QuestionParts;
  /** Lists that came as a whole: what comes after that is too much. */
  readonly #complete = new Set<number>();
  readonly #expected = new Map<number, Expected>();
  /** WVP's numbers begin anywhere. */
  #sn = 17_430;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
  }

  /** The answer of SIP alone. Rejects with a SipFailure. */
  async tell(device: GbDevice, message: Question, signal: AbortSignal): Promise<SipResponse> {
    return this.#send(device, this.numbered(message), signal);
  }

  /** A Response of ours. Rejects with a SipFailure. */
  answer(device: GbDevice, response: Response, signal: AbortSignal): Promise<SipResponse> {
    return this.#send(device, response, signal);
  }

  /** With the next number, for whoever sends it himself. */
  numbered(message: Question): ManscdpMessage {
    this.#sn += 1;
    return { ...message, sn: this.#sn };
  }

  /** The one Response to a question. Rejects with a SipFailure. */
  async ask<Q extends Question>(device: GbDevice, message: Q, signal: AbortSignal): Promise<ResponseTo<Q['cmdType']>> {
    let answer: ResponseTo<Q['cmdType']> | undefined;
    const take = (response: Response) => {
      if (isA<Q['cmdType']>(response, message.cmdType)) answer = response;
      return true;
    };
    await this.#expect(device, message, { take, said: () => 'nothing came' }, { signal, within: this.#parts.patience });
    return answer!;
  }

  /** All items of an answer in batches, in the order in which they came. */
  async collect<C extends Listed>(device: GbDevice, message: Question & { readonly cmdType: C }, signal: AbortSignal): Promise<readonly ItemOf<C>[]> {
    let collected: { readonly sumNum: number; readonly items: readonly ItemOf<C>[] } | undefined;
    const take = (response: Response) => {
      if (!isA<Listed>(response, message.cmdType)) return false;
      const { items, sumNum = 0 } = response.content;
      const next = collectBatch<ItemOf<C>>(collected, { sumNum, items: items as readonly ItemOf<C>[] });
      if (typeof next === 'string') {
        const what = next === 'too-many' ? `${(collected?.items.length ?? 0) + items.length} items came` : `SumNum was ${collected?.sumNum} before`;
        this.#parts.complaints.add(device.id, 'sum-num', `${message.cmdType} with SumNum ${sumNum}, but ${what}.`);
        throw new SipFailure('ended', `answered ${message.cmdType} with batches that do not fit together: ${next}.`);
      }
      collected = next;
      return next.complete;
    };
    const said = () => `${collected?.items.length ?? 0} of ${collected?.sumNum ?? '?'} items came`;
    const number = await this.#expect(device, message, { take, said }, { signal, within: millis(4 * this.#parts.patience) });
    this.#complete.add(number);
    if (this.#complete.size > mostRemembered) this.#complete.delete(this.#complete.values().next().value!);
    return collected?.items ?? [];
  }

  /** False: nobody asked. */
  answered(device: string, response: Response): boolean {
    const expected = this.#expected.get(response.sn);
    if (!expected || expected.cmdType !== response.cmdType) {
      const late = this.#complete.has(response.sn);
      const what = late ? 'which had been answered as a whole' : 'which nobody asked for';
      this.#parts.complaints.add(device, late ? 'sum-num' : 'unasked-response', `Response/${response.cmdType} with SN ${response.sn}, ${what}.`);
      return false;
    }
    try {
      if (expected.take(response)) expected.done();
    } catch (error) {
      expected.failed(error);
    }
    return true;
  }

  async #expect(
    device: GbDevice,
    message: Question,
    { take, said }: { take(response: Response): boolean; said(): string },
    { signal, within }: { readonly signal: AbortSignal; readonly within: Millis },
  ): Promise<number> {
    const numbered = this.numbered(message);
    using limit = this.#parts.clock.deadline(within, signal);
    const answered = new Promise<void>((resolve, reject) => {
      this.#expected.set(numbered.sn, { cmdType: message.cmdType, take, done: resolve, failed: reject });
    });
    answered.catch(() => undefined); // Whoever asked may have given up by then.
    try {
      const { status } = await this.#send(device, numbered, limit);
      if (status >= 300) throw new SipFailure('ended', `answered ${message.cmdType} with ${status}.`);
      await Promise.race([answered, aborted(limit).then(() => Promise.reject(limit.reason))]);
      return numbered.sn;
    } catch (error) {
      if (!limit.aborted || signal.aborted) throw error;
      const sentence = `did not answer ${message.root}/${message.cmdType} ${numbered.sn} within ${within / 1_000} s: ${said()}.`;
      throw new SipFailure('silent', sentence, error);
    } finally {
      this.#expected.delete(numbered.sn);
    }
  }

  bodyOf(message: ManscdpMessage): { readonly type: string; readonly content: Buffer } {
    return { type: 'Application/MANSCDP+xml', content: writeManscdp(message, this.#parts.charset()) };
  }

  /** The R-URI names the device, whatever the body is about (WVP, gb28181 §3.6). */
  #send(device: GbDevice, message: ManscdpMessage, signal: AbortSignal): Promise<SipResponse> {
    const { line, id, realm } = this.#parts;
    const to = `sip:${device.id}@${realm}`;
    const body = this.bodyOf(message);
    return line.endpoint.ask({ method: 'MESSAGE', uri: to, from: `sip:${id}@${realm}`, to, body }, device.peer, signal);
  }
}

function isA<C extends Question['cmdType']>(response: Response, cmdType: C): response is ResponseTo<C> {
  return response.cmdType === cmdType;
}
