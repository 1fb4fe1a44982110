/** What keeps the evidence of alarms, over a real journal, a real media plane and cameras of the test; the panels are left out. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPictures } from '../../gateway/assemble-evidence.ts';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import type { AlarmRaised, DomainEvent } from '../../gateway/domain/event.ts';
import { type Evidence, evidenceLinks } from '../../gateway/domain/evidence.ts';
import { type ChannelId, cameraId, type EvidenceId, eventIdFrom, type UplinkId, userId } from '../../gateway/domain/ids.ts';
import type { StreamResolver } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { type EvidenceSettings, openEvidence } from '../../gateway/evidence/evidence.ts';
import { openPasses } from '../../gateway/evidence/passes.ts';
import type { JournalOptions } from '../../gateway/journal/journal.ts';
import type { MediaSaboteur } from '../../gateway/media/sabotage.ts';
import type { MediaSettings } from '../../gateway/media/settings.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { alarm, openTestJournal } from './spine.ts';

export interface EvidenceSchoolOptions {
  readonly folder: string;
  /** Of a channel's camera. */
  readonly url: (channel: string) => string;
  readonly channels: readonly ChannelId[];
  readonly settings?: Partial<EvidenceSettings>;
  readonly media?: Partial<MediaSettings>;
  readonly journal?: Partial<JournalOptions>;
  /** Of alarms and of what is kept of them; usual: nobody. */
  readonly recipients?: readonly UplinkId[];
  /** May break the worker. */
  readonly saboteur?: MediaSaboteur;
  /** Default: in a worker of its own. */
  readonly worker?: boolean;
}

const mebibyte = 1024 * 1024;

export async function openEvidenceSchool(options: EvidenceSchoolOptions) {
  const { folder, url, channels, settings, media: knobs, journal: more, recipients = [], worker, saboteur } = options;
  await using opening = new Scope();
  const { journal } = opening.own(await openTestJournal({ folder, ...more }));
  const ending = new AbortController();
  let running: Promise<void> | undefined;
  opening.defer(async () => {
    ending.abort();
    await running;
  });
  const resolve: StreamResolver = async (channel, profile) => ({ camera: cameraId('camera'), profile, url: url(channel) });
  // Longer than any clip reaches back: on a busy machine it begins late.
  const usual = { ringLength: seconds(10) };
  const media = opening.own(
    openMediaPlane({
      resolve,
      clock,
      log,
      settings: { ...usual, ...knobs },
      limits: 'unwatched',
      ...(saboteur ? { saboteur } : {}),
      ...(worker === undefined ? {} : { worker }),
    }),
  );
  await media.record(channels.map((channel) => ({ channel, profile: 'main' })));
  let serial = 0;
  const nextId = () => {
    serial += 1;
    return eventIdFrom(clock.now(), Buffer.from(serial.toString(16).padStart(20, '0'), 'hex'));
  };
  const record = async (event: DomainEvent) => {
    const told = event.kind === 'alarm.raised' || event.kind === 'evidence.kept';
    return (await journal.record(event, told ? recipients : [])).entry;
  };
  const keeper = openEvidence({
    ...{ folder: join(folder, 'evidence'), journal, media, clock, log, passes: openPasses(new Secret('a key of the box')) },
    snapshots: openPictures(undefined, { media, clock, hurry: true }),
    settings: {
      ...{ before: seconds(2), after: seconds(2), profile: 'main', sound: true, most: 1024 * mebibyte, leaveFree: 0, keepFor: seconds(3_600) },
      ...settings,
    },
    tell: async (fact) => {
      await record({ ...fact, id: nextId(), campus: alarm().campus, receivedAt: clock.now(), clockTrust: 'none' });
    },
  });
  await mkdir(join(folder, 'evidence'), { recursive: true });
  running = keeper.run(ending.signal);
  const owned = opening.release();

  return {
    ...{ journal, media, keeper },
    /** A panic button whose zone names these channels. */
    async press(named: readonly ChannelId[] = channels, about: Partial<AlarmRaised> = {}): Promise<AlarmRaised> {
      const id = nextId();
      const at = clock.now();
      const event = { ...alarm({ type: 'panic.silent' }), id, dedupe: id, severity: 1, channels: named, occurredAt: at, receivedAt: at } as const;
      const whole = { ...event, evidence: evidenceLinks(id, named), ...about };
      await record(whole);
      return whole;
    },
    async acknowledge({ id, campus }: AlarmRaised): Promise<void> {
      await record({ kind: 'alarm.acknowledged', id: nextId(), campus, receivedAt: clock.now(), clockTrust: 'none', alarm: id, by: userId('li') });
    },
    of: ({ id }: AlarmRaised): readonly Evidence[] => keeper.of(id) ?? [],
    path: (evidence: EvidenceId): string => keeper.file(evidence)?.path ?? '',
    ringsReach: async (least: number) => (await media.telemetry()).filter(({ ring }) => (ring?.reach ?? 0) >= least).length === channels.length,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}
