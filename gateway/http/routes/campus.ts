/** The campus itself, its places, and the search for cameras on its networks. */
import type { Campus, Place } from '../../domain/campus.ts';
import type { DiscoveredCamera } from '../../domain/discovered-camera.ts';
import type { CampusId, PlaceId } from '../../domain/ids.ts';
import { seconds } from '../../domain/time.ts';
import { alarmPractice } from '../../runtime/alarm-practice.ts';
import { type Route, route } from '../route.ts';
import { idOf, idText, maybe, nameText, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const campus: z.ZodType<Campus> = z
  .object({ id: idOf<CampusId>(), name: z.string(), timeZone: z.string(), address: z.string(), practice: maybe(alarmPractice) })
  .openapi('Campus');
/** Without `practice` it stays as it is. */
const change = z
  .strictObject({ name: nameText, timeZone: z.string().min(1).max(64), address: z.string().trim().max(500), practice: maybe(alarmPractice) })
  .openapi('CampusChange');
const place: z.ZodType<Place> = z.object({ id: idOf<PlaceId>(), name: z.string() }).openapi('Place');
const placeParams = z.object({ id: idText<PlaceId>() });
const discovered: z.ZodType<DiscoveredCamera> = z
  .object({
    endpoint: z.string(),
    address: z.string(),
    name: z.string(),
    hardware: z.string(),
    scopes: z.array(z.string()),
    heardOn: z.string(),
  })
  .openapi('DiscoveredCamera');

export function campusRoutes({ inventory, fleet, clock }: RouteParts): readonly Route[] {
  let searching: Promise<readonly DiscoveredCamera[]> | undefined;
  return [
    route({ method: 'GET', path: '/api/v1/campus', summary: 'The campus', reply: campus, handle: () => inventory.current().campus }),
    route({
      method: 'PUT',
      path: '/api/v1/campus',
      summary: 'Name, time zone, and what to read out on the phone',
      body: change,
      reply: campus,
      handle({ body }) {
        const { id, practice } = inventory.current().campus;
        inventory.putCampus({ id, ...(practice === undefined ? {} : { practice }), ...body });
        return inventory.current().campus;
      },
    }),
    route({ method: 'GET', path: '/api/v1/places', summary: 'Places', reply: z.array(place).readonly(), handle: () => inventory.current().places }),
    route({
      method: 'PUT',
      path: '/api/v1/places/:id',
      summary: 'Add or rename a place',
      params: placeParams,
      body: z.strictObject({ name: nameText }).openapi('PlaceChange'),
      handle: ({ params, body }) => inventory.putPlace({ id: params.id, name: body.name }),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/places/:id',
      summary: 'Remove a place',
      params: placeParams,
      handle: ({ params }) => inventory.removePlace(params.id),
    }),
    route({
      method: 'POST',
      path: '/api/v1/discovery',
      summary: 'Ask every network of the box for cameras; takes a few seconds',
      reply: z.array(discovered).readonly(),
      async handle() {
        // One search at a time: whoever asks meanwhile shares its answer. Not bound to one caller, who may leave.
        searching ??= fleet.discover(clock.deadline(seconds(15))).finally(() => {
          searching = undefined;
        });
        return await searching;
      },
    }),
  ];
}
