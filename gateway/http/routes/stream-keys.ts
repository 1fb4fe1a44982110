/** Keys with which other programs watch by RTSP. */
import { GatewayError } from '../../domain/errors.ts';
import type { ChannelId } from '../../domain/ids.ts';
import type { StreamKeyLabel } from '../ports.ts';
import { type Route, route } from '../route.ts';
import { idOf, idText, maybe, nameText, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const order = z
  .strictObject({ label: nameText, channels: z.array(idText<ChannelId>()).min(1).max(64).optional(), purpose: z.literal('patrol').optional() })
  .openapi('StreamKeyOrder');
const entry: z.ZodType<StreamKeyLabel> = z
  .object({ username: z.string(), label: z.string(), channels: maybe(z.array(idOf<ChannelId>()).readonly()), purpose: maybe(z.literal('patrol')) })
  .openapi('StreamKey');
const issued = z.object({ username: z.string(), password: z.string() }).openapi('StreamKeyIssued');

export function streamKeyRoutes({ inventory }: RouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/stream-keys',
      summary: 'Stream keys, without their passwords',
      reply: z.array(entry).readonly(),
      handle: () => inventory.streamKeyLabels(),
    }),
    route({
      method: 'POST',
      path: '/api/v1/stream-keys',
      summary: 'Issue a key; its password is told in this answer only',
      body: order,
      reply: issued,
      status: 201,
      handle({ body: { label, channels, purpose } }) {
        const known = new Set<string>(inventory.current().channels.map(({ id }) => id));
        const missing = channels?.find((id) => !known.has(id));
        if (missing) throw new GatewayError('NOT_FOUND', `There is no channel ${missing}.`);
        return inventory.issueStreamKey(label, channels, purpose);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/stream-keys/:id',
      summary: 'Revoke a key; who watches with it is cut off',
      params: z.object({ id: z.string().min(1).max(64) }),
      handle: ({ params }) => inventory.revokeStreamKey(params.id),
    }),
  ];
}
