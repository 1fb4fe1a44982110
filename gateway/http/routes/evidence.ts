/** What an alarm is shown with: the list, and the files in any part of them. */
import { basename, dirname } from 'node:path';
import type { Response } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import { type Evidence, type EvidenceReader, evidenceName } from '../../domain/evidence.ts';
import { eventId } from '../../domain/ids.ts';
import { passHolder } from '../evidence-pass.ts';
import { type Incoming, type Route, route } from '../route.ts';
import { evidence as evidenceSchema } from '../schemas/events.ts';
import { maybe, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const ofAlarm = z.object({ id: z.string().max(64) });
const ofEvidence = z.object({ id: z.string().max(128) });
/** Of a link that an uplink was given. */
const pass = z.object({ for: maybe(z.string().max(63)), until: maybe(z.string().max(16)), pass: maybe(z.string().max(64)) });
const types = { clip: 'video/mp4', still: 'image/jpeg' } as const;

export function evidenceRoutes(parts: RouteParts): readonly Route[] {
  const { evidence } = parts;
  const readerOf = ({ caller, http }: Pick<Incoming<unknown, unknown, unknown>, 'caller' | 'http'>): EvidenceReader => {
    if (caller) return caller.user.id;
    const uplink = passHolder(parts, http);
    if (uplink === undefined) throw new GatewayError('UNAUTHENTICATED', 'This link is no longer good.');
    return { uplink };
  };
  return [
    route<z.output<typeof ofAlarm>, unknown, unknown, readonly Evidence[]>({
      method: 'GET',
      path: '/api/v1/alarms/:id/evidence',
      summary: 'Stills and clips of an alarm as they stand; those that grow can be fetched as well',
      params: ofAlarm,
      reply: z.array(evidenceSchema).readonly(),
      handle({ params }) {
        const found = evidence.of(eventId(params.id));
        if (!found) throw new GatewayError('NOT_FOUND', `There is no alarm ${params.id}.`);
        return found;
      },
    }),
    route<z.output<typeof ofEvidence>, z.output<typeof pass>>({
      method: 'GET',
      path: '/media/v1/evidence/:id',
      summary: 'The file, or a range of it; who fetches it is journalled (evidence.fetched)',
      params: ofEvidence,
      query: pass,
      async handle(incoming) {
        const name = evidenceName(incoming.params.id);
        const file = name && evidence.file(name.evidence);
        if (!name || !file) throw new GatewayError('NOT_FOUND', `There is no file of ${incoming.params.id}, or none any more.`);
        // Journalled before the first byte leaves: what nobody can write down nobody sees.
        await evidence.fetched(name.evidence, readerOf(incoming));
        await send(incoming.response, file.path, types[name.medium]);
      },
    }),
  ];
}

function send(response: Response, path: string, type: string): Promise<void> {
  response.set({ 'Content-Type': type, 'Cache-Control': 'private, no-cache' });
  return new Promise((resolve, reject) => {
    response.sendFile(basename(path), { root: dirname(path), cacheControl: false, dotfiles: 'allow' }, (error?: Error) => {
      // Players break off when they have enough.
      if (!error || response.headersSent) resolve();
      else reject(error);
    });
  });
}
