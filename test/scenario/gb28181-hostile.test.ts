/** The whole real uplink under attack, while calls run and alarms go out: what is refused, what is dropped, and that nobody else notices. */
import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { writePtz } from '../../adapters/protocols/manscdp/ptz.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { diceFrom } from '../../simulators/platform/gb28181/dice.ts';
import type { Play } from '../../simulators/platform/gb28181/live/play.ts';
import { until } from '../contract/media-plane.ts';
import { deliveryOf } from '../support/gb-device.ts';
import { codeOf, codes, hasty, liveBox, liveSchool, view } from '../support/gb-live.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device } from '../support/gb-registrar.ts';
import type { Weighed } from '../support/held-child.ts';
import { type HostileMessage, hostileMessages, type Verdict } from '../support/hostile-sip.ts';
import { runProgram } from '../support/run-program.ts';
import { type Aftermath, attackTcp, attackUdp } from '../support/sip-attacker.ts';
import { never } from '../support/sip-endpoint.ts';
import { alarm } from '../support/spine.ts';

const patience = 120_000;
/** ms, of an alarm under attack on a loaded machine: a datagram lost and sent again several times, and less than one delivery that timed out. */
const longestDelay = 8_000;
const own = '127.0.0.1';
const stranger = '127.0.0.66';
setMaxListeners(0, never);

