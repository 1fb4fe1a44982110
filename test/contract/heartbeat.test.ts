/** The city side can supervise us, and we it: heartbeats over real sockets, by a clock that the test drives. */
import { expect, onTestFinished, test } from 'vitest';
import type { HeartbeatBody } from '../../adapters/uplink-heartbeat.ts';
import { mqtt } from '../../adapters/uplinks/mqtt.ts';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { Uplink, UplinkContext } from '../../gateway/domain/uplink-ports.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { supervise } from '../../gateway/runtime/supervise.ts';
import type { PoliceSimulator } from '../../simulators/platform/simulator.ts';
import { eventually } from '../support/eventually.ts';
import { context, policeSide, sharedSecret } from './uplink.ts';

const entry = { id: uplinkId('police'), name: 'police', settings: {}, secret: new Secret(sharedSecret), enabled: true };
const made: Readonly<Record<string, (police: PoliceSimulator, every: number, around: UplinkContext) => Uplink>> = {
  webhook: (police, heartbeatSeconds, around) =>
    webhook.create({ ...entry, adapter: 'webhook' }, webhook.config.parse({ url: police.webhook!.url, timeout: 2, heartbeatSeconds }), around),
  mqtt: (police, heartbeatSeconds, around) =>
    mqtt.create(
      { ...entry, adapter: 'mqtt' },
      mqtt.config.parse({ url: police.mqtt!.url, username: 'school', timeout: 2, heartbeatSeconds }),
      around,
    ),
};

async function beating(name: string, every: number) {
  const police = await policeSide();
  const clock = new ManualClock();
  const uplink = made[name]!(police, every, { ...context, clock });
  const ended = new AbortController();
  const often = { first: millis(50), most: millis(100), jitter: 0 };
  const life = supervise({ name: 'uplink', clock: systemClock, log: silentLogger, backoff: often }, (signal) => uplink.run(signal), ended.signal);
  onTestFinished(async () => {
    ended.abort();
    await life;
    await police[Symbol.asyncDispose]();
  });
  return {
    ...{ police, uplink, clock },
    beats: () => police.ledger().map(({ body, answer }) => ({ ...(JSON.parse(body) as HeartbeatBody), answer })),
    /** Quarters of a second until it is so; how many seconds that were. */
    async until(claim: () => boolean, most = 90): Promise<number> {
      const from = clock.now();
      while (!claim()) {
        if (clock.now() - from > most * 1_000) throw new Error(`not within ${most} s: ${claim}`);
        await clock.advance(millis(250));
        await systemClock.sleep(millis(10));
      }
      return (clock.now() - from) / 1_000;
    },
  };
}

test.each(Object.keys(made))(
  '%s: each has its number and what is owed; a far side that falls silent is found within a minute, and told of it',
  async (name) => {
    const here = await beating(name, 20);
    await eventually(() => expect(here.uplink.link()?.state).toBe('up'));
    await here.until(() => here.beats().length === 2);
    const [first, second] = here.beats();
    expect(first).toMatchObject({
      version: 1,
      kind: 'heartbeat',
      campus: 'no-3-school',
      uplink: 'police',
      sequence: 1,
      every: 20,
      pending: 3,
      refused: 1,
    });
    expect(first).not.toHaveProperty('silence');
    expect(second?.sequence).toBe(2);
    expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBe(20_000);
    here.police.misbehave({ kind: 'silent' });
    expect(await here.until(() => here.uplink.link()?.state === 'down')).toBeLessThanOrEqual(50);
    expect(here.uplink.link()?.sentence?.zh).toBe('警务平台不应答心跳。');
    const unanswered = here.beats().filter(({ answer }) => answer === 'none').length;
    await here.police.comeBack();
    await here.until(() => here.uplink.link()?.state === 'up');
    const last = here.beats().at(-1);
    expect(last?.silence?.missed).toBeGreaterThanOrEqual(unanswered);
    expect(Date.parse(last?.silence?.answeredAt ?? '')).toBeGreaterThanOrEqual(Date.parse(second?.at ?? ''));
    expect(here.beats().map(({ sequence }) => sequence)).toEqual(here.beats().map((_, index) => index + 1));
  },
  60_000,
);

test.each(Object.keys(made))(
  '%s: none is sent unless it is asked for, and then the way says nothing of itself',
  async (name) => {
    const here = await beating(name, 0);
    await here.clock.advance(seconds(120));
    await systemClock.sleep(millis(300));
    expect(here.beats()).toEqual([]);
    expect(here.uplink.link()).toBeUndefined();
  },
  30_000,
);
