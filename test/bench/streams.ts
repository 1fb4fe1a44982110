/**
 * What streams cost and how fast they are (docs/benchmarks.md tells the method). The gate is the ratio to the least relay of the same run;
 * absolute figures are this machine's.
 */
import { cpus, loadavg } from 'node:os';
import { cameraClip } from '../support/camera-clip.ts';
import type { Figure } from '../support/measure-figures.ts';
import type { FarmOptions } from '../support/stream-programs.ts';
import type { Bench } from './alarms.ts';
import { benchBesideFfmpeg } from './streams/beside-ffmpeg.ts';
import { byPages, byRtsp } from './streams/gateway-run.ts';
import { benchColdStart, benchWarmJoins } from './streams/joining.ts';
import { memoryFigures } from './streams/memory.ts';
import { benchCost, benchRelaying, latencyFigures } from './streams/relaying.ts';
import { benchSlowViewers } from './streams/slow-viewers.ts';
import { benchWhep } from './streams/whep.ts';
import { upTo } from './streams/window.ts';

const runs = 3;

/** What every camera plays, and how it is broken. */
type Camera = Pick<FarmOptions, 'clip' | 'drop'>;

/** One line per part; `--part` runs one of them alone. */
const parts: Readonly<Record<string, (camera: Camera, seed: number) => Promise<readonly Figure[]>>> = {
  relay: async (camera, seed) => {
    const farm = { cameras: 64, ...camera };
    const named = { test: 'streams, 1:1', dose: '64 cameras 1:1, burst', seed };
    const relayed = await benchRelaying({ ...named, farm, viewers: upTo(64), runs, ratioLimit: 3.2 });
    const latency = await latencyFigures(relayed, farm, named);
    const way = { test: 'streams, many', dose: '150 cameras 1:1, burst', watch: byRtsp(upTo(150)), coreLimit: 30 };
    const [many] = await benchCost({ farm: { cameras: 150, ...camera }, runs, seed, ways: [way] });
    const memory = many ? memoryFigures({ streams: 64, ...relayed }, { streams: 150, ...many }, seed) : [];
    return [...relayed.figures, ...latency, ...(many?.figures ?? []), ...memory];
  },
  paced: async (camera, seed) => {
    const named = { test: 'streams, paced', dose: '32 cameras 1:1, a write per packet', seed };
    const { figures } = await benchRelaying({ ...named, farm: { cameras: 32, ...camera, pace: 'paced' }, viewers: upTo(32), runs, ratioLimit: 1.4 });
    return figures;
  },
  'fan-out': async (camera, seed) => {
    const named = { test: 'streams, fan-out', dose: '1 camera, 50 viewers, burst', seed };
    const viewers = Array.from({ length: 50 }, () => 1);
    const { figures } = await benchRelaying({ ...named, farm: { cameras: 1, ...camera }, viewers, runs, ratioLimit: 2.2 });
    return figures;
  },
  fmp4: async (camera, seed) => {
    const ways = [
      { test: 'streams, fMP4', dose: '32 cameras 1:1, WebSocket', watch: byPages(upTo(32), false), costLimit: 3 },
      { test: 'streams, fMP4 over TLS', dose: '32 cameras 1:1, WebSocket', watch: byPages(upTo(32), true), costLimit: 3.6 },
    ];
    return (await benchCost({ farm: { cameras: 32, ...camera }, runs, seed, ways })).flatMap(({ figures }) => figures);
  },
  join: async (camera, seed) => [
    ...(await benchWarmJoins({ farm: { cameras: 64, ...camera }, seed })),
    ...(await benchColdStart({ farm: { cameras: 20, ...camera }, runs, seed })),
  ],
  slow: benchSlowViewers,
  ffmpeg: (camera, seed) => benchBesideFfmpeg({ farm: { cameras: 8, ...camera }, runs, seed }),
  whep: (camera, seed) => benchWhep({ farm: { cameras: 8, ...camera }, runs, seed }),
};

export const streamParts: readonly string[] = Object.keys(parts);
/** Cameras whose every 100th packet is lost: no run may then be without gaps. */
export const streamBreaks: readonly string[] = ['lossy-cameras'];

export async function benchStreams({ quick, seed, part, broken }: Bench): Promise<readonly Figure[]> {
  const load = loadavg()[0] ?? 0;
  if (load > cpus().length / 2) console.warn(`This machine is not quiet (load ${load.toFixed(1)}): what follows is noise.`);
  const camera = { clip: await cameraClip(), ...(broken === 'lossy-cameras' ? { drop: 100 } : {}) };
  if (quick) return quickly(camera, seed);
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(parts)) if (part === undefined || part === name) figures.push(...(await measure(camera, seed)));
  return figures;
}

/** In a minute: enough to see that something has become dear, at the price of more noise; hence limits of its own. */
async function quickly(camera: Camera, seed: number): Promise<readonly Figure[]> {
  const relayed = await benchRelaying({
    ...{ test: 'streams, 1:1, quick', dose: '16 cameras 1:1, burst', seed },
    ...{ farm: { cameras: 16, ...camera }, viewers: upTo(16), runs: 1, ratioLimit: 8 },
  });
  const way = { test: 'streams, fMP4, quick', dose: '8 cameras 1:1, WebSocket', watch: byPages(upTo(8), false), costLimit: 16 };
  const pages = await benchCost({ farm: { cameras: 8, ...camera }, runs: 1, seed, ways: [way] });
  return [...relayed.figures, ...pages.flatMap(({ figures }) => figures)];
}
