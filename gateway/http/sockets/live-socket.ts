/** `/api/v1/live`: hello, every journal entry after `since` in order, then what happens. A page that falls behind is cut and comes back. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { LiveMessage } from '../../domain/api.ts';
import { isGatewayError } from '../../domain/errors.ts';
import { type EventId, eventId } from '../../domain/ids.ts';
import type { HttpParts } from '../ports.ts';
import { closeCodes, type SocketArrival, type SocketRoute } from './door.ts';
import type { LiveFeed } from './live-feed.ts';

/** Entries sent between two looks at how much the page owes. */
const burst = 50;

export function liveRoute(parts: Pick<HttpParts, 'journal' | 'version'>, feed: LiveFeed, backlogLimit: number): SocketRoute {
  return {
    name: 'WS /api/v1/live',
    kind: 'live',
    pattern: /^\/api\/v1\/live$/,
    serve: (arrival) => serve(arrival, { parts, feed, backlogLimit }),
  };
}

interface Serving {
  readonly parts: Pick<HttpParts, 'journal' | 'version'>;
  readonly feed: LiveFeed;
  readonly backlogLimit: number;
}

async function serve({ socket, query, signal }: SocketArrival, { parts, feed, backlogLimit }: Serving): Promise<void> {
  const since = sinceOf(query.get('since'), parts);
  if (since === undefined) {
    // RFC 6455 §7.1.6: the page learns it from the close code, which a refused upgrade would hide from it.
    socket.close(closeCodes.notFound, 'The journal holds no such event: read the alarms anew.');
    return;
  }
  const send = (text: string) => {
    if (socket.bufferedAmount > backlogLimit) cutOff(socket);
    else if (socket.readyState === socket.OPEN) socket.send(text);
  };
  const hello: LiveMessage = { kind: 'hello', position: parts.journal.stats().position, version: parts.version };
  send(JSON.stringify(hello));
  send(feed.health());
  const stop = feed.listen(send);
  try {
    let sent = 0;
    for await (const entry of parts.journal.follow(since, signal)) {
      send(feed.render(entry));
      sent += 1;
      // Lets the socket drain, and everybody else in, while a page that was long away catches up.
      if (sent % burst === 0) await drained(socket, backlogLimit / 2, signal);
    }
  } finally {
    stop();
  }
}

function sinceOf(text: string | null, { journal }: Serving['parts']): EventId | 'now' | undefined {
  if (text === null || text === '') return 'now';
  try {
    const id = eventId(text);
    return journal.read.find(id) ? id : undefined;
  } catch (error) {
    if (isGatewayError(error, 'ID_INVALID')) return undefined;
    throw error;
  }
}

/** Waits, a turn of the loop at a time and not for ever, until the kernel has taken most of it. */
async function drained(socket: WebSocket, below: number, signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < 1_000 && socket.bufferedAmount > below && !signal.aborted; turn += 1) await nextTurn();
  await nextTurn();
}

/** The close frame would queue behind what the peer does not read: say it, then cut. */
function cutOff(socket: WebSocket): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.close(closeCodes.tooSlow, 'Too slow: come back with since.');
  setImmediate(() => socket.terminate());
}
