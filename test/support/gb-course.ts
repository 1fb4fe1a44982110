/**
 * One misbehaviour of a platform, with one seed, against the real uplink: until all is well again, and what is left over then: requests, dialogs,
 * sockets, timers and senders of pictures, at either side. With calls that stand before, come during, and are made after.
 */
import { createSocket } from 'node:dgram';
import type { MediaPlane } from '../../gateway/domain/ports.ts';
import { millis, minutes, seconds } from '../../gateway/domain/time.ts';
import type { PlatformDoor } from '../../gateway/domain/uplink-ports.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { PlayTransport } from '../../simulators/platform/gb28181/live/door.ts';
import type { Play } from '../../simulators/platform/gb28181/live/play.ts';
import { type GbDevice, gbDevice, ledgerOf, pass, until } from './gb-device.ts';
import { cameraCode, largeBox } from './gb-large-box.ts';
import { openLivePlane } from './gb-live.ts';
import { localPlatform } from './gb-platform.ts';
import { device as code, password } from './gb-registrar.ts';
import { heldOpen, moreHandles } from './held-open.ts';

/** What a course leaves behind; everything is to be 0. */
export interface LeftOver {
  readonly dialogs: number;
  readonly requests: number;
  readonly sockets: number;
  readonly timers: number;
  readonly senders: number;
}

export const nothing: LeftOver = { dialogs: 0, requests: 0, sockets: 0, timers: 0, senders: 0 };

export interface Course {
  readonly name: string;
  readonly seed: number;
  /** s from the end of the misbehaviour until registered, subscribed to, and the same catalogue; undefined: not within two minutes. */
  readonly wellAfter: number | undefined;
  /** Once it is well and every call is hung up. */
  readonly left: LeftOver;
  /** Whatever else was not as it must be. */
  readonly faults: readonly string[];
}

export interface CourseWish {
  readonly name: string;
  readonly seed: number;
  readonly transport: 'udp' | 'tcp';
  /** s of the clock that it lasts. */
  readonly length: number;
  /** Absent: nobody looks at a camera. */
  readonly calls?: {
    readonly standing: number /** The box is broken on purpose: each call leaves a socket and a timer. */;
    readonly careless?: boolean;
  };
}

const never = new AbortController().signal;
const cameras = 6;
const transports: readonly PlayTransport[] = ['udp', 'tcp-passive', 'tcp-active'];
/** Of real time, for pictures, which no clock of ours drives. */
const patience = seconds(60);
/** Longer than any request lives, and than two keepalives are apart. */
const rest = seconds(45);
const mostLooks = 4;
/** Until the last of what is over is forgotten. */
const forgetting = minutes(3);
const subscriptions = 2;
/** The platform's own end of them is gone. */
const endsCalls: ReadonlySet<string> = new Set(['restart', 'tcp-reset']);

export async function runCourse(wish: CourseWish): Promise<Course> {
  const before = heldOpen();
  const clock = new ManualClock();
  let course: Course;
  {
    await using stand = await openStand(wish, clock);
    course = await run(wish, stand);
  }
  // With everybody gone, nobody waits for anything any more.
  const limit = systemClock.monotonic() + patience;
  const over = () => heldOpen().sockets - before.sockets;
  while ((over() > 0 || moreHandles(before, heldOpen()).length > 0) && systemClock.monotonic() < limit) await systemClock.sleep(millis(5));
  const more = moreHandles(before, heldOpen());
  return {
    ...course,
    left: { ...course.left, sockets: Math.max(course.left.sockets, over()), timers: Math.max(course.left.timers, clock.sleepers) },
    faults: [...course.faults, ...more.map((kind) => `At the end there are still handles: ${kind}.`)],
  };
}

type Stand = Awaited<ReturnType<typeof openStand>>;

