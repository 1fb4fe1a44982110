/** Every uplink of the inventory, kept running: one link and one dispatcher each, begun anew when its settings change. */
import type { UplinkSettings } from '../domain/campus.ts';
import type { FarCertificate } from '../domain/certificate.ts';
import type { Backlog, Delivery } from '../domain/delivery.ts';
import { GatewayError } from '../domain/errors.ts';
import { type DomainEvent, toldKinds } from '../domain/event.ts';
import type { LinkStatus } from '../domain/health.ts';
import type { UplinkId } from '../domain/ids.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { Clock, InventoryReader, Logger } from '../domain/ports.ts';
import { type Instant, type Millis, millis, seconds } from '../domain/time.ts';
import type { Uplink, UplinkExamination } from '../domain/uplink-ports.ts';
import { linked } from '../runtime/linked.ts';
import { supervise } from '../runtime/supervise.ts';
import type { Acceptance } from './attempt.ts';
import { runDispatcher } from './dispatcher.ts';
import type { UplinkMemories } from './memories.ts';
import { openPathSigns } from './path-signs.ts';
import { recipients } from './routing.ts';
import { openStandIns } from './stand-ins.ts';
import { mustHave } from './undelivered.ts';

export interface UplinksOptions {
  readonly inventory: InventoryReader;
  readonly outbox: Outbox;
  readonly memories: Pick<UplinkMemories, 'keepOnly'>;
  backlog(uplink: UplinkId): Backlog;
  /** Throws where the settings are wrong or the secret cannot be read. */
  readonly create: (settings: UplinkSettings) => Uplink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each acceptance while it is on its way into the journal, as the dispatcher does. Must not throw. */
  readonly onAccepted?: (delivery: Delivery) => void;
}

/** What the far side last acknowledged. */
export interface LastAnswer {
  readonly at: Instant;
  /** Sent → accepted. */
  readonly took: Millis;
}

export interface Uplinks {
  /** Who is owed this event. */
  recipients(event: DomainEvent): readonly UplinkId[];
  /** Since the start; absent: it has acknowledged nothing yet. */
  lastAnswer(uplink: UplinkId): LastAnswer | undefined;
  /** Why this uplink does not run at all: its settings are wrong. */
  broken(uplink: UplinkId): string | undefined;
  /** For whom it stands in just now. */
  standsInFor(uplink: UplinkId): readonly UplinkId[];
  /** How its link stands; undefined: it keeps none, or does not run. */
  link(uplink: UplinkId): LinkStatus | undefined;
  /** What the far side showed last by TLS; undefined: nothing, or it does not run. */
  certificate(uplink: UplinkId): FarCertificate | undefined;
  /** Throws NOT_FOUND where it does not run, COMMAND_UNSUPPORTED where it has no doctor. */
  examine(uplink: UplinkId, signal: AbortSignal): Promise<UplinkExamination>;
  run(signal: AbortSignal): Promise<void>;
}

const everything = new Set(toldKinds);

/** A link that is lost comes back soon: deliveries wait for it. */
const linkBackoff = { first: millis(500), most: seconds(10), jitter: 0.3 };

/** What the settings of one uplink came to. */
type Made = { readonly settings: UplinkSettings; readonly fingerprint: string } & ({ readonly uplink: Uplink } | { readonly broken: string });

interface Running {
  readonly fingerprint: string;
  readonly uplink: Uplink;
  end(): Promise<void>;
}

