/**
 * The return signal: whoever pressed is told, where the panel has a lamp or a sounder for it, that the police has the alarm. By the first platform that
 * accepts it, and only while somebody may still stand there.
 */
import { randomUUID } from 'node:crypto';
import type { Mandate, PanelCommand, PanelCommandResult, PanelOp } from '../domain/command.ts';
import type { DomainEvent } from '../domain/event.ts';
import type { EventId, PanelId } from '../domain/ids.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { after, between, minutes, seconds } from '../domain/time.ts';

export interface PanelReceiptsOptions {
  readonly find: (event: EventId) => DomainEvent | undefined;
  readonly orders: (panel: PanelId) => readonly PanelOp[];
  readonly perform: (panel: PanelId, command: PanelCommand, mandate: Mandate) => Promise<PanelCommandResult>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Later nobody stands there and waits, and a lamp that comes on would be a riddle. */
const worthwhile = minutes(10);
const goodFor = seconds(30);
const remembered = 1_000;

/** Told of every acceptance of an alarm; tells once. Never throws. */
export function panelReceipts({ find, orders, perform, clock, log }: PanelReceiptsOptions): (alarm: EventId) => void {
  const told = new Set<EventId>();
  return (id) => {
    if (told.has(id)) return;
    const event = find(id);
    if (event?.kind !== 'alarm.raised' || event.severity !== 1 || event.test || event.historical) return;
    told.add(id);
    if (told.size > remembered) told.delete(told.values().next().value ?? id);
    const { panel, zone, sequence, receivedAt } = event;
    const now = clock.now();
    if (between(receivedAt, now) > worthwhile) return;
    const command = { id: randomUUID(), op: 'received', expires: after(now, goodFor), zone, ...(sequence ? { sequence } : {}) } as const;
    const send = async () => {
      if (!orders(panel).includes('received')) return;
      await perform(panel, command, { by: 'gateway', reason: `alarm ${id} was accepted` });
    };
    send().catch((error: unknown) => {
      told.delete(id); // nothing has left: the next acceptance tries again
      log.warn('return signal not sent', { panel, alarm: id, error });
    });
  };
}
