/**
 * One receiver, and how it stands. One message is on its way at a time. NAK sets our clock for it and the message leaves again with the same sequence;
 * three messages in a row without an answer, and the path is down until a poll is answered.
 */
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { type Instant, instant, type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import type { Words } from '../../../gateway/domain/words.ts';
import type { Dc09Key } from '../../protocols/dc09/cipher.ts';
import { contentOf, type Dc09Frame, readFrame, writeFrame } from '../../protocols/dc09/frame.ts';
import type { Dc09Message } from '../../protocols/dc09/message.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { type Wire, wireTo } from './wire.ts';

export type PathName = 'primary' | 'backup';

interface PathParts {
  readonly name: PathName;
  readonly url: string;
  readonly key: Dc09Key | undefined;
  readonly timeout: Millis;
  readonly clock: Clock;
  readonly log: Logger;
}

type Answer = { readonly kind: 'ACK' | 'DUH' } | { readonly kind: 'NAK'; readonly time: number };

const mostFailures = 3;
const mostCorrections = 2;

export class Path implements Disposable {
  readonly name: PathName;
  readonly #parts: PathParts;
  readonly #wire: Wire;
  #turn: Promise<unknown> = Promise.resolve();
  #failures = 0;
  /** Its clock minus ours, as its last NAK told. */
  #offset = millis(0);
  /** Why the last message was not taken. */
  #trouble: Words | undefined;
  #answered = false;

  constructor(parts: PathParts) {
    this.name = parts.name;
    this.#parts = parts;
    this.#wire = wireTo(parts.url);
  }

  get down(): boolean {
    return this.#failures >= mostFailures;
  }

  /** It has answered, and took what it was told last. */
  get well(): boolean {
    return this.#answered && this.#trouble === undefined;
  }

  get trouble(): Words | undefined {
    return this.#trouble;
  }

  get clockOffset(): Millis {
    return this.#offset;
  }

  get url(): string {
    return this.#parts.url;
  }

  /** Its time. */
  now(): Instant {
    return instant(this.#parts.clock.now() + this.#offset);
  }

  /** Whether it took or refused the message; rejects where there is no answer. `sent`: each time that it left. */
  tell(message: Dc09Message, signal: AbortSignal, sent: () => void = () => undefined): Promise<'ACK' | 'DUH'> {
    const told = this.#turn.then(() => this.#tell(message, signal, sent));
    this.#turn = told.catch(() => undefined);
    return told;
  }

  async #tell(message: Dc09Message, signal: AbortSignal, sent: () => void): Promise<'ACK' | 'DUH'> {
    signal.throwIfAborted();
    const { clock, log } = this.#parts;
    const started = clock.monotonic();
    try {
      let current = message;
      for (let corrections = 0; ; corrections += 1) {
        const answer = await this.#exchange(current, signal, sent);
        this.#answered = true;
        if (answer.kind !== 'NAK') {
          this.#failures = 0;
          this.#trouble = answer.kind === 'DUH' ? refuses : undefined;
          return answer.kind;
        }
        if (corrections === mostCorrections)
          throw new Error(
            'it refuses our time (NAK), although we took on its own; some say so of what they cannot read, such as Chinese (settings.texts)',
          );
        this.#offset = millis(answer.time - clock.now());
        log.warn('receiver clock differs', { path: this.name, offset: this.#offset });
        current = { ...current, timestamp: this.now() };
      }
    } catch (error) {
      // Told to stop, long before it could have answered: it is not to blame.
      const blameless = signal.aborted && clock.monotonic() - started < 0.9 * this.#parts.timeout;
      if (!blameless) {
        this.#failures += 1;
        this.#trouble = troubleOf(error, this.#parts.timeout);
        if (this.#failures === mostFailures) log.warn('receiver down', { path: this.name, reason: this.#trouble.en });
      }
      throw error;
    }
  }

  async #exchange(message: Dc09Message, signal: AbortSignal, sent: () => void): Promise<Answer> {
    const { clock, timeout, key } = this.#parts;
    using limit = clock.deadline(timeout, signal);
    const bytes = writeFrame(message, key);
    // Awaited here: the deadline ends with this function.
    return await this.#wire.exchange({ bytes, sent, take: (line) => this.#answerTo(message, line) }, limit);
  }

  /** Only what proves itself counts: an ACK of a message that was encrypted must be. */
  #answerTo(message: Dc09Message, line: Uint8Array): Answer | undefined {
    try {
      const frame = readFrame(line);
      if (frame.token === 'NAK') return { kind: 'NAK', time: contentOf(frame).timestamp ?? this.#parts.clock.now() };
      if (!answers(frame, message)) return undefined;
      if (frame.token === 'DUH') return { kind: 'DUH' };
      if (frame.token !== 'ACK' || frame.encrypted !== message.encrypted) return undefined;
      contentOf(frame, this.#parts.key);
      return { kind: 'ACK' };
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }
}

function answers(frame: Dc09Frame, { sequence, account }: Dc09Message): boolean {
  return frame.sequence === sequence && (frame.account === undefined || frame.account.toUpperCase() === account?.toUpperCase());
}

const refuses: Words = {
  zh: '拒绝所发内容（DUH）：可能不认识该账号或密钥',
  en: 'it refuses what it is told (DUH): it may not know the account or the key',
};

function troubleOf(error: unknown, timeout: Millis): Words {
  const within = timeout / 1_000;
  if (error instanceof DOMException) return { zh: `${within} 秒内没有应答`, en: `it did not answer within ${within} s` };
  const why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
  return { zh: `无法送达（${why}）`, en: why };
}

/** Between tries of a path that is down. */
export const again = { first: seconds(5), most: seconds(60), jitter: 0.2 };
