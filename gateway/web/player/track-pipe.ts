/** One track of fMP4 into one media element, through one SourceBuffer. Old media is dropped, new media is taken in order. */

/** Seconds behind the picture that are kept, and how many may be there before any are dropped. */
const kept = 10;
const most = 20;
/** Bytes that the browser may leave untaken: beyond it, it does not keep up at all. */
const queueLimit = 16 * 1024 * 1024;

interface SourceMaker {
  new (): MediaSource;
  isTypeSupported(type: string): boolean;
}

/** iPhones have only the managed kind. */
export const Source: SourceMaker | undefined =
  globalThis.MediaSource ?? (globalThis as { readonly ManagedMediaSource?: SourceMaker }).ManagedMediaSource;

export class TrackPipe {
  readonly #element: HTMLMediaElement;
  readonly #broken: () => void;
  readonly #address: string;
  readonly #source: MediaSource;
  #buffer: SourceBuffer | undefined;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #queued = 0;
  #closed = false;

  /** `type`: of a track that the browser says it can play. `broken`: the decoder or the buffer gave up. */
  constructor(element: HTMLMediaElement, type: string, broken: () => void) {
    if (!Source) throw new Error('This browser has no MediaSource.');
    this.#element = element;
    this.#broken = () => {
      if (!this.#closed) broken();
    };
    this.#source = new Source();
    this.#address = URL.createObjectURL(this.#source);
    this.#source.addEventListener('sourceopen', () => this.#begin(type), { once: true });
    element.disableRemotePlayback = true; // asked of whoever uses the managed kind
    element.addEventListener('error', this.#broken, { once: true });
    element.src = this.#address;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
    this.#queued += bytes.byteLength;
    if (this.#queued > queueLimit) this.#broken();
    else this.#feed();
  }

  /** Where the newest run of media begins and ends, seconds. */
  get newest(): { readonly start: number; readonly end: number } | undefined {
    const { buffered } = this.#element;
    const last = buffered.length - 1;
    return last < 0 ? undefined : { start: buffered.start(last), end: buffered.end(last) };
  }

  /** Takes nothing more; the last picture stays on the element. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#element.pause();
    URL.revokeObjectURL(this.#address);
  }

  #begin(type: string): void {
    if (this.#closed) return;
    try {
      this.#buffer = this.#source.addSourceBuffer(type);
    } catch {
      this.#broken(); // it said that it could
      return;
    }
    this.#buffer.addEventListener('updateend', () => this.#feed());
    this.#feed();
  }

  #feed(): void {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#closed || this.#source.readyState !== 'open') return;
    try {
      const { buffered, currentTime } = this.#element;
      const start = buffered.length > 0 ? buffered.start(0) : currentTime;
      if (currentTime - start > most) {
        buffer.remove(start, currentTime - kept);
        return;
      }
      const next = this.#queue.shift();
      if (!next) return;
      this.#queued -= next.byteLength;
      buffer.appendBuffer(next);
    } catch {
      this.#broken(); // the buffer is full or the decoder has closed it
    }
  }
}
