/** What a device said, in its own time. The gateway decides later what it means (event.ts). */
import type { AlarmType } from './alarm.ts';
import type { DeviceId, ZoneId } from './ids.ts';
import type { Instant } from './time.ts';

export type TroubleCode =
  | 'mains-lost'
  | 'battery-low'
  | 'battery-missing'
  | 'tamper'
  | 'zone-tamper'
  | 'zone-battery-low'
  | 'siren'
  | 'module'
  | 'communication'
  /** Somebody took the zone out of service: it cannot raise. */
  | 'zone-bypassed';

/** What makes an alarm more than one detector's word: a second detector, a picture, a person. Absent: nothing does. */
export type Verification = 'sequential' | 'video' | 'human';

export interface Location {
  readonly longitude: number;
  readonly latitude: number;
  /** Absent: the device did not say. GCJ-02 lies up to 700 m beside WGS 84. */
  readonly coordinates?: 'GCJ02' | 'WGS84';
  readonly text?: string;
}

export type ArmMode = 'disarmed' | 'home' | 'away' | 'night';

export interface Said {
  readonly device: DeviceId;
  /** The device's own clock; absent where it gave none or nonsense. */
  readonly deviceTime?: Instant;
  /** The message as it came, kept as evidence (base64 in the journal). */
  readonly raw: Uint8Array;
  /** Every counted message carries it, also one that becomes no event (trouble, alive): count those too before looking for a gap. */
  readonly sequence?: PanelSequence;
}

/** The panel's own count of its messages: (boot, seq) is unique and seq grows by one within a boot. */
export interface PanelSequence {
  readonly boot: string;
  readonly seq: number;
}

export type Report =
  | (Said & {
      readonly kind: 'zone';
      readonly zone: ZoneId;
      readonly partition?: string;
      readonly type: AlarmType;
      /** `still`, `quiet`: a status, said again and again. `still` fills in a missing raise and never raises again, `quiet` a missing restore. */
      readonly state: 'raised' | 'restored' | 'still' | 'quiet';
      readonly drill: boolean;
      readonly test: boolean;
      /** Queued in the device while it could not reach us. */
      readonly historical: boolean;
      /** Same content, same key: made from panel, boot and seq, or from the content (alarm-panels §2.5). */
      readonly dedupe: string;
      /** Of a snapshot beside which events come: one that is on its way may tell it better. `of-any-type`: what stands in the zone, it does not say. */
      readonly snapshot?: 'of-its-type' | 'of-any-type';
      /** The code as sent, for example Contact ID `1120`. */
      readonly code: string;
      readonly text?: string;
      readonly user?: string;
      readonly verification?: Verification;
      readonly location?: Location;
    })
  | (Said & {
      readonly kind: 'arming';
      readonly partition: string;
      readonly mode: ArmMode;
      /** It changed while nobody listened. */
      readonly historical?: boolean;
      /** Nothing was known of this partition before. */
      readonly first?: boolean;
      readonly user?: string;
      readonly dedupe: string;
    })
  | (Said & {
      readonly kind: 'trouble';
      readonly code: TroubleCode;
      readonly zone?: ZoneId;
      readonly active: boolean;
      readonly sequence?: PanelSequence;
    })
  | (Said & {
      readonly kind: 'alive';
      readonly online: boolean;
      /** Its own periodic test. */
      readonly test?: true;
      /** Something that it said did not arrive, or cannot be read without what did not: it is to be asked. */
      readonly missing?: true;
      /** Messages the panel still holds. */
      readonly queued?: number;
    })
  /** What a dialect must remember to read later messages; told back to it with them (`PanelMessage.learned`). */
  | (Said & { readonly kind: 'learned'; readonly key: string; readonly value: string })
  /** `command`: the id of the order; of a panel that knows no ids, what it answers (`answerTo`). */
  | (Said & { readonly kind: 'response'; readonly command: string; readonly ok: boolean; readonly error?: string });
