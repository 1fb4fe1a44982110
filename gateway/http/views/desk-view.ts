/** One incident, and one panel that is told something, as the console shows them. */

import { overtakes } from '../../domain/alarm.ts';
import type { Panel } from '../../domain/campus.ts';
import type { CommandView, IncidentView, PanelDeskView } from '../../domain/desk-api.ts';
import type { EventId } from '../../domain/ids.ts';
import type { CommandRecord, IncidentAlarm } from '../../domain/ports.ts';
import { isoOf } from '../../domain/time.ts';
import type { HttpParts } from '../ports.ts';
import { type AlarmContext, alarmView } from './alarm-view.ts';
import { namesOf } from './names.ts';
import { phoneCall } from './overview.ts';

const mostCommands = 20;

type IncidentParts = Pick<HttpParts, 'inventory' | 'journal' | 'isUndelivered'>;

/** Undefined: there is no such alarm. */
export function incidentView(parts: IncidentParts, id: EventId, context: AlarmContext): IncidentView | undefined {
  const found = parts.journal.read.incident(id);
  if (!found) return undefined;
  const lost = found.alarms.find(({ record, since }) => parts.isUndelivered(record, since));
  const event = lost?.record.event;
  return {
    id: found.alarms.map(({ record: { event: of } }) => ('incident' in of ? of.incident : undefined)).find((of) => of !== undefined) ?? id,
    alarms: found.alarms.flatMap(({ record }) => alarmView(record, context) ?? []),
    count: found.count,
    ...(lost && event?.kind === 'alarm.raised' ? { phone: phoneCall({ event, journalledAt: lost.since }, parts.inventory.current()) } : {}),
    chain: found.alarms.map(chainMark),
  };
}

function chainMark({ record: { event, position }, link, intact }: IncidentAlarm): IncidentView['chain'][number] {
  return { alarm: event.id, position, ...(link === undefined ? {} : { link }), intact };
}

export function panelDeskView({ inventory, fleet, journal }: Pick<HttpParts, 'inventory' | 'fleet' | 'journal'>, panel: Panel): PanelDeskView {
  const status = fleet.panelStatus(panel.id);
  const names = namesOf(inventory.current());
  const bypassed = new Set(status?.troubles.flatMap(({ code, zone }) => (code === 'zone-bypassed' && zone !== undefined ? [zone] : [])));
  const userName = (id: string) => inventory.users().find((user) => user.id === id)?.name ?? id;
  return {
    orders: fleet.orders(panel.id),
    session: status?.session ?? 'unknown',
    ...(status?.heardAt === undefined ? {} : { heardAt: isoOf(status.heardAt) }),
    armed: status?.armed ?? {},
    zones: panel.zones.map(({ id, name, place, type = '' }) => {
      const where = names.place(place);
      return { id, name, ...(where === undefined ? {} : { place: where }), bypassed: bypassed.has(id), always: overtakes(type) };
    }),
    commands: journal.read
      .commands(panel.id, mostCommands)
      .map((record) => commandView(record, (by) => (by === 'gateway' ? undefined : 'user' in by ? userName(by.user) : names.subject(by.uplink)))),
  };
}

function commandView({ ordered, ended }: CommandRecord, nameOf: (by: CommandRecord['ordered']['by']) => string | undefined): CommandView {
  const { command: id, op, partition, about, mode, on, receivedAt, expires, reason } = ordered;
  const by = nameOf(ordered.by);
  return {
    ...{ id, op, at: isoOf(receivedAt), expires: isoOf(expires), reason },
    ...(partition === undefined ? {} : { partition }),
    ...(about === undefined ? {} : { zone: about }),
    ...(mode === undefined ? {} : { mode }),
    ...(on === undefined ? {} : { on }),
    ...(by === undefined ? {} : { by }),
    ...(ended ? { result: { outcome: ended.outcome, words: ended.sentence, at: isoOf(ended.receivedAt) } } : {}),
  };
}
