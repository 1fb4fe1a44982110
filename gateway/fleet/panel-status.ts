/** What the fleet knows of each panel just now; kept in memory, `unknown` after a start until the panel proves otherwise. */
import type { PanelStatus } from '../domain/health.ts';
import type { PanelId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports.ts';
import type { ArmMode, Report, TroubleCode } from '../domain/report.ts';
import { type Instant, type Millis, millis } from '../domain/time.ts';
import { Mailbox } from '../runtime/mailbox.ts';
import { rememberedAt } from '../runtime/steady-time.ts';

type Trouble = PanelStatus['troubles'][number];

/** What a dialect needs to tell a live message from one that waited. */
export interface Contact {
  readonly connectedAt?: Instant;
  readonly clockOffset?: Millis;
  readonly queued?: number;
  readonly disarmed?: boolean;
  readonly learned: Map<string, string>;
}

/** The same, with times that bear it when the box's clock is set: a live panic must not become history by that. */
interface Kept {
  connectedAt?: () => Instant;
  beat?: { readonly deviceTime: Instant; readonly receivedAt: () => Instant };
  queued?: number;
  disarmed?: boolean;
  readonly learned: Map<string, string>;
}

/** Nothing where no partition is known. */
const disarmedIn = (armed: ReadonlyMap<string, string>): Pick<Kept, 'disarmed'> =>
  armed.size === 0 ? {} : { disarmed: [...armed.values()].every((mode) => mode === 'disarmed') };

const contactOf = ({ connectedAt, beat, queued, disarmed, learned }: Readonly<Kept>): Contact => ({
  learned,
  ...(queued === undefined ? {} : { queued }),
  ...(disarmed === undefined ? {} : { disarmed }),
  ...(connectedAt === undefined ? {} : { connectedAt: connectedAt() }),
  ...(beat === undefined ? {} : { clockOffset: millis(beat.deviceTime - beat.receivedAt()) }),
});

/** More than the largest panel has; a broken one cannot fill the memory with more than this. */
const mostLearned = 2_048;

interface Standing {
  session: PanelStatus['session'];
  announced: PanelStatus['announced'];
  since: Instant;
  heardAt?: () => Instant;
  testedAt?: () => Instant;
  readonly contact: Kept;
  readonly troubles: Map<string, Trouble>;
  readonly armed: Map<string, string>;
}

export interface PanelStatuses {
  of(panel: PanelId): PanelStatus;
  contact(panel: PanelId): Readonly<Contact>;
  session(panel: PanelId, state: 'connected' | 'disconnected'): void;
  /** A live message came, readable or not. */
  heard(panel: PanelId, at: Instant): void;
  /** Takes in a report; a retained one is old news and proves no life. */
  note(panel: PanelId, report: Report, arrival: { readonly receivedAt: Instant; readonly retained: boolean }): void;
  trouble(panel: PanelId, code: TroubleCode, zone: string | undefined, active: boolean): void;
  /** Forgets panels that left the inventory. */
  keep(panels: ReadonlySet<PanelId>): void;
  /** Each status that changed, as it changes; hearing a panel again is no change. */
  changes(signal: AbortSignal): AsyncIterable<PanelStatus>;
}

/** Of the journal, at our start: the only memory that survives one. */
export interface PanelsBefore {
  /** When each panel last sent its own test. */
  readonly tested: ReadonlyMap<PanelId, Instant>;
  /** How each partition was last seen to be armed. */
  readonly armed: ReadonlyMap<PanelId, ReadonlyMap<string, ArmMode>>;
}

export function openPanelStatuses(clock: Clock, { tested, armed: armedBefore }: PanelsBefore): PanelStatuses {
  const standings = new Map<PanelId, Standing>();
  const followers = new Set<Mailbox<PanelStatus>>();

  const standing = (panel: PanelId): Standing => {
    const known = standings.get(panel);
    if (known) return known;
    const before = tested.get(panel);
    const fresh: Standing = {
      session: 'unknown',
      announced: 'unknown',
      since: clock.now(),
      contact: { learned: new Map(), ...disarmedIn(armedBefore.get(panel) ?? new Map()) },
      troubles: new Map(),
      armed: new Map(),
      ...(before === undefined ? {} : { testedAt: rememberedAt(clock, before) }),
    };
    standings.set(panel, fresh);
    return fresh;
  };

  const of = (panel: PanelId): PanelStatus => {
    const now = standing(panel);
    return {
      panel,
      session: now.session,
      announced: now.announced,
      since: now.since,
      troubles: [...now.troubles.values()],
      armed: Object.fromEntries(now.armed),
      ...(now.heardAt === undefined ? {} : { heardAt: now.heardAt() }),
      ...(now.testedAt === undefined ? {} : { testedAt: now.testedAt() }),
      ...(now.contact.queued === undefined ? {} : { queued: now.contact.queued }),
    };
  };

  const changed = (panel: PanelId) => {
    for (const follower of followers) follower.push(of(panel));
  };

  const announce = (panel: PanelId, announced: PanelStatus['announced']) => {
    const now = standing(panel);
    if (now.announced === announced) return;
    now.announced = announced;
    now.since = clock.now();
    changed(panel);
  };

  const trouble: PanelStatuses['trouble'] = (panel, code, zone, active) => {
    const { troubles } = standing(panel);
    const key = `${code}|${zone ?? ''}`;
    if (troubles.has(key) === active) return;
    if (active) troubles.set(key, { code, ...(zone === undefined ? {} : { zone }), since: clock.now() });
    else troubles.delete(key);
    changed(panel);
  };

  const alive = (
    panel: PanelId,
    report: Extract<Report, { kind: 'alive' }>,
    { receivedAt, retained }: { receivedAt: Instant; retained: boolean },
  ) => {
    const { contact, announced } = standing(panel);
    if (report.test && !retained) standing(panel).testedAt = rememberedAt(clock, receivedAt);
    // A counted message may have waited in the panel: it proves nothing about now.
    if (report.sequence !== undefined) return;
    announce(panel, report.online ? 'online' : 'offline');
    if (retained) return;
    // A birth message after an absence: what the panel tells from here on with an older time waited in it.
    if (report.online && announced !== 'online') contact.connectedAt ??= rememberedAt(clock, receivedAt);
    if (!report.online) delete contact.connectedAt;
    if (report.deviceTime !== undefined) contact.beat = { deviceTime: report.deviceTime, receivedAt: rememberedAt(clock, receivedAt) };
    if (report.queued !== undefined) contact.queued = report.queued;
  };

  return {
    of,
    contact: (panel) => contactOf(standing(panel).contact),
    session: (panel, state) => {
      const now = standing(panel);
      if (state === 'connected') now.contact.connectedAt = rememberedAt(clock);
      else delete now.contact.connectedAt;
      if (now.session === state) return;
      now.session = state;
      now.since = clock.now();
      // The connection itself contradicts an old last will.
      if (state === 'connected' && now.announced === 'offline') now.announced = 'unknown';
      changed(panel);
    },
    heard: (panel, at) => {
      standing(panel).heardAt = rememberedAt(clock, at);
    },
    note: (panel, report, arrival) => {
      switch (report.kind) {
        case 'alive':
          return alive(panel, report, arrival);
        case 'trouble':
          return trouble(panel, report.code, report.zone, report.active);
        case 'arming': {
          const { armed } = standing(panel);
          if (armed.get(report.partition) === report.mode) return;
          armed.set(report.partition, report.mode);
          // A partition that has not been heard since our start is as it was.
          Object.assign(standing(panel).contact, disarmedIn(new Map([...(armedBefore.get(panel) ?? []), ...armed])));
          return changed(panel);
        }
        case 'learned': {
          const { learned } = standing(panel).contact;
          if (learned.size < mostLearned || learned.has(report.key)) learned.set(report.key, report.value);
          return;
        }
        case 'zone':
        case 'response':
          return;
      }
    },
    trouble,
    keep: (panels) => {
      for (const panel of standings.keys()) if (!panels.has(panel)) standings.delete(panel);
    },
    async *changes(signal) {
      const follower = new Mailbox<PanelStatus>();
      followers.add(follower);
      try {
        yield* follower.take(signal);
      } finally {
        followers.delete(follower);
      }
    },
  };
}