async function openStand({ name, seed, transport, calls }: CourseWish, clock: ManualClock) {
  await using opening = new Scope();
  const box = largeBox(clock, cameras);
  const live = calls && opening.own(await openLivePlane());
  const platform = opening.own(await localPlatform({ clock, seed, welcome: { queries: false, subscriptions: ['Catalog', 'Alarm'] } }));
  const settings = { codes: box.codes, transport: name === 'tcp-reset' ? 'tcp' : transport };
  const media = live && { media: calls.careless ? carelessMedia(live.plane, clock) : live.plane };
  const device: GbDevice = opening.own(gbDevice(platform.address, clock, settings, password, { ...box.door, ...media }));
  const scope = opening.release();
  return { clock, box, live, platform, device, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

function carelessMedia(plane: MediaPlane, clock: ManualClock): PlatformDoor['media'] {
  return {
    telemetry: () => plane.telemetry(),
    sendRtp(order, signal) {
      createSocket('udp4').bind(0, '127.0.0.1').unref();
      void clock.sleep(minutes(60 * 24));
      return plane.sendRtp(order, signal);
    },
  };
}

async function run({ name, seed, length, calls }: CourseWish, stand: Stand): Promise<Course> {
  const { clock, box, live, platform } = stand;
  const faults: string[] = [];
  const subscribed = () => platform.subscriptions().filter(({ active, notices }) => active && notices > 0).length === subscriptions;
  const shown = () => (platform.catalogue(code)?.items ?? []).map((item) => `${item.deviceId} ${item.name} ${item.status}`).toSorted();
  const asShown = () => shown().join() === box.truth().join();
  /** As a platform does that has no catalogue; from then on it is told. */
  const ask = () => {
    if (!platform.catalogue(code)) void platform.askCatalogue(code, never).catch(() => undefined); // What it lacks is seen in what is shown.
  };
  await until(clock, subscribed, minutes(1));
  ask();
  await until(clock, asShown, minutes(1));
  const resting = live ? { sockets: heldOpen().sockets, timers: await timersAtRest(clock) } : undefined;
  const standing = await callAll(stand, calls?.standing ?? 0, seed);
  for (const [index, play] of standing.entries()) if (!(await shows(stand, play))) faults.push(`Call ${index + 1} before it: ${saidOf(play)}.`);

  void platform.misbehave(name);
  const begun = clock.now();
  box.set(1 + (seed % cameras), 'offline');
  // Whatever becomes of them: they are to leave nothing.
  const during = Array.from({ length: calls ? 2 : 0 }, (_, index) => call(stand, seed + index).catch(() => undefined));
  await until(clock, () => clock.now() >= begun + seconds(length), seconds(length + 10));
  void platform.misbehave();
  const ended = clock.now();
  const alive = () => platform.devices().some(({ online, heardAt }) => online && heardAt > ended);
  let wellAfter: number | undefined;
  try {
    await until(clock, () => alive() && subscribed(), minutes(2));
    ask();
    await until(clock, asShown, minutes(2));
    wellAfter = (clock.now() - ended) / 1_000;
  } catch {
    wellAfter = undefined;
  }

  for (const play of standing) {
    if (endsCalls.has(name) && play.ended.aborted) continue;
    if (!(await shows(stand, play))) faults.push(`A call that stood before it ${saidOf(play)}.`);
  }
  for (const play of await callAll(stand, calls ? 1 : 0, seed + 1)) {
    if (!(await shows(stand, play))) faults.push(`A call after it ${saidOf(play)}.`);
    faults.push(...play.violations().map(({ rule, what }) => `A call after it broke ${rule}: ${what}.`));
  }
  let settled = during.length === 0;
  void Promise.all(during).then(() => {
    settled = true;
  });
  await until(clock, () => settled, minutes(2));
  let hungUp = false;
  void Promise.all(platform.plays().map((play) => play.bye(never).catch(() => undefined))).then(() => {
    hungUp = true;
  });
  await until(clock, () => hungUp, minutes(2));
  return { name, seed, wellAfter, faults, left: await leftOver(stand, resting) };
}

/** One that is answered in any way; rejects where it never is. At the pace of real time: cameras do not hurry. */
async function call({ clock, platform }: Stand, index: number): Promise<Play> {
  const channel = cameraCode(1 + (index % cameras));
  let done = false;
  const playing = platform.play(code, { channel, transport: transports[index % transports.length]! }, never).finally(() => {
    done = true;
  });
  playing.catch(() => undefined); // Told below.
  await amble(clock, () => done);
  return playing;
}

async function callAll(stand: Stand, count: number, first: number): Promise<readonly Play[]> {
  const plays: Play[] = [];
  for (let index = 0; index < count; index += 1) plays.push(await call(stand, first + index));
  return plays;
}

/** More pictures than there are now, and it stands. */
async function shows({ clock }: Stand, play: Play): Promise<boolean> {
  const goal = play.counters().frames + 5;
  await amble(clock, () => play.ended.aborted || play.counters().frames >= goal);
  return play.counters().frames >= goal && !play.ended.aborted;
}

const saidOf = (play: Play) =>
  `was answered ${play.status}, shows ${play.counters().frames} pictures and ${play.ended.aborted ? 'has ended' : 'stands'}`;

async function amble(clock: ManualClock, claim: () => boolean): Promise<void> {
  const limit = systemClock.monotonic() + patience;
  while (!claim() && systemClock.monotonic() < limit) await pass(clock, 5);
}

/** The fewest that wait at once. */
async function timersAtRest(clock: ManualClock): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  for (const end = clock.now() + rest; clock.now() < end; await pass(clock, 1_000)) fewest = Math.min(fewest, clock.sleepers);
  return fewest;
}

async function leftOver({ clock, live, platform, device }: Stand, resting: { sockets: number; timers: number } | undefined): Promise<LeftOver> {
  const now = async () => {
    const { clients, servers, dialogs, plays } = ledgerOf(device);
    return {
      dialogs: Math.abs(dialogs - subscriptions) + Math.abs(platform.dialogs() - subscriptions),
      // Answers are kept for repetitions, for half a minute: a short look does not wait for it.
      requests: live ? clients + servers : 0,
      senders: plays + platform.plays().length + (live ? (await live.plane.figures()).rtpReceivers + live.camera.connections : 0),
      sockets: resting ? Math.max(0, heldOpen().sockets - resting.sockets) : 0,
    };
  };
  const end = clock.now() + forgetting;
  const limit = systemClock.monotonic() + patience;
  let left = await now();
  while (Object.values(left).some((count) => count > 0) && (clock.now() < end || systemClock.monotonic() < limit)) {
    await pass(clock, clock.now() < end ? 500 : 20);
    left = await now();
  }
  // What leaks stays; what only waits is over the next time.
  let timers = resting ? Number.POSITIVE_INFINITY : 0;
  for (let look = 0; resting && timers > 0 && look < mostLooks; look += 1) timers = Math.max(0, (await timersAtRest(clock)) - resting.timers);
  return { ...left, timers };
}
