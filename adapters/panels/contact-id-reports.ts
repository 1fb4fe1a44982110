/**
 * What a Contact ID event `QXYZ` (SIA DC-05, alarm-panels §2.1) means as reports. Shared by every dialect that carries Contact ID.
 * Q: 1 new or opening (disarm) · 3 restore or closing (arm) · 6 still present.
 */
import type { AlarmType } from '../../gateway/domain/alarm.ts';
import { namesUser, typeInZone, typeOfContactId } from '../../gateway/domain/alarm-types.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import { zoneId } from '../../gateway/domain/ids.ts';
import type { ArmMode, PanelSequence, Report } from '../../gateway/domain/report.ts';
import type { Instant } from '../../gateway/domain/time.ts';
import { contactIdNames } from '../protocols/contact-id/codes.ts';
import { ofZone, tamperOf, troubleOf } from './conditions.ts';
import type { ZoneOfPanel } from './zone-of.ts';

export interface ContactIdEvent {
  /** Four characters, for example `1122`; upper case. */
  readonly code: string;
  /** CCC as sent: zone or user, by the code. */
  readonly number?: string;
  readonly partition?: string;
  readonly drill: boolean;
  readonly test: boolean;
  readonly historical: boolean;
  readonly dedupe: string;
  readonly sequence?: PanelSequence;
  readonly deviceTime?: Instant;
  readonly raw: Uint8Array;
  readonly text?: string;
  readonly location?: { readonly longitude: number; readonly latitude: number };
  /** Only a snapshot tells of it. */
  readonly snapshot?: 'of-its-type' | 'of-any-type';
}

export function reportsOf(panel: Panel, zone: ZoneOfPanel, event: ContactIdEvent): readonly Report[] {
  const code = event.code.slice(1);
  const said = {
    device: panel.id,
    raw: event.raw,
    ...(event.deviceTime === undefined ? {} : { deviceTime: event.deviceTime }),
    ...(event.sequence === undefined ? {} : { sequence: event.sequence }),
  };
  const type = typeOfContactId(code, event.number);
  if (type === 'arming') return [armingReport(said, event, code)];
  // 602/603: nothing happened, and it is proof of life.
  if (type === 'test.periodic') return [{ kind: 'alive', online: true, test: true, ...said }];
  // Q3 ends a condition; Q1 and Q6 say that it stands.
  const active = event.code[0] !== '3';
  const trouble = troubleOf(type);
  if (trouble !== undefined) return [{ kind: 'trouble', code: trouble, active, ...(ofZone(trouble) ? { zone: zone.id } : {}), ...said }];

  const user = namesUser(code);
  const text = event.text ?? (user && event.number !== undefined ? `user ${event.number}` : nameOfUnknown(type, code));
  // A snapshot may bring one for every zone of a large panel. Spreads stand last: V8 takes forty times as long to add a property after one.
  const alarm: Report = {
    kind: 'zone',
    zone: user ? zoneId('0') : zone.id,
    type: user ? type : typeInZone(code, event.number, zone.known?.type),
    state: event.code[0] === '1' ? 'raised' : event.code[0] === '3' ? 'restored' : 'still',
    drill: event.drill,
    test: event.test || type.startsWith('test.'),
    historical: event.historical,
    dedupe: event.dedupe,
    code: event.code,
    ...(event.partition === undefined ? {} : { partition: event.partition }),
    ...(text === undefined ? {} : { text }),
    ...(event.location === undefined ? {} : { location: event.location }),
    ...(event.snapshot === undefined ? {} : { snapshot: event.snapshot }),
    ...said,
  };
  const tamper = tamperOf(type);
  if (tamper === undefined) return [alarm];
  // An opened detector is an alarm (somebody is at it now) and a condition (it cannot be trusted until closed).
  return [alarm, { kind: 'trouble', code: tamper, active, ...(ofZone(tamper) ? { zone: zone.id } : {}), ...said }];
}

/** A type that we do not know may be a code that people do: its name is all that an operator can go by. */
function nameOfUnknown(type: AlarmType, code: string): string | undefined {
  const name = type.startsWith('unknown.') ? contactIdNames.get(code) : undefined;
  return name && `${name.zh} ${name.en}`;
}

/** Inverted: Q1 is an opening, that is disarmed; Q3 a closing, that is armed. Q6 repeats a state that the snapshot tells better. */
function armingReport(said: Pick<Report, 'device' | 'raw' | 'deviceTime' | 'sequence'>, event: ContactIdEvent, code: string): Report {
  if (event.code[0] === '6') return { kind: 'alive', online: true, ...said };
  // 441 and 442 are "armed stay".
  const armed: ArmMode = code === '441' || code === '442' ? 'home' : 'away';
  return {
    kind: 'arming',
    partition: event.partition ?? '1',
    mode: event.code[0] === '1' ? 'disarmed' : armed,
    dedupe: event.dedupe,
    ...(event.number === undefined ? {} : { user: event.number }),
    ...said,
  };
}
