/** The codes that a platform knows the school's things by: how people see and edit them. */
import type { UplinkId } from './ids.ts';
import type { Words } from './words.ts';

export interface CodeBook {
  readonly codes: readonly {
    /** As the settings name it: `device`, `channels.gate`, `zones.panel-1/z1`. */
    readonly owner: string;
    readonly code: string;
    /** The groups of digits in words; without `meaning` where nobody has given them one. */
    readonly groups: readonly { readonly digits: string; readonly name: Words; readonly meaning?: Words }[];
    readonly doubts: readonly Words[];
  }[];
  /** What has no code, and so is not in the platform's catalogue. */
  readonly missing: readonly string[];
}

/** What an import or an allocation changes, or would change. */
export interface CodePlan {
  readonly adds: readonly { readonly owner: string; readonly code: string }[];
  readonly changes: readonly { readonly owner: string; readonly before: string; readonly code: string }[];
  readonly unchanged: number;
  /** Taken all the same: the bureau's table rules. */
  readonly doubts: readonly { readonly owner: string; readonly code: string; readonly doubt: Words }[];
  /** Lines of the table that are about nothing of ours. */
  readonly leftOut: readonly { readonly line: number; readonly code: string; readonly why: Words }[];
  readonly missing: readonly string[];
}

export interface IssuedTableText {
  readonly format: 'csv' | 'yaml';
  /** Text, or the bytes of a file: UTF-8 or GB18030. */
  readonly content: string | Uint8Array;
}

export type CodeKind = 'channel' | 'zone' | 'group' | 'place';

/** Each throws NOT_FOUND, CONFLICT (an uplink of another kind) or INVENTORY_INVALID (codes that were edited by hand, wrongly). */
export interface CodeDesk {
  book(uplink: UplinkId): CodeBook;
  /** All of it or nothing, but for lines about other things: throws REQUEST_INVALID with every problem, its line and column. */
  issue(uplink: UplinkId, table: IssuedTableText, options: { readonly dryRun: boolean }): CodePlan;
  /** Codes after the pattern of the gateway's own, for what has none. Throws CONFLICT when no number is left. */
  allocate(uplink: UplinkId, kinds: readonly CodeKind[], options: { readonly dryRun: boolean }): CodePlan;
}
