/** The page's one socket for pictures: many watches on it. It comes back for ever, and says who has to ask again. */
import { type MediaAsk, type MediaText, mediaHeaderBytes } from '../../domain/api.ts';
import { openRetry } from '../shared/retry.ts';

export type Wish = Omit<Extract<MediaAsk, { kind: 'watch' }>, 'kind' | 'id'>;

type WatchText = Exclude<MediaText, { kind: 'beat' }>;

export interface WatchListener {
  text(text: WatchText): void;
  media(media: {
    readonly init: boolean;
    readonly track: 'video' | 'audio';
    readonly capturedAt: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }): void;
  /** The link broke, and this watch with it. */
  lost(): void;
}

/** The gateway beats every 2 s: longer silence is a link that only looks open. */
const quietLimit = 6_000;
/** A page that watches nothing lets go of its socket after this long. */
const idleLimit = 5_000;
/** Beats of which the quickest tells the difference of the clocks. */
const beatsKept = 30;
const unauthenticated = 4401;

export class MediaLink {
  readonly #watches = new Map<number, { readonly wish: Wish; readonly listener: WatchListener }>();
  readonly #retry = openRetry(() => this.#open());
  #socket: WebSocket | undefined;
  #lastId = 0;
  #heardAt = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #delays: number[] = [];
  #failed = false;

  /** False once a try to reach the gateway has failed, until it speaks again. */
  get up(): boolean {
    return !this.#failed;
  }

  /** The gateway's clock now, epoch ms, as exactly as the link allows; undefined while a page that has just been opened hears it late. */
  get gatewayNow(): number | undefined {
    return this.#delays.length < 2 ? undefined : Date.now() - Math.min(...this.#delays);
  }

  /** Watches until the returned function is called, or until `ended` or `lost` has been told. */
  watch(wish: Wish, listener: WatchListener): () => void {
    this.#lastId = (this.#lastId + 1) % 2 ** 32;
    const id = this.#lastId;
    this.#watches.set(id, { wish, listener });
    clearTimeout(this.#idle);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ kind: 'watch', id, ...wish });
    else if (!this.#socket && !this.#retry.waiting) this.#open();
    return () => {
      if (!this.#watches.delete(id)) return;
      if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ kind: 'leave', id });
      if (this.#watches.size === 0) this.#idle = setTimeout(() => this.#rest(), idleLimit);
    };
  }

  #open(): void {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/media/v1/live`);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#heardAt = performance.now();
    const quiet = setInterval(() => {
      if (performance.now() - this.#heardAt > quietLimit) end(0);
    }, 1_000);
    const end = (code: number) => {
      clearInterval(quiet);
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      this.#over(code);
    };
    socket.onopen = () => {
      for (const [id, { wish }] of this.#watches) this.#say({ kind: 'watch', id, ...wish });
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#heardAt = performance.now();
      if (typeof data === 'string') this.#text(JSON.parse(data) as MediaText);
      else this.#media(data);
    };
    socket.onclose = ({ code }) => end(code);
  }

  #over(code: number): void {
    this.#socket = undefined;
    const watches = [...this.#watches];
    this.#watches.clear();
    // Before the listeners: whoever asks again at once must not open a second socket.
    if (watches.length > 0) {
      this.#failed = true;
      this.#retry.soon();
    }
    for (const [id, { listener }] of watches) {
      if (code === unauthenticated) listener.text({ kind: 'ended', id, code: 'UNAUTHENTICATED', reason: { zh: '', en: '' }, detail: '' });
      else listener.lost();
    }
  }

  /** Nobody watches any more. */
  #rest(): void {
    if (this.#watches.size > 0) return;
    this.#retry.stop();
    this.#socket?.close();
  }

  #text(text: MediaText): void {
    if (text.kind === 'beat') {
      this.#failed = false;
      this.#retry.succeeded();
      this.#delays = [...this.#delays.slice(1 - beatsKept), Date.now() - text.at];
      return;
    }
    const watch = this.#watches.get(text.id);
    if (text.kind === 'ended') this.#watches.delete(text.id);
    watch?.listener.text(text);
  }

  #media(message: ArrayBuffer): void {
    const header = new DataView(message);
    this.#watches.get(header.getUint32(2))?.listener.media({
      init: header.getUint8(0) === 0,
      track: header.getUint8(1) === 0 ? 'video' : 'audio',
      capturedAt: header.getFloat64(6),
      bytes: new Uint8Array(message, mediaHeaderBytes),
    });
  }

  #say(ask: MediaAsk): void {
    this.#socket?.send(JSON.stringify(ask));
  }
}
