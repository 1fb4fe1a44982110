/** Every uplink of the inventory, kept running: one link and one dispatcher each, begun anew when its settings change. */
import type { UplinkSettings } from '../domain/campus.ts';
import type { Delivery } from '../domain/delivery.ts';
import { type DomainEvent, eventKinds } from '../domain/event.ts';
import type { UplinkId } from '../domain/ids.ts';
import type { Clock, InventoryReader, Logger, Outbox, Uplink } from '../domain/ports.ts';
import { between, type Instant, type Millis, millis, seconds } from '../domain/time.ts';
import { supervise } from '../runtime/supervise.ts';
import { runDispatcher } from './dispatcher.ts';
import { recipients } from './routing.ts';

export interface UplinksOptions {
  readonly inventory: InventoryReader;
  readonly outbox: Outbox;
  /** Throws where the settings are wrong or the secret cannot be read. */
  readonly create: (settings: UplinkSettings) => Uplink;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the far side last acknowledged. */
export interface LastAnswer {
  readonly at: Instant;
  /** Journalled → accepted. */
  readonly took: Millis;
}

export interface Uplinks {
  /** Who is owed this event. */
  recipients(event: DomainEvent): readonly UplinkId[];
  lastAnswer(uplink: UplinkId): LastAnswer | undefined;
  /** Why this uplink does not run at all: its settings are wrong. */
  broken(uplink: UplinkId): string | undefined;
  run(signal: AbortSignal): Promise<void>;
}

const everything = new Set(eventKinds);

/** A link that is lost comes back soon: deliveries wait for it. */
const linkBackoff = { first: millis(500), most: seconds(10), jitter: 0.3 };

interface Running {
  readonly fingerprint: string;
  readonly accepts: Uplink['accepts'];
  end(): Promise<void>;
}

export function openUplinks({ inventory, outbox, create, clock, log }: UplinksOptions): Uplinks {
  const running = new Map<UplinkId, Running>();
  const broken = new Map<UplinkId, { readonly fingerprint: string; readonly sentence: string }>();
  const answers = new Map<UplinkId, LastAnswer>();

  const noting: Outbox = {
    ...outbox,
    acknowledge: async (delivery: Delivery, receipts) => {
      await outbox.acknowledge(delivery, receipts);
      const at = receipts.find(({ hop }) => hop === 'accepted')?.at;
      if (at !== undefined) answers.set(delivery.uplink, { at, took: between(delivery.journalledAt, at) });
    },
  };

  function start(settings: UplinkSettings, fingerprint: string): void {
    let uplink: Uplink;
    try {
      uplink = create(settings);
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      log.error('uplink cannot run', { uplink: settings.id, error });
      broken.set(settings.id, { fingerprint, sentence });
      return;
    }
    broken.delete(settings.id);
    const life = new AbortController();
    const of = log.child({ uplink: uplink.id });
    const lives = Promise.all([
      supervise({ name: `uplink ${uplink.id}`, clock, log, backoff: linkBackoff }, (signal) => uplink.run(signal), life.signal),
      supervise(
        { name: `dispatch ${uplink.id}`, clock, log },
        (signal) =>
          runDispatcher(
            {
              uplink,
              outbox: noting,
              clock,
              log,
              onRefused: (delivery, reason) => of.warn('delivery refused', { event: delivery.event, reason }),
              onAnswered: () => undefined,
            },
            signal,
          ),
        life.signal,
      ),
    ]);
    running.set(uplink.id, {
      fingerprint,
      accepts: uplink.accepts,
      async end() {
        life.abort();
        await lives;
      },
    });
  }

  /** Starts, ends and restarts until what runs is what the inventory says. */
  async function align(): Promise<void> {
    const wanted = new Map(
      inventory
        .current()
        .uplinks.filter(({ enabled }) => enabled)
        .map((settings) => [settings.id, settings]),
    );
    for (const [id, { fingerprint, end }] of running) {
      const settings = wanted.get(id);
      if (settings && fingerprintOf(settings) === fingerprint) continue;
      running.delete(id);
      await end();
    }
    for (const id of broken.keys()) if (!wanted.has(id)) broken.delete(id);
    for (const settings of wanted.values()) {
      const fingerprint = fingerprintOf(settings);
      if (!running.has(settings.id) && broken.get(settings.id)?.fingerprint !== fingerprint) start(settings, fingerprint);
    }
  }

  return {
    recipients: (event) =>
      recipients(
        event,
        // One that cannot run is owed all the same: it will be mended, and then everything must come.
        inventory.current().uplinks.map(({ id, enabled }) => ({ id, enabled, accepts: running.get(id)?.accepts ?? everything })),
      ),
    lastAnswer: (uplink) => answers.get(uplink),
    broken: (uplink) => broken.get(uplink)?.sentence,
    async run(signal) {
      try {
        await align();
        for await (const _changed of inventory.changes(signal)) await align();
      } finally {
        await Promise.all([...running.values()].map(({ end }) => end()));
        running.clear();
      }
    },
  };
}

function fingerprintOf({ name: _name, secret, ...settings }: UplinkSettings): string {
  return JSON.stringify([settings, secret?.readable ? secret.reveal() : 'unreadable']);
}
