/** Keeps what an alarm is shown with. Follows the journal: an alarm never waits for its pictures. */
import { mkdir, readdir, readFile, statfs, unlink } from 'node:fs/promises';
import { lifeOf } from '../domain/alarm-life.ts';
import type { AlarmRaised, DomainEvent } from '../domain/event.ts';
import { type Evidence, type EvidenceFact, type EvidenceReader, evidenceName, evidencePath, type PassQuery } from '../domain/evidence.ts';
import type { EventId, EvidenceId, UplinkId } from '../domain/ids.ts';
import type { StreamProfile } from '../domain/media.ts';
import type { Clock, Journal, Logger, MediaPlane } from '../domain/ports.ts';
import { between, hours, type Millis, seconds } from '../domain/time.ts';
import { finished } from '../runtime/growing-file.ts';
import { Clips } from './clips.ts';
import type { Passes } from './passes.ts';
import { type StillParts, Stills } from './stills.ts';
import { EvidenceStore, type StoreLimits } from './store.ts';
import { type Wish, windowOf } from './verdict.ts';
import { evidenceOf } from './view.ts';

export interface EvidenceSettings extends StoreLimits {
  /** How much of a clip is before the press, and how much after it. */
  readonly before: Millis;
  readonly after: Millis;
  readonly profile: StreamProfile;
  /** Clips have it, where the camera sends any. */
  readonly sound: boolean;
}

