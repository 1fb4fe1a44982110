/** What every uplink must do, whatever it speaks. Run against the simulated police side, over real sockets. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../gateway/domain/delivery.ts';
import { eventIdFrom, uplinkId } from '../../gateway/domain/ids.ts';
import { instant, millis, seconds } from '../../gateway/domain/time.ts';
import type { Uplink, UplinkContext } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { supervise } from '../../gateway/runtime/supervise.ts';
import type { LedgerRow } from '../../simulators/platform/ledger.ts';
import { type PoliceSimulator, runPoliceSimulator } from '../../simulators/platform/simulator.ts';
import { freePorts } from '../support/free-ports.ts';

export const sharedSecret = 'a key that both sides know';
/** A box that owes three events and has one refused; what it is not asked for it has not. */
export const context = {
  clock: systemClock,
  log: silentLogger,
  door: {
    inventory: { current: () => ({ campus: { id: 'no-3-school' } }) },
    journal: { backlog: () => ({ pending: 3, refused: 1, oldest: instant(1_760_000_000_000) }) },
    box: { version: '0.1.0', startedAt: instant(1_760_000_000_000) },
  } as unknown as UplinkContext['door'],
};

export interface UplinkContract {
  readonly name: string;
  /** An uplink with these settings that points at this police side; its timeout is far longer than a test lasts unless they say so. */
  create(police: PoliceSimulator, settings?: { readonly timeout: number }): Uplink;
  readonly path: LedgerRow['path'];
  readonly proof: string;
  /** What the far side's refusal looks like here; MQTT 3.1.1 has no words for it. */
  readonly refusal: 'DELIVERY_REFUSED' | 'DELIVERY_UNANSWERED';
}

export function deliveryOf(changes: Readonly<Record<string, unknown>> = {}): Delivery {
  const id = eventIdFrom(Date.now(), randomBytes(10));
  const event = { id, campus: 'no-3-school', kind: 'alarm.raised', panel: 'gate', zone: 'zone-3', type: 'panic.silent', drill: false, ...changes };
  return {
    uplink: uplinkId('police'),
    event: id,
    position: 1,
    journalledAt: instant(Date.now()),
    body: JSON.stringify({ version: 1, position: 1, journalledAt: '2026-11-24T08:00:00.000Z', event, note: '紧急报警 — "quoted" \\ 🚨' }),
    kind: 'alarm.raised',
    lane: 'gate/zone-3',
    rank: 0,
    attempts: 0,
  };
}

export async function policeSide(): Promise<PoliceSimulator> {
  // It may go down and come back.
  const [web = 0, broker = 0] = await freePorts(2);
  return runPoliceSimulator({
    webhook: { listen: { address: '127.0.0.1', port: web } },
    mqtt: { listen: { address: '127.0.0.1', port: broker }, username: 'school', password: sharedSecret },
    ledger: 'memory',
    hmacKey: sharedSecret,
    clock: systemClock,
    log: silentLogger,
  });
}

/** Tries until the uplink takes it, as the dispatcher does. */
export async function untilDelivered(uplink: Uplink, delivery: Delivery): Promise<{ readonly proof: string }> {
  for (;;) {
    try {
      return await uplink.deliver(delivery, AbortSignal.timeout(60_000));
    } catch {
      await systemClock.sleep(millis(30));
    }
  }
}

