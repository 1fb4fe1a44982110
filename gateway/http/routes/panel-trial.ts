/** A panel's settings tried against messages that somebody pasted: what would they mean? Nothing is recorded. */
import type { PanelId } from '../../domain/ids.ts';
import type { Trial } from '../../domain/panel-trial.ts';
import { millis } from '../../domain/time.ts';
import { type Route, route } from '../route.ts';
import { alarmType, severity } from '../schemas/events.ts';
import { idText, maybe, moment, words, z } from '../schemas/pieces.ts';
import { dialectAndSettings, zoneChange, zoneOf } from './panels.ts';
import type { RouteParts } from './parts.ts';
import { refuseProblems } from './stored-secret.ts';

const message = z.strictObject({
  topic: z.string().min(1).max(1_024),
  /** As text; what is no text goes as `base64`. */
  payload: z.string().max(16_384).optional(),
  base64: z.base64().max(24_000).optional(),
  retained: z.boolean().default(false),
});
const trialRequest = z
  .strictObject({
    /** What the topics of the `campus` dialect hold, and nothing else does. */
    id: idText<PanelId>().optional(),
    ...dialectAndSettings,
    zones: z.array(zoneChange).max(1_024).default([]),
    messages: z.array(message).min(1).max(50),
  })
  .openapi('PanelTrialRequest');

const meaning = z.object({
  kind: z.enum(['zone', 'arming', 'trouble', 'alive', 'learned', 'response']),
  sentence: words,
  zone: maybe(z.string()),
  type: maybe(alarmType),
  severity: maybe(severity),
  occurredAt: maybe(moment),
  code: maybe(z.string()),
  text: maybe(z.string()),
  rules: maybe(z.array(z.string()).readonly()),
});
const trial: z.ZodType<Trial> = z
  .object({
    topic: z.string(),
    heard: z.boolean(),
    meanings: z.array(meaning).readonly(),
    refused: maybe(z.object({ sentence: z.string(), path: z.string(), expected: z.string(), got: z.string() })),
  })
  .openapi('PanelTrial');

export function panelTrialRoutes({ settingsProblems, tryPanel }: RouteParts): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/panel-trials',
      summary: 'What pasted messages of a panel would mean with these settings; nothing is recorded',
      body: trialRequest,
      reply: z.array(trial).readonly(),
      handle({ body: { id = 'panel' as PanelId, dialect, settings, zones, messages } }) {
        refuseProblems(settingsProblems('panel', dialect, settings));
        const panel = {
          ...{ id, name: id, dialect, settings, broker: 'embedded', heartbeatEvery: millis(60_000) },
          ...{ zones: zones.map(zoneOf), enabled: true, maintenance: false },
        };
        const tried = messages.map(({ topic, payload = '', base64, retained }) => {
          return { topic, payload: Buffer.from(base64 ?? payload, base64 === undefined ? 'utf8' : 'base64'), retained };
        });
        return tryPanel(panel, tried);
      },
    }),
  ];
}