export interface EvidenceParts {
  /** Made with mode 0700 if it is missing. */
  readonly folder: string;
  readonly settings: EvidenceSettings;
  readonly journal: Pick<Journal, 'follow' | 'read'>;
  readonly tell: (fact: EvidenceFact) => Promise<void>;
  readonly media: Pick<MediaPlane, 'prepare' | 'mendRecording'>;
  readonly snapshots: StillParts['snapshots'];
  readonly passes: Passes;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface EvidenceKeeper {
  /** Until aborted; returns when what was begun is finished. */
  run(signal: AbortSignal): Promise<void>;
  /** All that was announced of an alarm, as it stands; undefined: there is no such alarm. */
  of(alarm: EventId): readonly Evidence[] | undefined;
  /** Undefined: there is no such file, or not any more. */
  file(evidence: EvidenceId): { readonly path: string; readonly growing: boolean } | undefined;
  /** The whole of a file that is finished, in memory: for stills. */
  read(evidence: EvidenceId): Promise<Uint8Array | undefined>;
  /** Somebody looks at it. */
  fetched(evidence: EvidenceId, by: EvidenceReader): Promise<void>;
  pass: Passes['issue'];
  /** To whom it was issued; undefined: it is not good. */
  holder(evidence: string, pass: PassQuery): UplinkId | undefined;
  figures(): { readonly bytes: number; readonly files: number; readonly recording: number };
}

const sweepEvery = hours(1);
/** Alarms that are looked at after a start, for evidence that nobody began. */
const lookBack = 200;
/** What the media worker needs to finish its files when the gateway stops. */
const patience = seconds(5);

export function openEvidence(parts: EvidenceParts): EvidenceKeeper {
  const { folder, settings, journal, passes, tell, clock, log } = parts;
  const { read } = journal;
  const { profile, sound } = settings;
  const store = new EvidenceStore({
    ...{ folder, limits: settings, clock, log, tell },
    isOpen: (alarm) => {
      const record = read.alarm(alarm);
      return record !== undefined && ['received', 'verifying'].includes(lifeOf(record, record.life).state);
    },
    free: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  });
  const clips = new Clips({ media: parts.media, store, profile, sound, clock, log, tell });
  const stills = new Stills({ snapshots: parts.snapshots, store, profile, log, tell });
  const raised = (alarm: EventId): AlarmRaised | undefined => {
    const event = read.find(alarm)?.event;
    return event?.kind === 'alarm.raised' ? event : undefined;
  };

  const wishOf = (alarm: AlarmRaised, evidence: EvidenceId): Wish | undefined => {
    const name = evidenceName(evidence);
    const { severity, receivedAt: at } = alarm;
    return name && { purpose: { name, severity, at }, window: windowOf(alarm, settings.before, settings.after) };
  };

  const take = (event: DomainEvent): void => {
    if (event.kind !== 'alarm.raised') return;
    for (const { id, medium } of event.evidence ?? []) {
      const wish = wishOf(event, id);
      if (wish && medium === 'clip') clips.take(wish);
      else if (wish) void stills.take(wish);
    }
  };

  /** What the journal knows of; what it says is still growing was left by a crash. */
  const recover = async (): Promise<Map<string, Wish[]>> => {
    const left = new Map<string, Wish[]>();
    for (const { event } of read.standingEvidence()) {
      if (event.kind !== 'evidence.begun' && event.kind !== 'evidence.kept') continue;
      const alarm = raised(event.alarm);
      const wish = alarm && wishOf(alarm, event.evidence);
      if (!wish || event.file === undefined) continue;
      if (event.kind === 'evidence.kept') await store.found(event.file, wish.purpose);
      else left.set(event.file, [...(left.get(event.file) ?? []), wish]);
    }
    return left;
  };

  /** What lies there and the journal does not know of: begun, and then the box died before it was written down. */
  const strays = async (left: Map<string, Wish[]>): Promise<void> => {
    const known = new Set([...left.keys(), ...store.names()]);
    for (const name of await readdir(folder)) {
      const file = finished(name) ?? name;
      if (known.has(file)) continue;
      const about = evidenceName(file.replace(/\.(mp4|jpg)$/, ''));
      const alarm = about && raised(about.alarm);
      const wish = alarm && wishOf(alarm, about.evidence);
      const told = about
        ? read.evidenceOf(about.alarm).some(({ event }) => event.kind === 'evidence.removed' && event.evidence === about.evidence)
        : false;
      if (!wish) log.warn('unknown file among the evidence', { file: name });
      else if (told || about?.medium === 'still') await unlink(`${folder}/${name}`);
      else left.set(file, [wish]);
    }
  };

  /** Alarms of which nothing was begun, because the gateway was not there. Late is better than not at all. */
  const overlooked = (left: ReadonlyMap<string, readonly Wish[]>): void => {
    const known = new Set([...left.values()].flatMap((wishes) => wishes.map(({ purpose }) => purpose.name.evidence)));
    for (const { event } of read.alarms({ limit: lookBack }).toReversed()) {
      if (event.kind !== 'alarm.raised' || !event.evidence) continue;
      const told = new Set(read.evidenceOf(event.id).map((entry) => ('evidence' in entry.event ? entry.event.evidence : undefined)));
      const open = event.evidence.filter(({ id }) => !told.has(id) && !known.has(id));
      if (open.length === 0) continue;
      const over = between(windowOf(event, settings.before, settings.after).to, clock.now()) > 0;
      if (!over) take({ ...event, evidence: open });
      else for (const { id } of open) void missed(event, id);
    }
  };

  const missed = async (alarm: AlarmRaised, id: EvidenceId): Promise<void> => {
    const name = evidenceName(id);
    const reason = { zh: '报警发生时网关没有运行。', en: 'The gateway was not running at that time.' };
    const fact = { kind: 'evidence.kept', outcome: 'missing', path: evidencePath(id), bytes: 0, reason } as const;
    if (name) await tell({ ...name, ...fact }).catch((error: unknown) => log.warn('evidence not journalled', { alarm: alarm.id, error }));
  };

  const sweep = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await store.sweep().catch((error: unknown) => log.warn('evidence not swept', { error }));
      await clock.sleep(sweepEvery, signal).catch(() => undefined); // Aborted: the loop ends.
    }
  };

  return {
    async run(signal) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // Followed before the first look, so that nothing that is recorded meanwhile is missed.
      const following = journal.follow('now', signal);
      const left = await recover();
      await strays(left);
      overlooked(left);
      for (const [file, wishes] of left) void clips.mend(file, wishes, 'restart');
      const sweeping = sweep(signal);
      for await (const { event } of following) take(event);
      await sweeping;
      using limit = clock.deadline(patience);
      await Promise.race([clips.settled(), new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }))]);
    },
    of: (alarm) => {
      const event = raised(alarm);
      return event && evidenceOf(event, read.evidenceOf(alarm), (evidence) => clips.grown(evidence));
    },
    file: (evidence) => store.find(evidence),
    read: async (evidence) => {
      const found = store.find(evidence);
      return found && !found.growing ? await readFile(found.path) : undefined;
    },
    fetched: (evidence, by) => {
      const name = evidenceName(evidence);
      return name ? tell({ ...name, kind: 'evidence.fetched', by }) : Promise.resolve();
    },
    pass: passes.issue,
    holder: (evidence, pass) => passes.holder(evidence, pass, clock.now()),
    figures: () => ({ bytes: store.bytes, files: store.files, recording: clips.running }),
  };
}