/** A link with three calls whose pictures are counted, and an alarm every 50 ms. */
async function busyLink() {
  await using opening = new Scope();
  const platform = opening.own(await localPlatform({ welcome: { queries: false, subscriptions: [] } }));
  const box = opening.own(await liveBox(platform.address, { clock: hasty }));
  await until(() => platform.devices().some(({ online }) => online), patience);
  const wanted = (['udp', 'tcp-passive', 'tcp-active'] as const).map((transport, index) => ({ channel: codes[index]!, transport }));
  const plays = await Promise.all(wanted.map((order) => platform.play(device, order, never)));
  const shows = (play: Play, frames: number) => until(() => play.ended.aborted || play.counters().frames >= frames, patience);
  await Promise.all(plays.map((play) => shows(play, 10)));
  const { port } = platform.devices()[0]!.peer;
  const before = { link: box.box.uplink.link(), registrations: platform.devices()[0]!.registrations };

  const ended = new AbortController();
  let delivered = 0;
  /** ms, from the delivery to the answer to it, repeats included. */
  let slowest = 0;
  const delivering = (async () => {
    while (!ended.signal.aborted) {
      const delivery = deliveryOf(alarm(), 1_000 + delivered);
      const began = performance.now();
      // As the dispatcher does: where no answer came in time, again.
      while (!(await box.box.uplink.deliver(delivery, never).catch(() => undefined)));
      slowest = Math.max(slowest, performance.now() - began);
      delivered += 1;
      await systemClock.sleep(millis(50));
    }
  })();
  opening.defer(() => ended.abort());
  const scope = opening.release();
  return {
    ...{ platform, box, plays, to: { address: own, port } },
    /** Alarms all arrived without being held up, every call shows every picture, and nobody had to register again. */
    async unharmed() {
      ended.abort();
      await delivering;
      expect(delivered).toBeGreaterThan(5);
      expect(slowest).toBeLessThan(longestDelay);
      expect(platform.alarms().filter(({ repeat }) => !repeat)).toHaveLength(delivered);
      await Promise.all(plays.map((play) => shows(play, play.counters().frames + 10)));
      expect(plays.map((play) => [play.ended.aborted, play.counters().lost, play.violations()])).toEqual(plays.map(() => [false, 0, []]));
      expect(box.box.uplink.link()).toMatchObject({ state: 'up', since: before.link?.since });
      expect(platform.devices()[0]).toMatchObject({ online: true, registrations: before.registrations });
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

const isRight = ({ statuses }: Aftermath, verdicts: readonly Verdict[]) =>
  statuses.length === 0 ? verdicts.includes('dropped') : statuses.every((status) => verdicts.includes(status));

test('500 malformed messages, from the platform and from a stranger, over UDP and TCP: each refused rightly or dropped, and no picture or alarm is lost', {
  timeout: 2 * patience,
}, async () => {
  await using link = await busyLink();
  const { to } = link;
  const ways = [
    { from: own, attack: attackUdp, judges: 'udp' },
    { from: own, attack: attackTcp, judges: 'tcp' },
    { from: stranger, attack: attackUdp, judges: undefined },
    { from: own, attack: attackUdp, judges: 'udp' },
    { from: own, attack: attackTcp, judges: 'tcp' },
    { from: stranger, attack: attackTcp, judges: undefined },
  ] as const;
  const wrong: string[] = [];
  const tally = new Map<string, number>();
  const strike = async (message: HostileMessage, index: number) => {
    const { from, attack, judges } = ways[(index + Math.floor(index / 20)) % ways.length]!;
    const seen = await attack({ bytes: message.bytes, from, to, drips: message.drips && attack === attackTcp }, judges ? undefined : 200);
    const right = judges ? isRight(seen, message[judges]) : seen.heard === 0;
    const what = judges ? seen.statuses.join(' ') || 'dropped' : 'unheard';
    tally.set(what, (tally.get(what) ?? 0) + 1);
    if (!right) wrong.push(`${message.name} from ${from} (${judges ?? attack.name}): ${what}`);
  };
  const messages = hostileMessages(500, 4);
  // Sixty at once: over TCP some wait for their end.
  const left = messages.entries();
  await Promise.all(
    Array.from({ length: 60 }, async () => {
      for (const [index, message] of left) await strike(message, index);
    }),
  );
  expect(wrong).toEqual([]);
  expect([...tally.values()].reduce((sum, count) => sum + count, 0)).toBe(500);
  expect([...tally.keys()]).toEqual(expect.arrayContaining(['400', '413', '505', '200', 'dropped', 'unheard']));
  const { notices } = link.box.box.door;
  for (const what of ['sip noise', 'sip refused']) expect(notices.some((notice) => notice.what === what)).toBe(true);
  expect(notices.some(({ fields }) => String(fields.remote).startsWith(stranger))).toBe(true);
  await link.unharmed();
});

describe('a media address', () => {
  const offered = (address: string) => ({ offer: { address, port: 30_000 }, transport: 'udp' }) as const;

  test('that nobody has allowed is refused with 403 and told as a security notice, and so is one that is many hosts, no host or this box', async () => {
    const senseless = ['0.0.0.0', '224.0.0.5', '239.255.255.250', '255.255.255.255', '::', 'ff02::1', '::ffff:224.0.0.5'];
    await using strict = await liveSchool();
    const foreign = ['127.0.0.9', '169.254.169.254', '10.0.0.1', '2001:db8::1', ...senseless];
    for (const address of foreign) {
      await using refused = await view(strict, offered(address));
      expect([address, refused.status]).toEqual([address, 403]);
    }
    expect(strict.box.door.notices.map(({ what, fields }) => [what, fields.address])).toEqual(
      foreign.map((address) => ['foreign media address', address]),
    );
    await using wide = await liveSchool({ settings: { media: { to: ['0.0.0.0/0', '::/0'] } } });
    for (const address of senseless) {
      await using refused = await view(wide, offered(address));
      expect([address, refused.status]).toEqual([address, 403]);
    }
    await using allowed = await view(wide, offered('127.0.0.9'));
    expect(allowed.status).toBe(200);
    expect([...strict.asked, ...wide.asked]).toEqual(['gate/main']);
  });
});

test('200 plays at once: as many as may run, first those that look at an alarm; the rest is told 486 or 503, and all are released after BYE', {
  timeout: patience,
}, async () => {
  await using school = await liveSchool();
  school.alarmed.add('hall');
  const alarmed = 5;
  const views = await Promise.all(Array.from({ length: 200 }, (_, index) => view(school, { code: codeOf(index < 200 - alarmed ? 'gate' : 'hall') })));
  const [ordinary, urgent] = [views.slice(0, -alarmed), views.slice(-alarmed)];
  expect(urgent.map(({ status }) => status)).toEqual(urgent.map(() => 200));
  const accepted = views.filter(({ status }) => status === 200);
  expect(ordinary.filter(({ status }) => ![200, 486, 503].includes(status))).toEqual([]);
  const running = () => accepted.filter(({ call }) => !call!.dialog.ended.aborted);
  await until(() => running().length === 32, patience);
  expect(urgent.every(({ call }) => !call!.dialog.ended.aborted)).toBe(true);
  await until(() => running().every(({ receiver }) => receiver.frames.length > 3), patience);
  expect(running().flatMap(({ receiver }) => receiver.complaints)).toEqual([]);
  // Those that come in the next second are taken again, once there is room.
  await Promise.all(views.map((one) => one[Symbol.asyncDispose]()));
  await until(async () => (await school.receivers()) === 0, patience);
  await until(() => school.registrar.endpoint.ledger.dialogs === 0, patience);
  await using again = await view(school);
  expect(again.status).toBe(200);
});

test('a flood of 1,000 PTZ commands: the newest wins, every stop that nothing follows is the last that the camera hears, and it is not flooded', {
  timeout: patience,
}, async () => {
  const done: { readonly op: string; readonly pan: number | undefined; readonly at: number }[] = [];
  await using school = await liveSchool({
    obey: async ({ command }) => {
      done.push({ op: command.op, pan: 'pan' in command ? command.pan : undefined, at: performance.now() });
      await systemClock.sleep(millis(2));
      return { ok: true };
    },
  });
  await using call = await view(school, { transport: 'tcp-active' });
  await until(() => call.receiver.frames.length > 5, patience);
  done.length = 0;
  const dice = diceFrom(7);
  const still = { toward: 0, speed: 0 } as const;
  const steer = (speed: number) =>
    school.registrar.tell({
      ...{ root: 'Control', cmdType: 'DeviceControl', sn: 1, deviceId: codeOf('gate') },
      content: {
        commands: [
          { name: 'PTZCmd', value: writePtz(speed === 0 ? { kind: 'stop' } : { kind: 'move', pan: { toward: 1, speed }, tilt: still, zoom: still }) },
        ],
      },
    });
  const began = performance.now();
  const answers = [];
  /** Of stops, and then nothing for a while that a movement which waits would not outlast. */
  let rests = 0;
  // No more at once than the kernel keeps.
  for (let count = 0; count < 999; count += 37) {
    answers.push(...(await Promise.all(Array.from({ length: 36 }, () => steer(dice.roll() < 0.1 ? 0 : dice.between(30, 200))))));
    answers.push(await steer(0));
    await until(() => done.at(-1)?.op === 'ptz-stop', patience);
    if (dice.roll() < 0.3) {
      rests += 1;
      await systemClock.sleep(millis(150));
      expect(done.at(-1)?.op).toBe('ptz-stop');
    }
  }
  expect(rests).toBeGreaterThan(3);
  answers.push(await steer(255));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  await until(() => done.at(-1)?.pan === 1, patience);
  const moves = done.filter(({ op }) => op === 'ptz-move');
  expect(moves.length).toBeLessThanOrEqual((performance.now() - began) / 100 + 2);
  expect(done.length).toBeLessThan(500);
  expect(Math.min(...moves.slice(1).map(({ at }, index) => at - moves[index]!.at))).toBeGreaterThan(90);
  await steer(0);
  await until(() => done.at(-1)?.op === 'ptz-stop', patience);
  await systemClock.sleep(millis(150));
  expect(done.at(-1)?.op).toBe('ptz-stop');
  const frames = call.receiver.frames.length;
  await until(() => call.receiver.frames.length > frames + 10, patience);
  expect(call.receiver.complaints).toEqual([]);
});

/** Bytes. */
const mostHeld = 64 * 1024;
/** By so much the heap of the whole process, of which each is a twentieth, is never twice the same. */
const breath = 1_024;

test('of a message at most 64 KiB are held while it is remembered, waiting or unfinished, nothing once it is over, and more would be found out', {
  timeout: 2 * patience,
}, async () => {
  const program = fileURLToPath(new URL('../support/held-child.ts', import.meta.url));
  const { code, output, errors } = await runProgram(
    process.execPath,
    ['--expose-gc', '--no-opt', '--no-sparkplug', '--import', 'tsx', program],
    2 * patience,
  );
  expect(code, errors).toBe(0);
  const { held, left }: Weighed = JSON.parse(output);
  expect(held).toHaveLength(9);
  expect(Math.max(...held.map(({ message }) => message))).toBeGreaterThan(65_500);
  expect(held.flatMap(({ buffers = 0 }) => (buffers > mostHeld ? [buffers] : []))).toEqual([]);
  expect(
    held.filter(({ each }) => each > mostHeld + breath).map(({ kind }) => kind),
    JSON.stringify(held),
  ).toEqual(['hoarded']);
  expect(left).toBeLessThan(8);
});
