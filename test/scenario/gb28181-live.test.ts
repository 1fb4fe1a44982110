/** The real uplink played by the platform simulator, which judges every packet and answer: many at once, and with everything that platforms do wrong. */
import { setMaxListeners } from 'node:events';
import { expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { PlayTransport } from '../../simulators/platform/gb28181/live/door.ts';
import type { Play } from '../../simulators/platform/gb28181/live/play.ts';
import { until } from '../contract/media-plane.ts';
import { codes, hasty, liveBox } from '../support/gb-live.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device } from '../support/gb-registrar.ts';
import { never } from '../support/sip-endpoint.ts';

const transports: readonly PlayTransport[] = ['udp', 'tcp-passive', 'tcp-active'];
const patience = 60_000;
/** All calls hang on it. */
setMaxListeners(0, never);
/** Without the one whose camera is off. */
const playable = codes.slice(0, -1);

async function linked(seed = 1) {
  await using opening = new Scope();
  const platform = opening.own(await localPlatform({ seed, welcome: { queries: false, subscriptions: [] } }));
  const box = opening.own(await liveBox(platform.address, { clock: hasty }));
  await until(() => platform.devices().some(({ online }) => online), patience);
  const scope = opening.release();
  /** Of calls that are over nothing is left, at either side. */
  const nothingLeft = async () => {
    await until(async () => (await box.receivers()) === 0, patience);
    await until(() => platform.plays().length === 0, patience);
    await until(() => box.camera.connections === 0, patience);
  };
  return { platform, box, nothingLeft, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

const shows = (play: Play, frames: number) => until(() => play.ended.aborted || play.counters().frames >= frames, patience);

test.each(transports)('sixteen calls at once (%s) show every picture, and break no rule', { timeout: patience }, async (transport) => {
  await using school = await linked();
  const wanted = [...playable, playable[0]!].map((channel) => ({ channel, transport }));
  const plays = await Promise.all(wanted.map((order) => school.platform.play(device, order, never)));
  expect(plays.map(({ status }) => status)).toEqual(wanted.map(() => 200));
  await Promise.all(plays.map((play) => shows(play, 50)));
  expect(plays.flatMap((play) => play.violations())).toEqual([]);
  expect(plays.every((play) => play.counters().lost === 0 && play.counters().keyframes > 0)).toBe(true);
  await Promise.all(plays.map((play) => play.bye(never)));
  await school.nothingLeft();
  expect(school.platform.complaints()).toEqual([]);
});

const calls = 20;
/** What the platform then says of us is its own doing. */
const blamesUs: ReadonlySet<string> = new Set(['lost-bye', 'lost-ack', 'cancel-race', 'late-cancel']);

test.each([
  'lost-ack',
  'some-acks-lost',
  'late-ack',
  'ack-elsewhere',
  'lost-bye',
  'cancel-race',
  'late-cancel',
  'no-ssrc',
  'no-setup',
  'many-formats',
  'blank-format',
  'bare-line-ends',
  'reinvite',
  'duplicate-requests',
  'lossy',
  'lost-answers',
  'cseq-jumps',
  'cseq-stands-still',
  'from-address',
  'bye-from-address',
  'bye-uri-swapped',
  'compact-headers',
  'strange-headers',
])(`twenty calls of a platform with %s, in every transport, end with nothing left`, { timeout: patience }, async (name) => {
  await using school = await linked(playable.length + name.length);
  await school.platform.misbehave(name);
  const plays = await Promise.all(
    Array.from({ length: calls }, (_, index) =>
      school.platform.play(device, { channel: playable[index % playable.length]!, transport: transports[index % 3]! }, never),
    ),
  );
  const accepted = plays.filter(({ status }) => status === 200);
  if (!name.includes('cancel')) expect(accepted).toHaveLength(calls);
  await Promise.all(accepted.map((play) => shows(play, 5)));
  expect(accepted.flatMap((play) => play.violations())).toEqual([]);
  using limit = systemClock.deadline(seconds(2));
  await Promise.all(plays.map((play) => play.bye(limit)));
  await school.nothingLeft();
  if (!blamesUs.has(name)) expect(school.platform.complaints()).toEqual([]);
});
