/** Names of things. Every id is a branded string: a camera's id cannot be passed where a panel's is wanted. */
import { GatewayError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type CampusId = Branded<'campus'>;
export type PlaceId = Branded<'place'>;
export type CameraId = Branded<'camera'>;
export type PanelId = Branded<'panel'>;
export type ZoneId = Branded<'zone'>;
export type ChannelId = Branded<'channel'>;
export type UplinkId = Branded<'uplink'>;
export type UserId = Branded<'user'>;
/** UUIDv7 text (RFC 9562 §5.7): sorts by the millisecond in which the gateway decided the event. */
export type EventId = Branded<'event'>;
/** `<alarm>.<channel>.<medium>`: see evidence.ts. */
export type EvidenceId = Branded<'evidence'>;
export type DeviceId = CameraId | PanelId;

const slug = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A parser of one kind of id: lower-case letters, digits, `-` and `_`, at most 63 characters. */
function idOf<Id extends string>(kind: string): (text: string) => Id {
  return (text) => {
    if (!slug.test(text)) {
      throw new GatewayError(
        'ID_INVALID',
        `A ${kind} id must be 1 to 63 lower-case letters, digits, "-" or "_", but ${JSON.stringify(text.slice(0, 80))} came.`,
        { context: { kind } },
      );
    }
    return text as Id;
  };
}

export const campusId = idOf<CampusId>('campus');
export const placeId = idOf<PlaceId>('place');
export const cameraId = idOf<CameraId>('camera');
export const panelId = idOf<PanelId>('panel');
export const zoneId = idOf<ZoneId>('zone');
export const channelId = idOf<ChannelId>('channel');
export const uplinkId = idOf<UplinkId>('uplink');
export const userId = idOf<UserId>('user');

export function eventId(text: string): EventId {
  if (!uuidV7.test(text)) {
    throw new GatewayError('ID_INVALID', `An event id must be a lower-case UUIDv7, but ${JSON.stringify(text.slice(0, 80))} came.`, {
      context: { kind: 'event' },
    });
  }
  return text as EventId;
}

/**
 * Makes a UUIDv7 (RFC 9562 §5.7) from a moment and 10 random bytes.
 * Pure, so that a test can replay it; the caller keeps ids monotonic within one millisecond if it needs that.
 */
export function eventIdFrom(at: number, random: Uint8Array): EventId {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(at, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as EventId;
}
