/** Codes of a GB/T 28181 platform: seen in words, imported from the bureau's table, or allocated. */
import type { UplinkId } from '../../domain/ids.ts';
import type { CodeBook, CodePlan } from '../../domain/platform-codes.ts';
import { type Route, route } from '../route.ts';
import { idText, maybe, words, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const params = z.object({ id: idText<UplinkId>() });
const dryRun = z.boolean().default(false);
const issue = z
  .strictObject({ format: z.enum(['csv', 'yaml']), /** The file's text. */ text: z.string().min(1).max(60_000), dryRun })
  .openapi('IssuedCodes');
const allocation = z.strictObject({ kinds: z.array(z.enum(['channel', 'zone', 'group', 'place'])).min(1), dryRun }).openapi('CodeAllocation');

const missing = z.array(z.string()).readonly();
const entry = { owner: z.string(), code: z.string() };
const group = z.object({ digits: z.string(), name: words, meaning: maybe(words) });
const book: z.ZodType<CodeBook> = z
  .object({ codes: z.array(z.object({ ...entry, groups: z.array(group).readonly(), doubts: z.array(words).readonly() })).readonly(), missing })
  .openapi('CodeBook');
const plan: z.ZodType<CodePlan> = z
  .object({
    adds: z.array(z.object(entry)).readonly(),
    changes: z.array(z.object({ ...entry, before: z.string() })).readonly(),
    unchanged: z.int(),
    doubts: z.array(z.object({ ...entry, doubt: words })).readonly(),
    leftOut: z.array(z.object({ line: z.int(), code: z.string(), why: words })).readonly(),
    missing,
  })
  .openapi('CodePlan');

export function uplinkCodeRoutes({ codes }: RouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/uplinks/:id/codes',
      summary: 'Codes that a GB/T 28181 platform knows the school by, in words',
      params,
      reply: book,
      handle: (incoming) => codes.book(incoming.params.id),
    }),
    route({
      method: 'POST',
      path: '/api/v1/uplinks/:id/codes',
      summary: 'Take over the codes that the bureau has issued: all of the table, or nothing; lines about other things are left out and told',
      params,
      body: issue,
      reply: plan,
      handle: ({ params: { id }, body }) => codes.issue(id, { format: body.format, content: body.text }, { dryRun: body.dryRun }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/uplinks/:id/codes/allocation',
      summary: "Give codes after the pattern of the gateway's own to what has none",
      params,
      body: allocation,
      reply: plan,
      handle: ({ params: { id }, body }) => codes.allocate(id, body.kinds, { dryRun: body.dryRun }),
    }),
  ];
}
