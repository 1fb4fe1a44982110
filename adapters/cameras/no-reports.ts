/** Reports of a camera whose events are not read: none, until aborted. */
import type { Report } from '../../gateway/domain/report.ts';

export async function* noReports(signal: AbortSignal): AsyncGenerator<Report, void, void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
