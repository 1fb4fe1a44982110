/** What this site wants otherwise than the normalisation table. */
import type { PanelId, ZoneId } from '../../domain/ids.ts';
import { ruleDoubts, type SiteRule } from '../../domain/site-rules.ts';
import type { Words } from '../../domain/words.ts';
import { type Route, route } from '../route.ts';
import { alarmType, severity } from '../schemas/events.ts';
import { idOf, idText, maybe, words, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const params = z.object({ id: idText<string>() });
const typeText = z.string().regex(/^[a-z]+(\.[a-z0-9-]+)*$/, 'an alarm type such as panic.silent');
const change = z
  .strictObject({
    panel: maybe(idText<PanelId>()),
    zone: maybe(idText<ZoneId>()),
    code: maybe(z.string().min(1).max(63)),
    alarm: maybe(typeText),
    type: maybe(typeText),
    severity: maybe(severity),
    drill: maybe(z.literal(true)),
  })
  .openapi('SiteRuleChange');

interface RuleEntry extends SiteRule {
  /** What of it is passed over: panic and fire are above rules. */
  readonly doubts: readonly Words[];
}
const entry: z.ZodType<RuleEntry> = z
  .object({
    id: z.string(),
    panel: maybe(idOf<PanelId>()),
    zone: maybe(idOf<ZoneId>()),
    code: maybe(z.string()),
    alarm: maybe(alarmType),
    type: maybe(alarmType),
    severity: maybe(severity),
    drill: maybe(z.literal(true)),
    doubts: z.array(words).readonly(),
  })
  .openapi('SiteRule');

export function ruleRoutes({ inventory }: RouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/rules',
      summary: 'What this site wants otherwise than the normalisation table',
      reply: z.array(entry).readonly(),
      handle: () => inventory.current().rules.map(entryOf),
    }),
    route({
      method: 'PUT',
      path: '/api/v1/rules/:id',
      summary: 'Add or replace a rule: where panel, zone, code and alarm hold, the type, the severity or the mark of a drill',
      params,
      body: change,
      reply: entry,
      handle({ params: { id }, body }) {
        const rule = { id, ...body };
        inventory.putRule(rule);
        return entryOf(rule);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/rules/:id',
      summary: 'Remove a rule',
      params,
      handle: (incoming) => inventory.removeRule(incoming.params.id),
    }),
  ];
}

function entryOf(rule: SiteRule): RuleEntry {
  return { ...rule, doubts: ruleDoubts(rule) };
}
