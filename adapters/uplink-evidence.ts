/** What an alarm is shown with, as it goes along with a delivery: links that the far side can open, and small stills as they are. docs/protocols/deliveries.md. */
import { z } from 'zod';
import type { Attachment, Delivery, DeliveryBody } from '../gateway/domain/delivery.ts';
import type { DomainEvent } from '../gateway/domain/event.ts';
import type { EvidenceLink } from '../gateway/domain/evidence.ts';
import type { EvidenceId } from '../gateway/domain/ids.ts';
import { after, hours, type Instant, instant, isoOf, seconds } from '../gateway/domain/time.ts';
import type { UplinkContext } from '../gateway/domain/uplink-ports.ts';
import { addressKey } from './uplink-settings.ts';

export const evidenceKeys = {
  /** Where the far side reaches this box over HTTPS; absent: no links go along. */
  evidenceAddress: addressKey(['https:'], 'https://10.20.30.40:8443').optional(),
  /** Links are good for so long, at least. */
  evidenceHours: z.number().min(1).max(8_760).default(72),
  /** Stills of up to so many bytes go along as they are; 0: none. */
  evidenceStillBytes: z.int().min(0).max(4_194_304).default(0),
};

export interface EvidenceParts {
  readonly uplink: Delivery['uplink'];
  readonly settings: { readonly evidenceAddress?: string | undefined; readonly evidenceHours: number; readonly evidenceStillBytes: number };
  readonly context: UplinkContext;
}

/** A still that the disk does not give up by then stays behind: the same places on the wire carry alarms. */
const readWithin = seconds(2);
const day = hours(24);

/** The body of a delivery with what goes along. Of at most so many bytes: rather without the file, or without anything, than too long. */
export async function bodyWithEvidence(delivery: Delivery, parts: EvidenceParts, most = Number.POSITIVE_INFINITY): Promise<string> {
  const { evidenceAddress, evidenceStillBytes } = parts.settings;
  const concerned = delivery.kind === 'alarm.raised' || delivery.kind === 'evidence.kept';
  if (!concerned || (evidenceAddress === undefined && evidenceStillBytes === 0)) return delivery.body;
  const { event } = JSON.parse(delivery.body) as DeliveryBody;
  const links = linksOf(event, parts);
  const file = await fileOf(event, parts);
  for (const attachments of [links.map((link) => ({ ...link, ...file })), links]) {
    const body = `${delivery.body.slice(0, -1)},"attachments":${JSON.stringify(attachments)}}`;
    if (attachments.length > 0 && Buffer.byteLength(body) <= most) return body;
  }
  return delivery.body;
}

/** Nothing of an alarm is there when it leaves: its links are good from the first moment, and what they lead to is there soon. */
function linksOf(event: DomainEvent, parts: EvidenceParts): readonly Attachment[] {
  switch (event.kind) {
    case 'alarm.raised':
      return parts.settings.evidenceAddress === undefined ? [] : (event.evidence ?? []).map((link) => linkTo(link, parts));
    case 'evidence.kept': {
      const { evidence: id, medium, channel, bytes, sha256 } = event;
      return sha256 === undefined ? [] : [{ ...linkTo({ id, medium, channel }, parts), bytes, sha256 }];
    }
    default:
      return [];
  }
}

function linkTo({ id, medium, channel }: Omit<EvidenceLink, 'path'>, { uplink, settings, context }: EvidenceParts): Attachment {
  const { evidenceAddress, evidenceHours } = settings;
  const about = { evidence: id, medium, channel };
  if (evidenceAddress === undefined) return about;
  const until = after(nextMidnight(context.clock.now()), hours(evidenceHours));
  return { ...about, url: new URL(context.door.evidence.pass(id, uplink, until), evidenceAddress).href, until: isoOf(until) };
}

/** UTC: repeats of one day have the same links. */
function nextMidnight(now: Instant): Instant {
  return instant(Math.ceil(now / day) * day);
}

async function fileOf(event: DomainEvent, { settings, context }: EvidenceParts): Promise<Pick<Attachment, 'type' | 'base64'>> {
  const most = settings.evidenceStillBytes;
  if (event.kind !== 'evidence.kept' || event.medium !== 'still' || event.bytes === 0 || event.bytes > most) return {};
  const file = await readSoon(event.evidence, context);
  return file ? { type: 'image/jpeg', base64: Buffer.from(file.buffer, file.byteOffset, file.length).toString('base64') } : {};
}

async function readSoon(evidence: EvidenceId, { clock, door, log }: UplinkContext): Promise<Uint8Array | undefined> {
  const done = new AbortController();
  try {
    const late = clock.sleep(readWithin, done.signal).then(() => undefined);
    return await Promise.race([door.evidence.read(evidence), late]);
  } catch (error) {
    log.warn('still not attached', { evidence, error });
    return undefined;
  } finally {
    done.abort();
  }
}
