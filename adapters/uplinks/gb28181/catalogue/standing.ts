/** How a thing of the school stands towards a platform: what it may show green. Pure. */
import type { DeviceHealth, FaultCode, PanelStatus } from '../../../../gateway/domain/health.ts';
import type { ZoneId } from '../../../../gateway/domain/ids.ts';

/** `ON`, `OFF`, `VLOST`: it is there, without a picture; `DEFECT`: it works, but not as it should (facts §4.4). */
export type Standing = 'ON' | 'OFF' | 'VLOST' | 'DEFECT';

/** With these no picture can be had, whatever else the camera answers. */
const dead: ReadonlySet<FaultCode> = new Set(['camera-unreachable', 'camera-credentials', 'camera-certificate', 'camera-reply']);

/** What has not been proven since the start is OFF: a platform must never show green what nobody has seen alive. */
export function standingOfCamera(health: DeviceHealth | undefined): Standing {
  if (!health || health.state === 'disabled' || health.state === 'offline' || health.state === 'unknown') return 'OFF';
  const faults = health.faults.map(({ code }) => code);
  if (faults.some((code) => dead.has(code))) return 'OFF';
  if (faults.includes('stream-stalled')) return 'VLOST';
  return faults.includes('stream-flawed') ? 'DEFECT' : 'ON';
}

export function standingOfZone(health: DeviceHealth | undefined, panel: PanelStatus | undefined, zone: ZoneId): Standing {
  if (!health || health.state === 'disabled' || health.state === 'offline' || health.state === 'unknown') return 'OFF';
  if (health.faults.some(({ code }) => code === 'panel-silent')) return 'OFF';
  const own = panel?.troubles.filter((trouble) => trouble.zone === zone).map(({ code }) => code) ?? [];
  // Somebody took it out of service: it cannot raise.
  if (own.includes('zone-bypassed')) return 'OFF';
  return own.some((code) => code === 'zone-tamper' || code === 'zone-battery-low') ? 'DEFECT' : 'ON';
}

/** The catalogue knows two words only. Without a picture a camera is not there for whoever wants to look. */
export function statusOf(standing: Standing): 'ON' | 'OFF' {
  return standing === 'ON' || standing === 'DEFECT' ? 'ON' : 'OFF';
}
