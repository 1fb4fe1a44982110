/** Which canonical types are a condition of the panel or of a detector: they become troubles, and so faults, not alarms. */
import type { AlarmType } from '../../gateway/domain/alarm.ts';
import type { TroubleCode } from '../../gateway/domain/report.ts';

const conditions: ReadonlyMap<AlarmType, TroubleCode> = new Map<AlarmType, TroubleCode>([
  ['power.ac', 'mains-lost'],
  ['power.battery.low', 'battery-low'],
  ['power.battery.missing', 'battery-missing'],
  ['siren.fault', 'siren'],
  ['module.fault', 'module'],
  ['comms.line', 'communication'],
  ['comms.fail', 'communication'],
  ['sensor.battery.low', 'zone-battery-low'],
  ['zone.bypass', 'zone-bypassed'],
]);

export function troubleOf(type: AlarmType): TroubleCode | undefined {
  return conditions.get(type);
}

/** An opened detector is an alarm (somebody is at it now) and a condition as well (it cannot be trusted until it is closed). */
export function tamperOf(type: AlarmType): TroubleCode | undefined {
  if (type === 'tamper.sensor') return 'zone-tamper';
  return type === 'tamper.panel' || type === 'tamper.module' ? 'tamper' : undefined;
}

export function ofZone(code: TroubleCode): boolean {
  return code.startsWith('zone-');
}
