/** The live channel: hello, events after the last one seen, health, a beat every 2 s. Reconnects for ever with jitter. */
import type { LiveMessage } from '../../domain/api.ts';

export interface LiveListener {
  message(message: LiveMessage): void;
  /** Seconds without a word; 0 while all is well. */
  silence(seconds: number): void;
  /** The session is over: sign in again. */
  unauthenticated(): void;
}

const steps = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
const quietLimit = 5_000;
/** RFC 6455 §7.4.2 private range, as the gateway uses it. */
const closedUnauthenticated = 4401;
const closedUnknownSince = 4404;

/** Opens the channel; the returned function closes it for good. */
export function followLive(listener: LiveListener): () => void {
  let socket: WebSocket | undefined;
  let lastEvent: string | undefined;
  let heardAt = performance.now();
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function open(): void {
    if (closed) return;
    const since = lastEvent === undefined ? '' : `?since=${lastEvent}`;
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/live${since}`);
    socket.onmessage = ({ data }) => {
      heardAt = performance.now();
      attempt = 0;
      const message = JSON.parse(String(data)) as LiveMessage;
      if (message.kind === 'event') lastEvent = message.entry.event.id;
      listener.message(message);
    };
    socket.onclose = ({ code }) => {
      if (closed) return;
      if (code === closedUnauthenticated) {
        listener.unauthenticated();
        return;
      }
      if (code === closedUnknownSince) lastEvent = undefined;
      again();
    };
  }

  function again(): void {
    const wait = (steps[Math.min(attempt, steps.length - 1)] ?? 15_000) * (0.7 + 0.6 * Math.random());
    attempt += 1;
    clearTimeout(retry);
    retry = setTimeout(open, wait);
  }

  function now(): void {
    if (document.visibilityState !== 'visible' || socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(retry);
    socket?.close();
    open();
  }

  const watch = setInterval(() => {
    const quiet = performance.now() - heardAt;
    listener.silence(quiet > quietLimit ? Math.round(quiet / 1_000) : 0);
    if (quiet > 3 * quietLimit && socket?.readyState === WebSocket.OPEN) socket.close(); // a half-open connection says nothing for ever
  }, 1_000);
  addEventListener('online', now);
  document.addEventListener('visibilitychange', now);
  open();

  return () => {
    closed = true;
    clearInterval(watch);
    clearTimeout(retry);
    removeEventListener('online', now);
    document.removeEventListener('visibilitychange', now);
    socket?.close();
  };
}
