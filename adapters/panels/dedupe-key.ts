/**
 * The key of an alarm, made from its content alone (alarm-panels §2.5): never from a packet id or the DUP flag, which tell nothing.
 * Same content, same key: the journal keeps the first. Pure.
 */
import { createHash } from 'node:crypto';
import type { PanelId } from '../../gateway/domain/ids.ts';
import type { PanelSequence } from '../../gateway/domain/report.ts';
import type { Instant } from '../../gateway/domain/time.ts';

export interface Content {
  readonly panel: PanelId;
  readonly partition?: string;
  readonly zone?: string;
  readonly code: string;
  /** `raised`, `restored`, a mode: what is said of it. */
  readonly qualifier: string;
  readonly sequence?: PanelSequence;
  readonly occurredAt?: Instant;
  readonly receivedAt: Instant;
  readonly raw: Uint8Array;
}

/** Without a clock or a count, the same bytes within this time are one message that came twice; a second press of a person comes later. */
const bucket = 2_000;

export function dedupeKey({ panel, partition = '', zone = '', code, qualifier, sequence, occurredAt, receivedAt, raw }: Content): string {
  // One message may say several things: its count alone would make one of them.
  if (sequence) return `${panel}|${sequence.boot}|${sequence.seq}|${zone}|${code}|${qualifier}`;
  const hash = createHash('sha256').update([partition, zone, code, qualifier].join('\n'));
  if (occurredAt !== undefined) hash.update(`\n${Math.round(occurredAt / 1_000)}`);
  else hash.update(`\nreceived ${Math.floor(receivedAt / bucket)}\n`).update(raw);
  return `${panel}|${hash.digest('base64url').slice(0, 22)}`;
}
