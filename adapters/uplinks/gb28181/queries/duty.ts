/** Is a zone on guard? As DeviceStatus tells it (facts §4.2). Pure. */

import { overtakes } from '../../../../gateway/domain/alarm.ts';
import type { Panel, Zone } from '../../../../gateway/domain/campus.ts';
import type { PanelStatus } from '../../../../gateway/domain/health.ts';

export type Duty = 'ONDUTY' | 'OFFDUTY' | 'ALARM';

/**
 * `raised`: an alarm of it has not been restored. Panic and fire are on guard always. Of the others nobody tells us the partition: they are on guard
 * where every partition of the panel is, since a guard must never be claimed that is not there.
 */
export function dutyOf(zone: Zone, status: Pick<PanelStatus, 'armed' | 'troubles'>, raised: boolean): Duty {
  if (raised) return 'ALARM';
  if (status.troubles.some(({ code, zone: where }) => code === 'zone-bypassed' && where === zone.id)) return 'OFFDUTY';
  if (zone.type !== undefined && overtakes(zone.type)) return 'ONDUTY';
  const modes = Object.values(status.armed);
  return modes.length > 0 && modes.every((mode) => mode !== 'disarmed') ? 'ONDUTY' : 'OFFDUTY';
}

export interface DutyParts {
  readonly status: (panel: Panel) => PanelStatus;
  readonly raised: (panel: Panel, zone: Zone) => boolean;
}

export function dutiesOf(
  zones: readonly { readonly panel: Panel; readonly zone: Zone; readonly code: string }[],
  { status, raised }: DutyParts,
): { readonly deviceId: string; readonly dutyStatus: Duty }[] {
  return zones.map(({ panel, zone, code }) => ({ deviceId: code, dutyStatus: dutyOf(zone, status(panel), raised(panel, zone)) }));
}
