/**
 * What reached the police side: every arrival, unfiltered, in order, written before anything is answered. JSON lines, append-only and
 * synchronous, so that what the gateway was told is never ahead of what the file says, even if this process is killed.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { GatewayError } from '../../gateway/domain/errors.ts';

export interface LedgerRow {
  /** Epoch ms. */
  readonly arrivedAt: number;
  readonly path: 'webhook' | 'mqtt';
  /** From the Idempotency-Key header, else from the body; empty where neither names one. */
  readonly eventId: string;
  /** Exactly as it came, as UTF-8 text. */
  readonly body: string;
  /** Absent where there was no key to check it with, or on MQTT, which has no signature. */
  readonly signatureOk?: boolean;
  /** What the police side was about to answer. `none`: it kept silent. */
  readonly answer: 'accepted' | 'refused' | 'error' | 'none';
  /** The few that matter: of a POST its signature headers, of a publish its topic, QoS and DUP. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Ledger extends Disposable {
  append(row: LedgerRow): void;
  rows(): readonly LedgerRow[];
}

/** `target` is a file path, kept open for appending, or `memory`. Rows that the file already holds count as arrived. */
export function openLedger(target: string): Ledger {
  if (target === 'memory') {
    const rows: LedgerRow[] = [];
    return { append: (row) => void rows.push(row), rows: () => rows.slice(), [Symbol.dispose]: () => undefined };
  }
  let file: number;
  try {
    file = openSync(target, 'a', 0o600);
  } catch (cause) {
    throw new GatewayError('CONFIG_UNREADABLE', `The ledger file ${target} cannot be opened for writing.`, { cause, context: { path: target } });
  }
  // A line cut short by a kill would swallow the next one; it was never answered, so it goes.
  ftruncateSync(file, readFileSync(target).lastIndexOf(0x0a) + 1);
  const rows = [...readLedger(target)];
  return {
    append(row) {
      writeSync(file, `${JSON.stringify(row)}\n`);
      rows.push(row);
    },
    rows: () => rows.slice(),
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** Reads a ledger that somebody else wrote. A last line cut short by a kill was never answered, and is left out. */
export function readLedger(path: string): readonly LedgerRow[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as LedgerRow);
}
