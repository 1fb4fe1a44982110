/** One live picture: fMP4 over WebSocket into Media Source Extensions. Reconnects for ever; never shows an old picture as live. */
import { type MediaAsk, type MediaText, mediaHeaderBytes } from '../../domain/api.ts';

export type PlayerState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'playing' }
  | { readonly kind: 'stale'; readonly seconds: number }
  | { readonly kind: 'no-signal'; readonly reason: string }
  | { readonly kind: 'link-lost' }
  | { readonly kind: 'not-permitted' }
  | { readonly kind: 'codec'; readonly codec: string };

export interface PlayerView {
  state(state: PlayerState): void;
  /** Wall clock of the newest picture on the screen, epoch ms. */
  picture(capturedAt: number): void;
}

const steps = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
const staleAfter = 5_000;
const kept = 10; // seconds of buffer behind the picture
const drift = 3; // seconds behind live before jumping to it
const firstFrameLimit = 6_000;
const queueLimit = 16 * 1024 * 1024;

/** Plays a channel into a muted video element; the returned function ends it. */
export function play(video: HTMLVideoElement, channel: string, profile: 'main' | 'sub', view: PlayerView): () => void {
  let ended = false;
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let close = (): void => undefined;
  let shownAt = 0;
  let frameRequest = 0;

  const seen = () => {
    shownAt = performance.now();
    frameRequest = video.requestVideoFrameCallback(seen);
  };
  frameRequest = video.requestVideoFrameCallback(seen);

  function again(): void {
    if (ended) return;
    close();
    const wait = (steps[Math.min(attempt, steps.length - 1)] ?? 15_000) * (0.7 + 0.6 * Math.random());
    attempt += 1;
    clearTimeout(retry);
    retry = setTimeout(open, wait);
  }

  function open(): void {
    if (ended) return;
    view.state({ kind: 'connecting' });
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/media/v1/live`);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      const ask: MediaAsk = { kind: 'watch', id: 1, channel, profile, audio: false, purpose: 'local' };
      socket.send(JSON.stringify(ask));
    };
    const source = new MediaSource();
    const address = URL.createObjectURL(source);
    let buffer: SourceBuffer | undefined;
    let reason: PlayerState = { kind: 'link-lost' };
    const queue: ArrayBuffer[] = [];
    let queued = 0;
    const openedAt = performance.now();
    shownAt = 0;
    video.src = address;

    const opened = new Promise<void>((resolve) => source.addEventListener('sourceopen', () => resolve(), { once: true }));

    const feed = () => {
      if (!buffer || buffer.updating || source.readyState !== 'open') return;
      const buffered = video.buffered;
      if (buffered.length > 0 && video.currentTime - buffered.start(0) > 2 * kept) {
        buffer.remove(buffered.start(0), video.currentTime - kept);
        return;
      }
      const next = queue.shift();
      if (!next) return;
      queued -= next.byteLength;
      try {
        buffer.appendBuffer(next);
      } catch {
        socket.close(); // the decoder gave up or the quota is full: a new session starts clean
      }
    };

    const chase = () => {
      const buffered = video.buffered;
      if (buffered.length === 0) return;
      const end = buffered.end(buffered.length - 1);
      const start = buffered.start(buffered.length - 1);
      if (video.currentTime < start || end - video.currentTime > drift) video.currentTime = Math.max(start, end - 0.3);
      if (video.paused) void video.play().catch(() => undefined); // muted playback is allowed; a hidden page may refuse for now
    };

    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') {
        const text = JSON.parse(data) as MediaText;
        if (text.kind === 'ended') {
          reason = { kind: 'no-signal', reason: text.detail };
          socket.close();
        }
        if (text.kind !== 'init' || text.track === 'audio') return;
        const type = `video/mp4; codecs="${text.codecs}"`;
        if (!MediaSource.isTypeSupported(type)) {
          reason = { kind: 'codec', codec: text.codecs };
          socket.close();
          return;
        }
        view.state({ kind: 'waiting' });
        void opened.then(() => {
          if (source.readyState !== 'open' || buffer) return;
          buffer = source.addSourceBuffer(type);
          buffer.mode = 'segments';
          buffer.addEventListener('updateend', () => {
            chase();
            feed();
          });
          feed();
        });
        return;
      }
      const header = new DataView(data);
      const fragment = header.getUint8(0) !== 0;
      queue.push(data.slice(mediaHeaderBytes));
      queued += data.byteLength;
      if (queued > queueLimit) socket.close();
      feed();
      if (fragment) view.picture(header.getFloat64(6));
    };
    socket.onclose = ({ code }) => {
      if (code === 4403 || code === 4401) reason = { kind: 'not-permitted' };
      view.state(reason);
      again();
    };

    const watch = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const now = performance.now();
      if (shownAt === 0) {
        if (now - openedAt > 2 * firstFrameLimit) socket.close();
        return;
      }
      attempt = 0;
      const age = now - shownAt;
      view.state(age > staleAfter ? { kind: 'stale', seconds: Math.round(age / 1_000) } : { kind: 'playing' });
      if (age > 3 * staleAfter) socket.close();
    }, 500);

    close = () => {
      clearInterval(watch);
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
      URL.revokeObjectURL(address);
    };
  }

  const online = () => {
    clearTimeout(retry);
    close();
    open();
  };
  addEventListener('online', online);
  open();

  return () => {
    ended = true;
    clearTimeout(retry);
    removeEventListener('online', online);
    video.cancelVideoFrameCallback(frameRequest);
    close();
    video.removeAttribute('src');
    video.load();
  };
}
