/** `/media/v1/live`: all pictures of one page, in the wire form of domain/api.ts. */
import type { RawData } from 'ws';
import type { MediaAsk } from '../../domain/api.ts';
import type { ChannelId } from '../../domain/ids.ts';
import { seconds } from '../../domain/time.ts';
import { Allowance } from '../../runtime/allowance.ts';
import type { HttpParts } from '../ports.ts';
import { wordsOf } from '../problem-words.ts';
import { z } from '../schemas/pieces.ts';
import { closeCodes, type SocketArrival, type SocketRoute } from './door.ts';
import { MediaPage } from './media-page.ts';
import { MediaWatch } from './media-watch.ts';
import type { SharedStreams } from './shared-stream.ts';

type MediaParts = Pick<HttpParts, 'inventory' | 'clock' | 'uplinkBudget'>;

/** A wall of 16 and an alarm cell of 4, each beside the one that takes its place. */
const mostWatches = 48;
/** A page may say so much at once, and so much per second after it. */
const asksAtOnce = 128;
const asksPerSecond = 32;
const beatEvery = 2;
/** Bytes that all pages together may owe. */
const budget = 64 * 1024 * 1024;

const id = z.int().min(0).max(0xffff_ffff);
const asks: z.ZodType<MediaAsk> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('watch'),
    id,
    channel: z.string().max(64),
    profile: z.enum(['main', 'sub']),
    audio: z.boolean(),
    purpose: z.enum(['alarm', 'patrol', 'local']),
    urgent: z.boolean(),
    plays: z.strictObject({ h265: z.boolean() }).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('leave'), id }),
]);

export function mediaRoute(parts: MediaParts, streams: SharedStreams, backlogLimit: number): SocketRoute {
  const pages = new Set<MediaPage>();
  const context: Context = { parts, streams, pages };
  return {
    name: 'WS /media/v1/live',
    kind: 'media',
    pattern: /^\/media\/v1\/live$/,
    hears: true,
    async serve(arrival) {
      const page = new MediaPage(arrival, parts.clock, backlogLimit);
      pages.add(page);
      try {
        await servePage(arrival, page, context);
      } finally {
        pages.delete(page);
      }
    },
  };
}

interface Context {
  readonly parts: MediaParts;
  readonly streams: SharedStreams;
  readonly pages: ReadonlySet<MediaPage>;
}

async function servePage(arrival: SocketArrival, page: MediaPage, { parts, streams, pages }: Context): Promise<void> {
  const { socket, signal } = arrival;
  const { clock } = parts;
  const watches = new Map<number, MediaWatch>();
  const allowance = new Allowance(clock, asksPerSecond, asksAtOnce);

  const leave = (number: number) => {
    watches.get(number)?.leave();
    watches.delete(number);
  };
  const take = (ask: MediaAsk) => {
    leave(ask.id);
    if (ask.kind === 'leave') return;
    const refuse = (code: 'NOT_FOUND' | 'TOO_MANY_REQUESTS', detail: string) =>
      page.say({ kind: 'ended', id: ask.id, code, reason: wordsOf(code), detail });
    const channel = channelOf(parts, ask.channel);
    if (channel === undefined) return refuse('NOT_FOUND', `There is no channel ${JSON.stringify(ask.channel)}.`);
    if (watches.size >= mostWatches) return refuse('TOO_MANY_REQUESTS', `A page has at most ${mostWatches} pictures.`);
    const { profile, audio, purpose, urgent, plays } = ask;
    const h264 = plays?.h265 === false ? { h264: { urgent } } : {};
    const watch = new MediaWatch(
      { page, clock, budget: parts.uplinkBudget, join: (wanted, watcher) => streams.watch(wanted, watcher), over: () => watches.delete(ask.id) },
      { id: ask.id, wanted: { channel, profile, audio, ...h264 }, purpose, urgent },
    );
    watches.set(ask.id, watch);
    watch.begin();
  };

  socket.on('message', (data, isBinary) => {
    if (signal.aborted) return;
    const ask = isBinary || !allowance.take() ? undefined : askOf(data);
    if (!ask) socket.close(closeCodes.refused, 'Not understood, or too much of it.');
    // Asked anew each time: a session that has ended opens no further picture.
    else if (!arrival.stands()) socket.close(closeCodes.unauthenticated, 'The session has ended.');
    else take(ask);
  });
  try {
    for (let second = 0; !signal.aborted; second += 1) {
      if (second % beatEvery === 0) page.say({ kind: 'beat', at: clock.now() });
      await clock.sleep(seconds(1), signal).catch(() => undefined); // aborted: the loop ends
      for (const watch of [...watches.values()]) watch.look();
      cutWorst(pages);
    }
  } finally {
    for (const number of [...watches.keys()]) leave(number);
  }
}

function channelOf({ inventory }: MediaParts, text: string): ChannelId | undefined {
  return inventory.current().channels.find((channel) => channel.id === text)?.id;
}

function askOf(data: RawData): MediaAsk | undefined {
  try {
    return asks.safeParse(JSON.parse(String(data))).data;
  } catch {
    return undefined; // not JSON
  }
}

/** One page must not eat the memory of all: while they owe too much together, the one that owes most is let go. */
function cutWorst(pages: ReadonlySet<MediaPage>): void {
  let total = 0;
  let worst: MediaPage | undefined;
  for (const page of pages) {
    total += page.owed;
    if (!worst || page.owed > worst.owed) worst = page;
  }
  if (total > budget) worst?.cut();
}
