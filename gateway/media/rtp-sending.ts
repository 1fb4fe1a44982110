/** One receiver of a stream as program stream in RTP: a viewer like any other, with its way out. */
import type { RtpEnd, RtpEndCause, RtpOrder, StreamDescription } from '../domain/media.ts';
import type { RtpExit, WireSpan } from '../domain/media-ports.ts';
import type { RtpSending } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import type { Picture } from './pictures.ts';
import type { MediaContext } from './ports.ts';
import { ProgramLine } from './program-line.ts';
import type { MovableOutlet, Viewing } from './viewing.ts';

const look = seconds(1);

interface SendingParts {
  readonly viewing: Viewing;
  readonly exit: RtpExit;
  readonly context: MediaContext;
  over(sending: OpenSending): void;
}

/** Takes over `viewing` and `exit`. */
export class OpenSending implements RtpSending, MovableOutlet {
  readonly #parts: SendingParts;
  readonly #name: string;
  readonly #line: ProgramLine;
  readonly #life = new AbortController();
  #pictureAt = 0;
  #started = false;
  #resolve: (end: RtpEnd) => void = () => undefined;
  readonly ended = new Promise<RtpEnd>((resolve) => {
    this.#resolve = resolve;
  });

  constructor({ channel, sound }: Pick<RtpOrder, 'channel' | 'sound'>, parts: SendingParts) {
    const { exit, context } = parts;
    this.#parts = parts;
    this.#name = channel;
    this.#line = new ProgramLine({ ...context, sound, out: (frame, timestamp) => exit.frame(frame, timestamp) });
    exit.gone.addEventListener('abort', () => this.end('far-side', String(exit.gone.reason.message)), { once: true });
  }

  get local() {
    return this.#parts.exit.local;
  }

  get backlog(): number {
    return this.#parts.exit.backlog;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run(this.#life.signal);
  }

  described(description: StreamDescription): void {
    this.#line.described(description);
  }

  picture(picture: Picture): void {
    this.#pictureAt = this.#parts.context.clock.monotonic();
    this.#line.picture(picture);
  }

  sound(span: WireSpan): void {
    this.#line.sound(span);
  }

  /** Pictures and sound are put together by when they were taken. */
  clock(): void {}

  quiet(): void {
    this.#line.quiet();
  }

  flush(): void {
    this.#parts.exit.flush();
  }

  change(): void {
    this.#line.change();
  }

  close(reason: string): void {
    this.end('let-go', `The stream of ${this.#name} is sent no more: ${reason}.`);
  }

  end(cause: RtpEndCause, sentence: string): void {
    if (this.#life.signal.aborted) return;
    const { viewing, exit, over } = this.#parts;
    this.#life.abort();
    viewing[Symbol.dispose]();
    over(this);
    const { packets, bytes } = exit.sent;
    void exit[Symbol.asyncDispose]().then(() => this.#resolve({ cause, sentence, packets, bytes }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end('stopped', `Sending the stream of ${this.#name} was stopped.`);
    await this.ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { viewing, exit, context } = this.#parts;
    const { clock, settings } = context;
    try {
      using deadline = clock.deadline(settings.rtpReach, signal);
      await exit.open(deadline);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.end('no-connection', `There is no connection for the stream of ${this.#name} within ${settings.rtpReach} ms: ${why}`);
      return;
    }
    if (signal.aborted) return;
    this.#pictureAt = clock.monotonic();
    viewing.show(this);
    while (!signal.aborted) {
      await clock.sleep(look, signal).catch(() => undefined); // Aborted: the loop ends.
      if (clock.monotonic() - this.#pictureAt > settings.rtpSilence)
        this.end('no-pictures', `No picture of ${this.#name} came for ${settings.rtpSilence / 1_000} s.`);
    }
  }
}
