/** What an alarm is shown with: a still and a clip of each channel that its zone names. */
import type { ChannelId, EventId, EvidenceId, UplinkId, UserId } from './ids.ts';
import type { Instant } from './time.ts';
import type { Words } from './words.ts';

export type EvidenceMedium = 'clip' | 'still';

/** As the alarm itself says it: it leaves with the alarm, before anything is kept. */
export interface EvidenceLink {
  readonly id: EvidenceId;
  readonly medium: EvidenceMedium;
  readonly channel: ChannelId;
  /** Below the HTTPS address of this box. */
  readonly path: string;
}

/** complete: all that was wanted · cut-short: less, and why · missing: nothing, and why. */
export type EvidenceOutcome = 'complete' | 'cut-short' | 'missing';
/** age: it was kept as long as it had to be · room: newer evidence needed the place · open-alarm: the same, and nobody has taken the alarm on yet. */
export type RemovalCause = 'age' | 'room' | 'open-alarm';

/** Which evidence a fact is about. */
export interface EvidenceName {
  readonly alarm: EventId;
  readonly evidence: EvidenceId;
  readonly medium: EvidenceMedium;
  readonly channel: ChannelId;
}

export type EvidenceReader = UserId | { readonly uplink: UplinkId };

/** What the journal holds of evidence. One file may serve several alarms. */
export type EvidenceFact = EvidenceName &
  (
    | { readonly kind: 'evidence.begun'; readonly file: string }
    | {
        readonly kind: 'evidence.kept';
        readonly outcome: EvidenceOutcome;
        readonly path: string;
        readonly bytes: number;
        /** Absent where it is missing, like the rest. */
        readonly file?: string;
        readonly sha256?: string;
        /** When the first picture and the last one came. */
        readonly from?: Instant;
        readonly to?: Instant;
        /** Why it is not complete. */
        readonly reason?: Words;
      }
    | { readonly kind: 'evidence.removed'; readonly cause: RemovalCause; readonly reason: Words }
    /** Somebody looked at it, or fetched it by a link that an uplink was given; told once an hour. */
    | { readonly kind: 'evidence.fetched'; readonly by: EvidenceReader }
  );

/** awaited: nothing of it is there yet. */
export type EvidenceState = 'awaited' | 'growing' | EvidenceOutcome | 'removed';

/** One piece of evidence as it stands. */
export interface Evidence extends EvidenceName {
  readonly path: string;
  readonly state: EvidenceState;
  readonly bytes: number;
  readonly sha256?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly reason?: Words;
}

/** The same for the same alarm and channel, always. Also what its file is called, where it is the first one in it. */
function evidenceId(alarm: EventId, channel: ChannelId, medium: EvidenceMedium): EvidenceId {
  return `${alarm}.${channel}.${medium}` as EvidenceId;
}

/** Stills first: they are there first. */
export function evidenceLinks(alarm: EventId, channels: readonly ChannelId[]): readonly EvidenceLink[] {
  return (['still', 'clip'] as const).flatMap((medium) =>
    channels.map((channel) => {
      const id = evidenceId(alarm, channel, medium);
      return { id, medium, channel, path: evidencePath(id) };
    }),
  );
}

export function evidencePath(id: EvidenceId): string {
  return `/media/v1/evidence/${id}`;
}

/** What a link carries that opens a piece of evidence without a session: to whom it was given, until when in Unix seconds, and the proof. */
export interface PassQuery extends Record<string, string> {
  readonly for: string;
  readonly until: string;
  readonly pass: string;
}

/** Of a file by the evidence that it began with. */
export const fileEndings = { clip: '.mp4', still: '.jpg' } as const satisfies Record<EvidenceMedium, string>;

const parts = /^([0-9a-f-]{36})\.([a-z0-9][a-z0-9_-]{0,62})\.(clip|still)$/;

/** What an id is about; undefined for a text that is none. */
export function evidenceName(text: string): EvidenceName | undefined {
  const [evidence, alarm, channel, medium] = parts.exec(text) ?? [];
  if (!evidence || !alarm || !channel || !medium) return undefined;
  return { evidence: evidence as EvidenceId, alarm: alarm as EventId, channel: channel as ChannelId, medium: medium as EvidenceMedium };
}
