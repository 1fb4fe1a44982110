/** What messages of a panel would mean, tried before it is entered: nothing is recorded. */
import type { AlarmType, Severity } from './alarm.ts';
import type { Panel } from './campus.ts';
import type { Report } from './report.ts';
import type { Instant } from './time.ts';
import type { Words } from './words.ts';

/** What the onboarding test leaves on a panel's topics: whoever hears it passes it over. */
export const probePayload = 'campus-gateway trial';

export interface TriedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

export interface Meaning {
  readonly kind: Report['kind'];
  readonly sentence: Words;
  readonly zone?: string;
  readonly type?: AlarmType;
  readonly severity?: Severity;
  readonly occurredAt?: Instant;
  /** What would be kept beside the alarm. */
  readonly code?: string;
  readonly text?: string;
  /** Ids of the site's rules that changed its type, its severity or its mark. */
  readonly rules?: readonly string[];
}

export interface Trial {
  readonly topic: string;
  /** False: the gateway does not listen there for this panel. */
  readonly heard: boolean;
  /** None: the message is understood, and says nothing of alarms. */
  readonly meanings: readonly Meaning[];
  /** It cannot be read; `sentence` as it would stand in the log. */
  readonly refused?: { readonly sentence: string; readonly path: string; readonly expected: string; readonly got: string };
}

/** One after the other, as if they came so: what one teaches, the next are read with. Throws INVENTORY_INVALID for an unknown dialect or wrong settings. */
export type PanelTrials = (panel: Panel, messages: readonly TriedMessage[]) => readonly Trial[];