export function openUplinks({ inventory, outbox, memories, create, clock, log, backlog, onAccepted }: UplinksOptions): Uplinks {
  const made = new Map<UplinkId, Made>();
  const running = new Map<UplinkId, Running>();
  const answers = new Map<UplinkId, LastAnswer>();
  const signs = openPathSigns(clock);

  /** Made once for the same settings, whether it runs yet or not: what it accepts must be known from the first event on. */
  function make(settings: UplinkSettings): Made {
    const known = made.get(settings.id);
    if (known?.settings === settings) return known; // asked with each event; an entry of the inventory is replaced when it changes
    const fingerprint = fingerprintOf(settings);
    const fresh = known?.fingerprint === fingerprint ? { ...known, settings } : { settings, fingerprint, ...created(settings) };
    made.set(settings.id, fresh);
    return fresh;
  }

  function created(settings: UplinkSettings): { readonly uplink: Uplink } | { readonly broken: string } {
    try {
      return { uplink: create(settings) };
    } catch (error) {
      log.error('uplink cannot run', { uplink: settings.id, error });
      return { broken: error instanceof Error ? error.message : String(error) };
    }
  }

  const accepted = (delivery: Delivery, { acceptedAt: at, took }: Acceptance) => {
    answers.set(delivery.uplink, { at, took });
    signs.answered(delivery.uplink);
    onAccepted?.(delivery);
  };
  const standIns = openStandIns({
    ...{ outbox, clock, log },
    paths: () =>
      inventory
        .current()
        .uplinks.filter(({ enabled }) => enabled)
        .map((settings) => {
          const { id, role = 'primary' } = settings;
          const result = make(settings);
          const accepts = 'uplink' in result ? result.uplink.accepts : everything;
          return { id, role, accepts, broken: 'broken' in result, ...signs.of(id, running.get(id)?.uplink.link(), backlog(id).oldestAlarm) };
        }),
  });

  function start(uplink: Uplink, fingerprint: string): void {
    signs.silence(uplink.id, false); // with other settings it may answer
    const life = new AbortController();
    const lives = Promise.all([
      supervise({ name: `uplink ${uplink.id}`, clock, log, backoff: linkBackoff }, (signal) => uplink.run(signal), life.signal),
      supervise(
        { name: `dispatch ${uplink.id}`, clock, log },
        (signal) =>
          runDispatcher({ uplink, outbox, clock, log, onAccepted: accepted, onSilence: (silent) => signs.silence(uplink.id, silent) }, signal),
        life.signal,
      ),
    ]);
    running.set(uplink.id, {
      fingerprint,
      uplink,
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
    for (const id of made.keys()) if (!wanted.has(id)) made.delete(id);
    // Of one that is switched off all is kept: its far side still shows what it was told.
    const all = new Set(inventory.current().uplinks.map(({ id }) => id));
    await memories.keepOnly(all).catch((error: unknown) => log.warn('uplinks not forgotten', { error }));
    for (const settings of wanted.values()) {
      const result = make(settings);
      if ('uplink' in result && !running.has(settings.id)) start(result.uplink, result.fingerprint);
    }
  }

  return {
    recipients: (event) => {
      const { uplinks } = inventory.current();
      const needed = mustHave(uplinks);
      return recipients(
        event,
        uplinks.map((settings) => {
          if (!settings.enabled) return { id: settings.id, enabled: false, standsBy: false, accepts: everything };
          const result = make(settings);
          const standsBy = settings.role === 'backup' && !needed.includes(settings);
          // One that cannot run is owed all the same: it will be mended, and then everything must come.
          return { id: settings.id, enabled: true, standsBy, accepts: 'uplink' in result ? result.uplink.accepts : everything };
        }),
      );
    },
    standsInFor: (uplink) => standIns.standsInFor(uplink),
    lastAnswer: (uplink) => answers.get(uplink),
    broken: (uplink) => {
      const settings = inventory.current().uplinks.find(({ id }) => id === uplink);
      const result = settings?.enabled ? make(settings) : undefined;
      return result && 'broken' in result ? result.broken : undefined;
    },
    link: (uplink) => running.get(uplink)?.uplink.link(),
    certificate: (uplink) => running.get(uplink)?.uplink.certificate?.(),
    async examine(id, signal) {
      const found = running.get(id);
      if (found) return found.uplink.examine(signal);
      throw new GatewayError('NOT_FOUND', `Uplink ${id} does not run: there is none, it is switched off, or its settings are wrong.`, {
        context: { uplink: id },
      });
    },
    async run(signal) {
      using life = linked(signal);
      const standing = standIns.run(life.signal);
      try {
        // Followed before the first look, so that nothing that changes meanwhile is missed.
        const changes = inventory.changes(signal);
        await align();
        for await (const _changed of changes) await align();
      } finally {
        life.abort();
        await standing;
        await Promise.all([...running.values()].map(({ end }) => end()));
        running.clear();
      }
    },
  };
}

function fingerprintOf({ name: _name, role: _role, secret, ...settings }: UplinkSettings): string {
  return JSON.stringify([settings, secret?.readable ? secret.reveal() : 'unreadable']);
}