export function uplinkContract(contract: UplinkContract): void {
  describe(`the ${contract.name} uplink`, () => {
    let police: PoliceSimulator;
    let uplink: Uplink;
    let ended: AbortController;
    const lives: Promise<void>[] = [];
    const run = async (made: Uplink) => {
      const often = { first: millis(50), most: millis(100), jitter: 0 };
      lives.push(supervise({ name: 'uplink', clock: systemClock, log: silentLogger, backoff: often }, (signal) => made.run(signal), ended.signal));
      await untilDelivered(made, deliveryOf({ zone: 'warm-up' }));
      return made;
    };

    beforeEach(async () => {
      police = await policeSide();
      ended = new AbortController();
      uplink = await run(contract.create(police));
    });
    afterEach(async () => {
      ended.abort();
      await Promise.all(lives.splice(0));
      await police[Symbol.asyncDispose]();
    });
    const rowsOf = (delivery: Delivery) => police.ledger().filter(({ eventId }) => eventId === delivery.event);
    const soon = () => AbortSignal.timeout(60_000);

    test('resolves with the proof once the platform has the event, byte for byte', async () => {
      const delivery = deliveryOf();
      expect(await uplink.deliver(delivery, soon())).toEqual({ proof: contract.proof });
      expect(rowsOf(delivery)).toMatchObject([{ path: contract.path, body: delivery.body, answer: 'accepted' }]);
      expect(police.alarms()).toContainEqual({ event: delivery.event, panel: 'gate', zone: 'zone-3', type: 'panic.silent', drill: false });
    });

    test('sends the same body and the same event id at every repeat, and the platform counts it once', async () => {
      const delivery = deliveryOf();
      await uplink.deliver(delivery, soon());
      await uplink.deliver({ ...delivery, attempts: 1 }, soon());
      expect(new Set(rowsOf(delivery).map(({ body }) => body))).toEqual(new Set([delivery.body]));
      expect(rowsOf(delivery)).toHaveLength(2);
      expect(police.alarms().filter(({ event }) => event === delivery.event)).toHaveLength(1);
    });

    test('names the refusal of one event, and delivers the next one', async () => {
      const unwanted = deliveryOf({ zone: 'unwanted' });
      police.misbehave({ kind: 'refuse', events: { zone: 'unwanted' } });
      await expect(uplink.deliver(unwanted, soon())).rejects.toMatchObject({ code: contract.refusal });
      await untilDelivered(uplink, deliveryOf());
    });

    test('says that there was no answer within its timeout when the platform keeps silent', async () => {
      ended.abort();
      await Promise.all(lives.splice(0));
      ended = new AbortController();
      const hasty = await run(contract.create(police, { timeout: 1 }));
      police.misbehave({ kind: 'silent' });
      const delivery = deliveryOf();
      const never = new AbortController().signal;
      await expect(hasty.deliver(delivery, never)).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
      expect(rowsOf(delivery)).toMatchObject([{ answer: 'none' }]);
      await police.comeBack();
      await untilDelivered(hasty, delivery);
    });

    test('lets go at once when told to', async () => {
      police.misbehave({ kind: 'silent' });
      const giveUp = new AbortController();
      const delivery = deliveryOf();
      const attempt = uplink.deliver(delivery, giveUp.signal);
      const outcome = expect(attempt).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
      await police.arrival(({ eventId }) => eventId === delivery.event, soon());
      const started = performance.now();
      giveUp.abort();
      await outcome;
      expect(performance.now() - started).toBeLessThan(10_000); // its timeout is 20 s
    });

    test('counts an error of the platform as no answer', async () => {
      police.misbehave({ kind: 'error' });
      await expect(uplink.deliver(deliveryOf(), soon())).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
    });

    test('rejects what was in flight when the platform goes down, and delivers once it is back', async () => {
      police.misbehave({ kind: 'slow', by: seconds(20) });
      const delivery = deliveryOf();
      const attempt = uplink.deliver(delivery, soon());
      const outcome = expect(attempt).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
      await police.arrival(({ eventId }) => eventId === delivery.event, soon());
      await police.down();
      await outcome;
      await expect(uplink.deliver(delivery, soon())).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
      await police.comeBack();
      const seen = rowsOf(delivery).length;
      await untilDelivered(uplink, deliveryOf());
      expect(rowsOf(delivery), 'only the dispatcher repeats a delivery').toHaveLength(seen);
      expect(await untilDelivered(uplink, delivery)).toEqual({ proof: contract.proof });
    });

    test('carries a full window of deliveries at once, and more after it', async () => {
      police.misbehave({ kind: 'slow', by: millis(500) });
      const deliveries = Array.from({ length: uplink.window }, () => deliveryOf());
      const started = performance.now();
      await Promise.all(deliveries.map((delivery) => uplink.deliver(delivery, soon())));
      // One after the other they would take that long each.
      expect(performance.now() - started).toBeLessThan((uplink.window * 500) / 2);
      expect(new Set(police.ledger().map(({ eventId }) => eventId)).size).toBe(uplink.window + 1);
    });
  });
}
