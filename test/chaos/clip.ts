/** kill -9 at random moments of a clip: it is there to its last whole picture, says that it was cut, has the hash that it says, and plays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { type KilledClip, killInClip } from '../support/clip-kill.ts';
import { type Figure, figuresOf, mostOf, randomFrom } from '../support/measure-figures.ts';
import { peer } from '../support/peers.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import type { Campaign } from './kill.ts';

/** After the press; beyond it, kills come when the clip is finished. */
const lasting = seconds(5);
const latest = 6_000;

export async function clipKills({ runs, seed }: Campaign): Promise<readonly Figure[]> {
  const random = randomFrom(seed);
  const ffprobe = peer('ffprobe');
  await using camera = await openTestCamera();
  const all: KilledClip[] = [];
  for (let run = 0; run < runs; run += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'chaos-clip-'));
    try {
      all.push(await killInClip({ folder, url: camera.url, moment: { after: millis(random() * latest) }, lasting, ffprobe }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const clipOf = ({ pieces }: KilledClip) => pieces.find(({ medium }) => medium === 'clip')!;
  const count = (bad: (killed: KilledClip) => boolean) => all.filter(bad).length;
  return figuresOf({ test: 'clip kills', dose: `${runs} kills within ${latest} ms of a press`, seed }, [
    { metric: 'clips with less than had been told', value: count((killed) => clipOf(killed).bytes < killed.told), unit: 'count', limit: 0 },
    { metric: 'pieces that are not whole and do not say why', value: count(({ pieces }) => pieces.some(unsaid)), unit: 'count', limit: 0 },
    { metric: 'files with another hash or length than told', value: count(({ untrue }) => untrue > 0), unit: 'count', limit: 0 },
    { metric: 'clips of which ffprobe complains', value: count(({ complaints }) => complaints !== ''), unit: 'count', limit: 0 },
    { metric: 'files that nobody finished', value: count(({ unfinished }) => unfinished > 0), unit: 'count', limit: 0 },
    { metric: 'clips that are complete', value: count((killed) => clipOf(killed).state === 'complete'), unit: 'count' },
    { metric: 'pieces that are missing', value: count(({ pieces }) => pieces.some(({ state }) => state === 'missing')), unit: 'count' },
    { metric: 'last word after the start', value: mostOf(all.map(({ settledAfter }) => settledAfter)), unit: 'ms' },
  ]);
}

const unsaid = ({ state, reason }: KilledClip['pieces'][number]) => state !== 'complete' && reason === undefined;
