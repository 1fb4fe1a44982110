/** The same job by other people's means: one ffmpeg per camera that copies to RTP, beside the gateway with the same cameras. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { type Figure, figuresOf } from '../../support/measure-figures.ts';
import { residentMegabytesOf, threadMillisOf } from '../../support/measure-process.ts';
import { peer } from '../../support/peers.ts';
import { cameraAccount, type FarmOptions, openCameraFarm, type StreamServer } from '../../support/stream-programs.ts';
import { byRtsp, type GatewayRun, openMeasuredGateway } from './gateway-run.ts';
import { cpuRate, inAll, medianOf, sumOf, upTo } from './window.ts';

export interface BesideFfmpeg {
  readonly farm: FarmOptions;
  readonly runs: number;
  readonly seed: number;
}

export async function benchBesideFfmpeg({ farm: options, runs, seed }: BesideFfmpeg): Promise<readonly Figure[]> {
  const ffmpeg = peer('ffmpeg');
  if (ffmpeg === undefined) return [];
  const { cameras } = options;
  await using farm = await openCameraFarm(options);
  const gateways: GatewayRun[] = [];
  const others: { readonly cpu: number; readonly resident: number }[] = [];
  await using measured = await openMeasuredGateway(farm);
  const idle = await measured.idle();
  for (let run = 0; run < runs; run += 1) {
    await measured.rest();
    others.push(await runFfmpeg(ffmpeg, farm));
    gateways.push(await measured.run(byRtsp(upTo(cameras)), idle));
  }
  const ours = medianOf(gateways.map(({ apart }) => apart / cameras));
  const theirs = medianOf(others.map(({ cpu }) => cpu));
  return figuresOf({ test: 'streams, beside ffmpeg', dose: `${cameras} cameras 1:1, burst`, seed }, [
    { metric: 'CPU off the main thread, without the alarms, per stream-second', value: ours, unit: 'ms' },
    { metric: 'CPU of ffmpeg -c copy to RTP, per stream-second', value: theirs, unit: 'ms' },
    { metric: 'CPU off the main thread, to ffmpeg', value: ours / theirs, unit: 'times' },
    { metric: 'resident memory', value: medianOf(gateways.map(({ resident }) => resident)), unit: 'MB' },
    { metric: 'resident memory of all ffmpegs', value: medianOf(others.map(({ resident }) => resident)), unit: 'MB' },
  ]);
}

/** CPU per stream-second, and memory of all. Throws where one does not send. */
async function runFfmpeg(ffmpeg: string, farm: StreamServer) {
  await using scope = new Scope();
  const copies: ChildProcess[] = [];
  const received: number[] = [];
  for (const camera of upTo(farm.cameras)) {
    const sink = createSocket('udp4');
    scope.defer(() => sink.close());
    received.push(0);
    sink.on('message', () => {
      received[camera - 1]! += 1;
    });
    sink.bind(0, '127.0.0.1');
    await once(sink, 'listening');
    const { username, password } = cameraAccount;
    const source = `rtsp://${username}:${password}@127.0.0.1:${farm.port}/cam-${camera}/main`;
    const words = [
      '-v',
      'error',
      '-nostdin',
      '-rtsp_transport',
      'tcp',
      '-i',
      source,
      '-c',
      'copy',
      '-f',
      'rtp',
      `rtp://127.0.0.1:${sink.address().port}`,
    ];
    const copy = spawn(ffmpeg, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    const gone = once(copy, 'exit');
    scope.defer(async () => {
      copy.kill('SIGKILL');
      await gone;
    });
    copies.push(copy);
  }
  // It looks at a stream for up to 5 s before it copies.
  for (const limit = systemClock.monotonic() + seconds(20); received.includes(0) && systemClock.monotonic() < limit; ) {
    await systemClock.sleep(seconds(0.2));
  }
  await systemClock.sleep(seconds(2));
  const before = [...received];
  const cpu = inAll(await cpuRate({ threadMillis: () => new Map(copies.flatMap(({ pid }) => [...threadMillisOf(pid)])) }));
  const silent = received.filter((count, index) => count === before[index]).length;
  if (silent > 0) throw new Error(`${silent} of ${farm.cameras} ffmpegs sent nothing.`);
  return { cpu: cpu / farm.cameras, resident: sumOf(copies.map(({ pid }) => residentMegabytesOf(pid))) };
}
