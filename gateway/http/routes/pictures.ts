/** Single pictures, and the seconds before now, as plain HTTP: for reports, scripts and whoever has no player. */
import { MessageChannel } from 'node:worker_threads';
import { GatewayError } from '../../domain/errors.ts';
import type { ChannelId } from '../../domain/ids.ts';
import type { Fmp4Message, StreamProfile } from '../../domain/media.ts';
import { between, isoOf, seconds } from '../../domain/time.ts';
import { type Route, route } from '../route.ts';
import { idText, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const params = z.object({ id: idText<ChannelId>() });
const profile = z.enum(['main', 'sub']);
const picture = z.object({ profile: profile.default('sub'), width: z.coerce.number().int().min(32).max(7_680).optional() });
const recent = z.object({ profile: profile.default('main') });

export function pictureRoutes({ inventory, media, snapshots, clock }: RouteParts): readonly Route[] {
  const demand = (id: ChannelId) => {
    if (!inventory.current().channels.some((channel) => channel.id === id)) throw new GatewayError('NOT_FOUND', `There is no channel ${id}.`);
  };
  return [
    route<{ id: ChannelId }, z.output<typeof picture>>({
      method: 'GET',
      path: '/media/v1/channels/:id/snapshot',
      summary: 'JPEG of the newest keyframe; Age says how many seconds ago it was taken, Captured-At when',
      params,
      query: picture,
      async handle({ params: { id }, query, response }) {
        demand(id);
        const { jpeg, capturedAt } = await snapshots.take({ channel: id, ...query });
        const age = Math.max(0, Math.round(between(capturedAt, clock.now()) / 1000));
        response.set({ 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-store', Age: String(age), 'Captured-At': isoOf(capturedAt) });
        response.send(Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength));
      },
    }),
    route<{ id: ChannelId }, z.output<typeof recent>>({
      method: 'GET',
      path: '/media/v1/channels/:id/recent',
      summary: 'The last seconds of a recorded channel as fragmented MP4; at hand even when its camera is gone',
      params,
      query: recent,
      async handle({ params: { id }, query, response, signal }) {
        demand(id);
        const pieces = await recorded(media, id, query.profile, clock.deadline(seconds(20), signal));
        if (pieces.length === 0)
          throw new GatewayError('NOT_FOUND', `Nothing of ${id} (${query.profile}) is recorded.`, { context: { channel: id } });
        response.set({ 'Content-Type': 'video/mp4', 'Cache-Control': 'no-store', 'Content-Disposition': `attachment; filename="${id}-recent.mp4"` });
        response.send(Buffer.concat(pieces));
      },
    }),
  ];
}

/** The pictures alone: one MP4 file has one list of tracks, and the sound is a stream of its own. */
async function recorded(media: RouteParts['media'], channel: ChannelId, of: StreamProfile, signal: AbortSignal): Promise<readonly Uint8Array[]> {
  const { port1, port2 } = new MessageChannel();
  const pieces: Uint8Array[] = [];
  const ended = new Promise<void>((resolve) => {
    port1.on('message', (message: Fmp4Message) => {
      if (message.kind === 'ended') resolve();
      else if (message.track === 'video') pieces.push(message.bytes);
    });
    port1.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await using sink = await media.prepare({ channel, profile: of, purpose: 'local', kind: 'clip', port: port2 }, signal);
    sink.start();
    await ended;
    signal.throwIfAborted();
  } finally {
    port1.close();
  }
  return pieces;
}
