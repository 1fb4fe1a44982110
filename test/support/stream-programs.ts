/** Cameras, the least relay and viewers of test/bench/native, as this process commands them. */
import { type Millis, millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { Seen, Viewers } from './measure-viewers.ts';
import { type LineProgram, runNative } from './native-programs.ts';

/** What the cameras ask for. */
export const cameraAccount = { username: 'gateway', password: 'only-for-this-bench' } as const;

export interface FarmOptions {
  readonly cameras: number;
  /** An H.264 elementary stream. */
  readonly clip: string;
  /** One write per picture, or one per packet over 75 % of the picture interval. Default burst. */
  readonly pace?: 'burst' | 'paced';
  /** Filler data in every picture, for a heavier stream. */
  readonly fillerBytes?: number;
  /** Every so many'th packet is lost on its way. */
  readonly drop?: number;
}

export interface StreamServer extends AsyncDisposable {
  readonly port: number;
  readonly cameras: number;
  threadMillis(): ReadonlyMap<string, number>;
}

export interface CameraFarm extends StreamServer {
  /** The next picture of this camera is a keyframe. */
  keyframe(camera: number): void;
}

export async function openCameraFarm({ cameras, clip, pace = 'burst', fillerBytes, drop }: FarmOptions): Promise<CameraFarm> {
  const program = runNative('camera-farm', { cameras, clip, pace, filler: fillerBytes, drop, ...cameraAccount });
  return { ...(await serverOf(program, cameras)), keyframe: (camera) => program.say(`keyframe ${camera}`) };
}

/** Resolves once it plays every camera of the farm. */
export async function openFloorRelay({ port, cameras }: StreamServer): Promise<StreamServer> {
  const program = runNative('floor-relay', { upstream: port, cameras, ...cameraAccount });
  await using opening = new Scope();
  const relay = opening.own(await serverOf(program, cameras));
  await program.line();
  opening.release();
  return relay;
}

async function serverOf(program: LineProgram, cameras: number): Promise<StreamServer> {
  await using opening = new Scope();
  opening.own(program);
  const port = Number((await program.line()).split(' ')[1]);
  opening.release();
  return { port, cameras, threadMillis: program.threadMillis, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

export interface RtspTarget {
  readonly port: number;
  /** One viewer for each, by the number of its camera from 1. */
  readonly cameras: readonly number[];
  readonly account: { readonly username: string; readonly password: string };
  /** Receive buffer, bytes; absent: as the system has it. */
  readonly window?: number;
}

export interface RtspViewers extends Viewers {
  /** All of `target`'s at once, numbered on from those that are there. */
  join(target: Pick<RtspTarget, 'port' | 'cameras' | 'window'>): void;
  /** First and last, by the order of joining. */
  stall(first: number, last: number): void;
  resume(first: number, last: number): void;
  leave(): void;
  /** Waits until every viewer has a keyframe; throws where one has none in time. */
  playing(within: Millis): Promise<Seen>;
}

/** Fewer than the gateway takes from one address; each set of viewers has addresses of its own. */
const viewersPerAddress = 50;
const addressesEach = 4;
let sets = 0;

export function openRtspViewers(account: RtspTarget['account']): RtspViewers {
  const program = runNative('drain-client', account);
  const firstHost = 2 + ((sets * addressesEach) % 240);
  sets += 1;
  let joined = 0;
  const tell = async (): Promise<Seen> => {
    program.say('tell');
    return JSON.parse(await program.line()) as Seen;
  };
  return {
    join({ port, cameras, window = 0 }) {
      const orders = cameras.map((camera) => {
        const host = firstHost + Math.floor(joined / viewersPerAddress);
        joined += 1;
        return `join ${port} /cam-${camera}/main ${host} ${window}`;
      });
      program.say(orders.join('\n'));
    },
    stall: (first, last) => program.say(`stall ${first} ${last}`),
    resume: (first, last) => program.say(`resume ${first} ${last}`),
    leave: () => {
      program.say('leave');
      joined = 0;
    },
    mark: () => program.say('mark'),
    tell,
    async playing(within) {
      const limit = systemClock.monotonic() + within;
      for (;;) {
        const seen = await tell();
        const waiting = seen.viewers.filter(({ firstKeyframe }) => firstKeyframe === null).length;
        if (waiting === 0) return seen;
        if (systemClock.monotonic() > limit) throw new Error(`${waiting} of ${seen.viewers.length} viewers saw no keyframe within ${within} ms.`);
        await systemClock.sleep(millis(100));
      }
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Viewers that play. */
export async function watchRtsp(target: RtspTarget, within: Millis): Promise<RtspViewers> {
  await using opening = new Scope();
  const viewers = opening.own(openRtspViewers(target.account));
  viewers.join(target);
  await viewers.playing(within);
  opening.release();
  return viewers;
}
