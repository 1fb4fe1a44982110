/** What a message of a panel says, before it is known what that means in this school. Every dialect reads into these, and nothing else. */
import type { AlarmType } from '../../gateway/domain/alarm.ts';
import type { ArmMode, Location, PanelSequence, Verification } from '../../gateway/domain/report.ts';
import type { Instant } from '../../gateway/domain/time.ts';

/** A door that opened, somebody who moved, a button that was clicked: an alarm only in a zone to which the inventory gives a type. */
export const activity = 'activity';

export interface Sign {
  /** `state`: said again and again, also when nothing happened. `event`: happened once. */
  readonly kind: 'state' | 'event';
  readonly type: AlarmType | typeof activity;
  readonly active: boolean;
  /** What the device itself called it, for example `smoke` or `action:emergency`: kept with the alarm. */
  readonly code: string;
  /** Number or name as it came; absent: the panel itself. */
  readonly zone?: string;
  readonly partition?: string;
  readonly at?: Instant;
  readonly text?: string;
  readonly user?: string;
  readonly drill?: boolean;
  readonly test?: boolean;
  /** Told as old by the device itself. */
  readonly historical?: boolean;
  readonly verification?: Verification;
  readonly location?: Location;
  readonly sequence?: PanelSequence;
}

export type Reading =
  | Sign
  | { readonly kind: 'arming'; readonly mode: ArmMode; readonly partition?: string; readonly user?: string; readonly at?: Instant }
  | { readonly kind: 'alive'; readonly online: boolean; readonly at?: Instant; readonly queued?: number; readonly missing?: true }
  /** What it says of an order that it was given (`answerTo`); means nothing unless one waits for it. */
  | { readonly kind: 'answer'; readonly to: string; readonly ok: boolean; readonly error?: string }
  /** To be told back with later messages. */
  | { readonly kind: 'learned'; readonly key: string; readonly value: string };

export type SignMore = Omit<Sign, 'kind' | 'type' | 'active' | 'code'>;

export function state(type: Sign['type'], active: boolean, code: string, more: SignMore = {}): Sign {
  return { kind: 'state', type, active, code, ...more };
}

export function answer(to: string, error?: string): Reading {
  return { kind: 'answer', to, ok: error === undefined, ...(error === undefined ? {} : { error: error.slice(0, 256) }) };
}

export function event(type: Sign['type'], code: string, more: SignMore = {}): Sign {
  return { kind: 'event', type, active: true, code, ...more };
}
