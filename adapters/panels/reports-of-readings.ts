/**
 * Readings → reports, for every dialect in the same way: which zone, which type, whether it is an alarm, a trouble or a sign of life, whether
 * it happens now, and its dedupe key. Pure. A state never becomes an event here: the intake compares it with the journal (ADR 0025), and what that
 * finds to be a change is one, however soon after the last.
 */
import { overtakes } from '../../gateway/domain/alarm.ts';
import { typeOfDetector } from '../../gateway/domain/alarm-types.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { zoneId } from '../../gateway/domain/ids.ts';
import type { Report } from '../../gateway/domain/report.ts';
import { ofZone, tamperOf, troubleOf } from './conditions.ts';
import { dedupeKey } from './dedupe-key.ts';
import { heardLate } from './panel-time.ts';
import { activity, type Reading, type Sign } from './reading.ts';
import { zoneOfLabel } from './zone-of.ts';

export function reportsOfReadings(panel: Panel, message: PanelMessage, readings: readonly Reading[]): readonly Report[] {
  return readings.flatMap((reading) => reportsOf(panel, message, reading));
}

function reportsOf(panel: Panel, message: PanelMessage, reading: Reading): readonly Report[] {
  const at = 'at' in reading ? reading.at : undefined;
  const said = { device: panel.id, raw: message.payload, ...(at === undefined ? {} : { deviceTime: at }) };
  switch (reading.kind) {
    case 'state':
    case 'event':
      return signReports(panel, message, reading);
    case 'arming': {
      const { mode, partition = '1', user } = reading;
      const dedupe = `${panel.id}|state|${message.receivedAt}|arm|${partition}|${mode}`;
      return [{ kind: 'arming', partition, mode, dedupe, ...(user === undefined ? {} : { user }), ...said }];
    }
    case 'alive':
      return [
        {
          kind: 'alive',
          online: reading.online,
          ...(reading.queued === undefined ? {} : { queued: reading.queued }),
          ...(reading.missing ? { missing: true } : {}),
          ...said,
        },
      ];
    case 'answer':
      return [{ kind: 'response', command: reading.to, ok: reading.ok, ...(reading.error === undefined ? {} : { error: reading.error }), ...said }];
    case 'learned':
      return [{ kind: 'learned', key: reading.key, value: reading.value, ...said }];
  }
}

function signReports(panel: Panel, message: PanelMessage, sign: Sign): readonly Report[] {
  const { kind, active, code, partition, at, sequence } = sign;
  const { retained, receivedAt, payload } = message;
  // A retained event is one that a broker kept: it raises nothing, whatever it says.
  if (kind === 'event' && retained) return [];
  // What two partitions say must not become one zone's: the second would end the alarm of the first.
  const label = sign.zone ?? (partition === undefined ? undefined : `partition_${partition}`);
  const zone = label === undefined ? { id: zoneId('0') } : zoneOfLabel(panel, label);
  const type = typeHere(sign, zone.known?.type, message);
  if (type === undefined) return [];
  const said = {
    device: panel.id,
    raw: payload,
    ...(at === undefined ? {} : { deviceTime: at }),
    ...(sequence === undefined ? {} : { sequence }),
  };
  // Nothing happened, and it is proof of life.
  if (type === 'test.periodic') return [{ kind: 'alive', online: true, test: true, ...said }];
  const trouble = troubleOf(type);
  if (trouble !== undefined) return [{ kind: 'trouble', code: trouble, active, ...(ofZone(trouble) ? { zone: zone.id } : {}), ...said }];

  const state = kind === 'event' ? (active ? 'raised' : 'restored') : active ? 'still' : 'quiet';
  const { drill = false, test = false, historical = retained || heardLate(message, at) } = sign;
  const dedupe = kind === 'event' ? eventKey(panel, message, sign, type) : `${panel.id}|state|${receivedAt}|${zone.id}|${type}|${state}`;
  const text = sign.text ?? (zone.known === undefined && sign.zone !== undefined && sign.zone !== zone.id ? sign.zone : undefined);
  const verification = sign.verification ?? (/\.verified$/.test(type) ? 'sequential' : undefined);
  const alarm: Report = {
    kind: 'zone',
    ...{ zone: zone.id, type, state, drill, test: test || type.startsWith('test.'), historical, dedupe, code },
    ...(partition === undefined ? {} : { partition }),
    ...(text === undefined ? {} : { text: text.slice(0, 256) }),
    ...(sign.user === undefined ? {} : { user: sign.user }),
    ...(verification === undefined ? {} : { verification }),
    ...(sign.location === undefined ? {} : { location: sign.location }),
    ...said,
  };
  const tamper = tamperOf(type);
  if (tamper === undefined) return [alarm];
  return [alarm, { kind: 'trouble', code: tamper, active, ...(ofZone(tamper) ? { zone: zone.id } : {}), ...said }];
}

function eventKey(panel: Panel, { receivedAt, payload }: PanelMessage, sign: Sign, type: string): string {
  const { zone, partition, code, active, at, sequence } = sign;
  return dedupeKey({
    ...{ panel: panel.id, code, qualifier: `${active ? 'raised' : 'restored'} ${type}`, receivedAt, raw: payload },
    ...(zone === undefined ? {} : { zone }),
    ...(partition === undefined ? {} : { partition }),
    ...(at === undefined ? {} : { occurredAt: at }),
    ...(sequence === undefined ? {} : { sequence }),
  });
}

/** Undefined: it means no alarm here. */
function typeHere({ type, active }: Sign, ofZoneHere: string | undefined, { disarmed }: PanelMessage): string | undefined {
  if (type !== activity) return typeOfDetector(type, ofZoneHere);
  // Lessons are being held: doors open and people move. What ends goes through, also when it was disarmed in between.
  if (disarmed && active && ofZoneHere?.startsWith('burglary') && ofZoneHere !== 'burglary.24h' && !overtakes(ofZoneHere)) return undefined;
  return ofZoneHere;
}
