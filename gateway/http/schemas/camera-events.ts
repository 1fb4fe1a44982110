/** Rules that make alarms of a camera's events, and how they stand. */
import type { CameraEventsView } from '../../domain/api.ts';
import { cameraEventKinds } from '../../domain/camera-events.ts';
import type { ChannelId } from '../../domain/ids.ts';
import { idText, iso, maybe, nameText, words, z } from './pieces.ts';

const kind = z.enum(cameraEventKinds).openapi('CameraEventKind');

/** What holds between the fields is checked by the inventory. */
export const cameraEventRule = z
  .strictObject({
    kind,
    source: maybe(z.string().min(1).max(100)),
    topic: maybe(z.string().min(1).max(300)),
    name: maybe(nameText),
    type: maybe(z.string().max(100)),
    schedule: maybe(z.array(z.string().max(100)).readonly()),
    channels: maybe(z.array(idText<ChannelId>()).readonly()),
  })
  .openapi('CameraEventRule');

export const cameraEventsView: z.ZodType<CameraEventsView> = z
  .object({
    state: z.enum(['off', 'waiting', 'heard', 'lost']),
    since: iso,
    provenAt: maybe(iso),
    why: maybe(words),
    kinds: z.array(z.object({ kind, title: words, topic: maybe(z.string()), offered: z.boolean(), wanted: z.boolean() })).readonly(),
    unknown: z.array(z.string()).readonly(),
  })
  .openapi('CameraEventsView');
