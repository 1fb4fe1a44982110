/** Twenty calls, in every transport, of a platform that misbehaves: what was not as it must be, and what is left when all are hung up. */
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { PlayTransport } from '../../simulators/platform/gb28181/live/door.ts';
import type { Play } from '../../simulators/platform/gb28181/live/play.ts';
import { until } from '../contract/media-plane.ts';
import { ledgerOf } from './gb-device.ts';
import { codes, hasty, liveBox } from './gb-live.ts';
import { localPlatform } from './gb-platform.ts';
import { device } from './gb-registrar.ts';
import { never } from './sip-endpoint.ts';

export const transports: readonly PlayTransport[] = ['udp', 'tcp-passive', 'tcp-active'];
export const patience = 120_000;
/** Without the one whose camera is off. */
export const playable = codes.slice(0, -1);
/** Names of what platforms do to calls. */
export const livePlatforms: readonly string[] = [
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
];
const calls = 20;
/** Twenty cameras at once on a busy machine: the gateway refuses none of them because it is slow. */
const patient: Clock = { ...hasty, deadline: (length, ...signals) => systemClock.deadline(millis(length * 5), ...signals) };
/** Calls that may end of themselves: hung up, or never acknowledged; of chance one in 20 courses has one whose eleven ACKs are all lost. */
const mayEnd: Readonly<Record<string, number>> = { 'lost-ack': calls, 'cancel-race': calls, 'late-cancel': calls, 'some-acks-lost': 1, lossy: 1 };
/** What the platform then says of us is its own doing. */
const blamesUs: ReadonlySet<string> = new Set(['lost-bye', 'lost-ack', 'cancel-race', 'late-cancel']);

export async function linkedSchool(seed = 1) {
  await using opening = new Scope();
  const platform = opening.own(await localPlatform({ seed, welcome: { queries: false, subscriptions: [] } }));
  const box = opening.own(await liveBox(platform.address, { clock: patient }));
  await until(() => platform.devices().some(({ online }) => online), patience);
  const scope = opening.release();
  /** Of calls that are over nothing is left, at either side. */
  const nothingLeft = async () => {
    await until(async () => (await box.receivers()) === 0, patience);
    await until(() => platform.plays().length === 0, patience);
    await until(() => box.camera.connections === 0, patience);
    await until(() => ledgerOf(box.box).plays === 0 && ledgerOf(box.box).dialogs === 0, patience);
  };
  return { platform, box, nothingLeft, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

export const shows = (play: Play, frames: number) => until(() => play.ended.aborted || play.counters().frames >= frames, patience);

/** Sentences; none where all is as it must be. Rejects where something never comes to its end. */
export async function runLiveCourse(name: string, seed: number): Promise<readonly string[]> {
  await using school = await linkedSchool(seed);
  await school.platform.misbehave(name);
  const plays = await Promise.all(
    Array.from({ length: calls }, (_, index) =>
      school.platform.play(device, { channel: playable[index % playable.length]!, transport: transports[index % 3]! }, never),
    ),
  );
  const accepted = plays.filter(({ status }) => status === 200);
  const faults: string[] = [];
  const refused = plays.flatMap(({ status }) => (status === 200 ? [] : [status]));
  if (!name.includes('cancel') && accepted.length < calls)
    faults.push(`Only ${accepted.length} of ${calls} calls were accepted; the others: ${refused.join(', ')}.`);
  await Promise.all(accepted.map((play) => shows(play, 5)));
  // Some strike at calls that stand.
  await school.platform.misbehave(name);
  await Promise.all(accepted.map((play) => shows(play, play.counters().frames + 5)));
  const over = accepted.filter((play) => play.ended.aborted);
  if (over.length > (mayEnd[name] ?? 0)) faults.push(`${over.length} of ${accepted.length} calls have ended of themselves.`);
  const blind = accepted.filter((play) => !play.ended.aborted && play.counters().frames < 10);
  if (blind.length > 0) faults.push(`${blind.length} of ${accepted.length} calls show fewer than 10 pictures.`);
  faults.push(...accepted.flatMap((play) => play.violations()).map(({ rule, packet, what }) => `${rule} at packet ${packet}: ${what}.`));
  using limit = systemClock.deadline(seconds(2));
  await Promise.all(plays.map((play) => play.bye(limit)));
  await school.nothingLeft();
  if (!blamesUs.has(name)) faults.push(...school.platform.complaints().map(({ rule, sentence }) => `${rule}: ${sentence}`));
  return faults;
}
