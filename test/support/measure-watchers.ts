/** Viewers who never give up: cut off, they come again by themselves. They note when each stream that they got began to show pictures. */
import { WebSocket } from 'ws';
import { type MediaAsk, type MediaText, mediaHeaderBytes } from '../../gateway/domain/api.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openRtspPlayer } from './rtsp-player.ts';
import { type Account, signIn } from './sign-in.ts';

export interface Watcher extends AsyncDisposable {
  /** Monotonic ms of the first picture of each stream: of a new connection, or after a new init segment. */
  readonly beginnings: readonly number[];
  /** Connections opened so far. */
  readonly connections: number;
}

const soon = millis(20);

/** An RTSP client that calls again as soon as its connection is closed. */
export function watchRtsp(port: number, path: string, key: { username: string; password: string } | undefined): Watcher {
  const beginnings: number[] = [];
  const over = new AbortController();
  let connections = 0;
  const life = (async () => {
    while (!over.signal.aborted) {
      const player = await openRtspPlayer(port, path, key).catch(() => undefined); // nobody listens just now
      if (player) {
        connections += 1;
        const begun = beginnings.length;
        await player.play().catch(() => player.socket.destroy()); // refused, or cut off meanwhile
        while (!player.closed && !over.signal.aborted) {
          if (beginnings.length === begun && player.packets.some(({ marker }) => marker)) beginnings.push(performance.now());
          await systemClock.sleep(soon);
        }
        await player[Symbol.asyncDispose]();
      }
      await systemClock.sleep(soon);
    }
  })();
  return watcher(beginnings, () => connections, over, life);
}

/** A page's media socket without the page. It calls again after a second, as a page does. */
export async function watchAsPage(origin: string, account: Account, channel: string): Promise<Watcher> {
  const cookie = await signIn(origin, account);
  const beginnings: number[] = [];
  const over = new AbortController();
  let connections = 0;
  const life = (async () => {
    while (!over.signal.aborted) {
      const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/media/v1/live`, { headers: { origin, cookie } });
      connections += 1;
      const ask: MediaAsk = { kind: 'watch', id: 1, channel, profile: 'main', audio: false, purpose: 'local', urgent: false };
      let fresh = false;
      socket.on('open', () => socket.send(JSON.stringify(ask)));
      socket.on('message', (data: Buffer, isBinary) => {
        if (!isBinary) {
          const { kind } = JSON.parse(String(data)) as MediaText;
          if (kind === 'init') fresh = true;
          if (kind === 'ended') socket.close();
        } else if (fresh && data.length > mediaHeaderBytes && data.readUInt8(0) === 2) {
          fresh = false;
          beginnings.push(performance.now());
        }
      });
      const closed = new Promise<void>((resolve) => {
        socket.on('error', () => resolve());
        socket.on('close', () => resolve());
        over.signal.addEventListener('abort', () => socket.terminate(), { once: true });
      });
      await closed;
      await systemClock.sleep(millis(1_000), over.signal).catch(() => undefined); // it is over: the loop ends
    }
  })();
  return watcher(beginnings, () => connections, over, life);
}

function watcher(beginnings: readonly number[], connections: () => number, over: AbortController, life: Promise<void>): Watcher {
  return {
    beginnings,
    get connections() {
      return connections();
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await life;
    },
  };
}
