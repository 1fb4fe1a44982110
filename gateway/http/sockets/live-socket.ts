/**
 * `/api/v1/live`: hello, every journal entry after `since` in order, then what happens. A page that falls behind is cut and comes back.
 * The page says which alarms it has shown, and nothing else.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import type { LiveMessage, LiveReport } from '../../domain/api.ts';
import { isGatewayError } from '../../domain/errors.ts';
import { seats } from '../../domain/event.ts';
import { type EventId, eventId } from '../../domain/ids.ts';
import { Allowance } from '../../runtime/allowance.ts';
import { operate } from '../access.ts';
import type { HttpParts } from '../ports.ts';
import { z } from '../schemas/pieces.ts';
import { closeCodes, type SocketArrival, type SocketRoute } from './door.ts';
import type { LiveFeed } from './live-feed.ts';

/** Entries sent between two looks at how much the page owes. */
const burst = 50;

type LiveParts = Pick<HttpParts, 'journal' | 'version' | 'alarms' | 'clock' | 'log'>;

/** A page may say so much at once, and so much per second after it. */
const reportsAtOnce = 200;
const reportsPerSecond = 20;

const reports: z.ZodType<LiveReport> = z.strictObject({ kind: z.literal('shown'), alarm: z.string().max(64), screen: z.enum(seats) });

export function liveRoute(parts: LiveParts, feed: LiveFeed, backlogLimit: number): SocketRoute {
  return {
    name: 'WS /api/v1/live',
    kind: 'live',
    pattern: /^\/api\/v1\/live$/,
    hears: true,
    serve: (arrival) => serve(arrival, { parts, feed, backlogLimit }),
  };
}

interface Serving {
  readonly parts: LiveParts;
  readonly feed: LiveFeed;
  readonly backlogLimit: number;
}

async function serve(arrival: SocketArrival, { parts, feed, backlogLimit }: Serving): Promise<void> {
  const { socket, query, signal } = arrival;
  hear(arrival, parts, feed);
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

function hear({ socket, caller, signal, ...arrival }: SocketArrival, { alarms, clock, log }: LiveParts, feed: LiveFeed): void {
  const allowance = new Allowance(clock, reportsPerSecond, reportsAtOnce);
  socket.on('message', (data, isBinary) => {
    if (signal.aborted) return;
    const report = isBinary || !allowance.take() ? undefined : reportOf(data);
    if (!report) socket.close(closeCodes.refused, 'Not understood, or too much of it.');
    else if (!arrival.stands()) socket.close(closeCodes.unauthenticated, 'The session has ended.');
    else if (operate.includes(caller.user.role)) {
      const alarm = report.alarm as EventId;
      alarms.shown(alarm, caller.user.id, report.screen).then(
        () => feed.moved(alarm),
        (error: unknown) => log.debug('shown, but not journalled', { alarm, error }),
      );
    }
  });
}

function reportOf(data: RawData): LiveReport | undefined {
  try {
    return reports.safeParse(JSON.parse(String(data))).data;
  } catch {
    return undefined; // not JSON
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
