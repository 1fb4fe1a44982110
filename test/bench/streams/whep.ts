/** WebRTC, 8 viewers: at most 25 ms of CPU per viewer-second. Here is its place; there is no WHEP door to knock at yet. */
import type { Figure } from '../../support/measure-figures.ts';

export async function benchWhep(): Promise<readonly Figure[]> {
  console.warn('SKIPPED: the gateway serves no WebRTC yet, so nothing of it is measured.');
  return [];
}
