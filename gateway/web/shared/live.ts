/** The live channel: hello, events after the last one seen, health, a beat every 2 s. Reconnects for ever with jitter. */
import type { LiveMessage, LiveReport } from '../../domain/api.ts';
import { openRetry } from './retry.ts';

export interface LiveListener {
  message(message: LiveMessage): void;
  /** Seconds without a word; 0 while all is well. */
  silence(seconds: number): void;
  /** The session is over: sign in again. */
  unauthenticated(): void;
}

const quietLimit = 5_000;
/** RFC 6455 §7.4.2 private range, as the gateway uses it. */
const closedUnauthenticated = 4401;
const closedUnknownSince = 4404;

export interface LiveChannel {
  /** Said at once, or as soon as there is a connection. */
  report(report: LiveReport): void;
  /** For good. */
  close(): void;
}

export function followLive(listener: LiveListener): LiveChannel {
  const unsaid: LiveReport[] = [];
  let socket: WebSocket | undefined;
  let lastEvent: string | undefined;
  let heardAt = performance.now();
  let closed = false;
  const retry = openRetry(open);

  function open(): void {
    if (closed) return;
    const since = lastEvent === undefined ? '' : `?since=${lastEvent}`;
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/live${since}`);
    socket.onopen = () => {
      for (const report of unsaid.splice(0)) socket?.send(JSON.stringify(report));
    };
    socket.onmessage = ({ data }) => {
      heardAt = performance.now();
      retry.succeeded();
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
      retry.soon();
    };
  }

  const watch = setInterval(() => {
    const quiet = performance.now() - heardAt;
    listener.silence(quiet > quietLimit ? Math.round(quiet / 1_000) : 0);
    if (quiet > 3 * quietLimit && socket?.readyState === WebSocket.OPEN) socket.close(); // a half-open connection says nothing for ever
  }, 1_000);
  open();

  return {
    report(report) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(report));
      else unsaid.push(report);
    },
    close() {
      closed = true;
      clearInterval(watch);
      retry.close();
      socket?.close();
    },
  };
}
