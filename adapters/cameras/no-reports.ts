/** Reports of a camera whose events are not read: none, until aborted; at most why that is so. */
import type { CameraReport } from '../../gateway/domain/camera-report.ts';

export async function* noReports(signal: AbortSignal, why?: CameraReport): AsyncGenerator<CameraReport, void, void> {
  if (why) yield why;
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
