/** Overview, devices and channels: how the school is now. */
import { GatewayError } from '../../domain/errors.ts';
import { type Route, route } from '../route.ts';
import { idText, z } from '../schemas/pieces.ts';
import { channelView, deviceView, overview } from '../schemas/views.ts';
import { channelViews, deviceViews } from '../views/device-view.ts';
import { overviewOf } from '../views/overview.ts';
import type { RouteParts } from './parts.ts';

export function overviewRoutes(parts: RouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/overview',
      summary: 'Is all well?',
      reply: overview,
      handle: () => overviewOf(parts),
    }),
    route({
      method: 'GET',
      path: '/api/v1/devices',
      summary: 'Every camera, panel and uplink, and the gateway itself, with state and reason',
      reply: z.array(deviceView).readonly(),
      handle: async ({ signal }) => deviceViews(parts, await parts.telemetry.read(signal)),
    }),
    route({
      method: 'GET',
      path: '/api/v1/devices/:id',
      summary: 'One device',
      params: z.object({ id: idText<string>() }),
      reply: deviceView,
      async handle({ params, signal }) {
        const found = deviceViews(parts, await parts.telemetry.read(signal)).find(({ id }) => id === params.id);
        if (!found) throw new GatewayError('NOT_FOUND', `There is no device ${params.id}.`);
        return found;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/channels',
      summary: 'Every channel, with the number on the keypad of the wall',
      reply: z.array(channelView).readonly(),
      handle: () => channelViews(parts),
    }),
  ];
}
