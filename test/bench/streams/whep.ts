/** WebRTC: the engine is named in the row, for its cost is that of its engine. */
import { fileURLToPath } from 'node:url';
import { millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import type { Figure } from '../../support/measure-figures.ts';
import type { Seen, Viewers } from '../../support/measure-viewers.ts';
import { runByLines } from '../../support/native-programs.ts';
import type { FarmOptions } from '../../support/stream-programs.ts';
import type { Watch } from './gateway-run.ts';
import { benchCost } from './relaying.ts';
import { upTo, viewersPlayWithin } from './window.ts';

export interface Whep {
  readonly farm: FarmOptions;
  readonly runs: number;
  readonly seed: number;
}

export async function benchWhep({ farm, runs, seed }: Whep): Promise<readonly Figure[]> {
  const dose = `${farm.cameras} cameras 1:1, handshake by werift, packets by our own SRTP`;
  const way = { test: 'streams, WebRTC', dose, watch: byWhep(upTo(farm.cameras)), costLimit: 25 };
  return (await benchCost({ farm, runs, seed, ways: [way] })).flatMap(({ figures }) => figures);
}

const child = fileURLToPath(new URL('./whep-child.ts', import.meta.url));

const byWhep =
  (cameras: readonly number[]): Watch =>
  async ({ gateway, signIn }) => {
    await using opening = new Scope();
    const words = ['--import', 'tsx', child, gateway.origin, await signIn(false), ...cameras.map(String)];
    const program = opening.own(runByLines('The WebRTC viewers', process.execPath, words));
    await program.line();
    const tell = async (): Promise<Seen> => {
      program.say('tell');
      return JSON.parse(await program.line()) as Seen;
    };
    const limit = systemClock.monotonic() + viewersPlayWithin;
    while ((await tell()).viewers.some(({ firstKeyframe }) => firstKeyframe === null)) {
      if (systemClock.monotonic() > limit) throw new Error(`Not every WebRTC viewer saw a keyframe within ${viewersPlayWithin} ms.`);
      await systemClock.sleep(millis(100));
    }
    const scope = opening.release();
    return { mark: () => program.say('mark'), tell, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() } satisfies Viewers;
  };
