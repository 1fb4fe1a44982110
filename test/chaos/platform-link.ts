/**
 * A narrow link to the police platform (packets of 1,300 bytes, 2 Mbit/s), which is cut and mended again and again: either end in a network namespace of
 * its own, for within one the kernel takes the short way. In real time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import type { PlayTransport } from '../../simulators/platform/gb28181/live/door.ts';
import { codeOf, codes, liveBox } from '../support/gb-live.ts';
import { server } from '../support/gb-registrar.ts';
import { type Figure, figuresOf, mostOf, randomFrom } from '../support/measure-figures.ts';
import { ip, narrow } from './ip.ts';
import type { NamespaceOrder } from './namespace.ts';

export const policeDevice = 'police0';
export const policeAddress = '10.213.9.1';
const [ourDevice, ourAddress] = ['box0', '10.213.9.2'];
const transports: readonly PlayTransport[] = ['udp', 'tcp-passive', 'tcp-active'];

export interface PoliceAnswers {
  readonly listen: { readonly port: number };
  /** When it last heard of the device, which is online; else 0. */
  readonly look: { readonly heard: number };
  readonly show: { readonly shown: boolean; readonly broken: number; readonly lost: number };
  readonly catalogue: { readonly items: number };
}

export interface PoliceQuestion {
  readonly what: keyof PoliceAnswers;
  readonly channel: string;
  readonly transport: PlayTransport;
}

export async function linkCourse({ runs, seed }: NamespaceOrder): Promise<readonly Figure[]> {
  const random = randomFrom(seed);
  await using police = await openPolice();
  const { port } = await police.ask('listen');
  const figures: Figure[] = [];
  for (const transport of ['udp', 'tcp'] as const) {
    const platform = { code: server, address: policeAddress, port };
    const settings = { transport, platform, local: { interface: ourDevice, port: 0 } };
    // 25 a second: the view nearly fills the link.
    await using box = await liveBox({ port }, { camera: { fillerBytes: 7_000 }, settings });
    const heardSince = async (since: number) => box.box.uplink.link()?.state === 'up' && (await police.ask('look')).heard >= since;
    await until(() => heardSince(1), minutes(1));
    const again: number[] = [];
    const counts = { never: 0, dark: 0, broken: 0, lost: 0 };
    for (let run = 0; run < runs; run += 1) {
      ip('link', 'set', ourDevice, 'down');
      await clock.sleep(seconds(random() < 0.3 ? 1 : 5 + random() * 55));
      ip('link', 'set', ourDevice, 'up');
      const mended = clock.now();
      if (await until(() => heardSince(mended), minutes(3))) again.push((clock.now() - mended) / 1_000);
      else counts.never += 1;
      const { shown, broken, lost } = await police.ask('show', transports[run % transports.length]);
      counts.dark += shown ? 0 : 1;
      counts.broken += broken;
      counts.lost += lost;
    }
    const { items } = await police.ask('catalogue');
    figures.push(
      ...figuresOf({ test: `chaos platform-link, ${transport.toUpperCase()}`, dose: `${runs} cuts, MTU 1300, 2 Mbit/s`, seed }, [
        { metric: 'not heard again within 3 minutes', value: counts.never, unit: 'count', limit: 0 },
        { metric: 'registered and heard again after, most', value: mostOf(again), unit: 's', limit: 90 },
        { metric: 'views afterwards that showed nothing', value: counts.dark, unit: 'count', limit: 0 },
        { metric: 'rules that packets broke', value: counts.broken, unit: 'count', limit: 0 },
        { metric: 'packets that the link lost', value: counts.lost, unit: 'count' },
        { metric: 'channels missing in the catalogue', value: codes.length - items, unit: 'count', limit: 0 },
      ]),
    );
  }
  return figures;
}

/** At the other end of the cable. */
async function openPolice() {
  const child = fileURLToPath(new URL('./link-police.ts', import.meta.url));
  const running = spawn('unshare', ['--net', process.execPath, '--import', 'tsx', child], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const gone = once(running, 'exit').then(() => {
    throw new Error('The police side is gone.');
  });
  gone.catch(() => undefined);
  const heard = async <Answer>(): Promise<Answer> => {
    const [{ answer, problem }] = (await Promise.race([once(running, 'message'), gone])) as [{ answer: Answer; problem?: string }];
    if (problem !== undefined) throw new Error(`The police side failed: ${problem}`);
    return answer;
  };
  await heard();
  ip('link', 'add', policeDevice, 'type', 'veth', 'peer', 'name', ourDevice);
  ip('link', 'set', policeDevice, 'netns', String(running.pid));
  narrow(ourDevice, ourAddress);
  return {
    ask<What extends keyof PoliceAnswers>(what: What, transport: PlayTransport = 'udp'): Promise<PoliceAnswers[What]> {
      const answer = heard<PoliceAnswers[What]>();
      running.send({ what, channel: codeOf('gate'), transport } satisfies PoliceQuestion);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      running.disconnect();
      await gone.catch(() => undefined);
    },
  };
}

async function until(claim: () => Promise<boolean>, within: Millis): Promise<boolean> {
  const limit = clock.monotonic() + within;
  while (!(await claim())) {
    if (clock.monotonic() > limit) return false;
    await clock.sleep(seconds(0.1));
  }
  return true;
}
