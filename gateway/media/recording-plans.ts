/** Which streams are recorded. Pure. */
import type { Inventory } from '../domain/campus.ts';
import type { RecordingPlan, StreamProfile } from '../domain/media.ts';

/** Recorded all the time: every channel that a zone names, as long as its camera is in use. */
export function recordingPlans({ panels, channels, cameras }: Inventory, profile: StreamProfile): readonly RecordingPlan[] {
  const used = new Set(cameras.filter(({ enabled }) => enabled).map(({ id }) => id));
  const named = new Set(panels.filter(({ enabled }) => enabled).flatMap(({ zones }) => zones.flatMap((zone) => zone.channels)));
  return channels.filter(({ id, camera }) => named.has(id) && used.has(camera)).map(({ id }) => ({ channel: id, profile }));
}
