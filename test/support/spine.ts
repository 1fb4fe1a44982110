/** Events, folders and figures for tests of journal, intake and delivery. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import type { LifeEvent } from '../../gateway/domain/alarm-life.ts';
import type { LifeStep } from '../../gateway/domain/alarm-step.ts';
import type { AlarmEscalated, AlarmRaised, DomainEvent, FaultRaised } from '../../gateway/domain/event.ts';
import { campusId, eventIdFrom, panelId, type UplinkId, uplinkId, userId, zoneId } from '../../gateway/domain/ids.ts';
import { type Instant, instant } from '../../gateway/domain/time.ts';
import { type JournalOptions, journalFile, type OpenJournal, openJournal } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';

export const police: UplinkId = uplinkId('police');
export const start: Instant = instant(1_760_000_000_000);
let made = 0;

function nextId() {
  made += 1;
  return eventIdFrom(start + made, randomBytes(10));
}

export interface AlarmWish {
  readonly panel?: string;
  readonly zone?: string;
  readonly type?: string;
  readonly seq?: number;
  readonly boot?: string;
  readonly dedupe?: string;
  readonly kind?: 'alarm.raised' | 'alarm.restored';
}

export function alarm(wish: AlarmWish = {}): AlarmRaised {
  const id = nextId();
  const { panel = 'gate', zone = '1', type = 'burglary.intrusion', boot = 'b1', kind = 'alarm.raised' } = wish;
  return {
    // A restore has the same shape: the cast would be a lie only about the word.
    kind: kind as 'alarm.raised',
    id,
    campus: campusId('school'),
    occurredAt: start,
    receivedAt: instant(start + 5),
    clockTrust: 'ok',
    panel: panelId(panel),
    zone: zoneId(zone),
    zoneName: `Zone ${zone}`,
    type,
    severity: 2,
    drill: false,
    test: false,
    historical: false,
    dedupe: wish.dedupe ?? (wish.seq === undefined ? id : `${panel}|${boot}|${wish.seq}`),
    ...(wish.seq === undefined ? {} : { sequence: { boot, seq: wish.seq } }),
    channels: [],
    source: { protocol: 'test', code: '1130', raw: '' },
  };
}

export function fault(subject = 'gate', code: FaultRaised['fault'] = 'panel-silent'): FaultRaised {
  return {
    kind: 'fault.raised',
    id: nextId(),
    campus: campusId('school'),
    receivedAt: start,
    clockTrust: 'none',
    fault: code,
    subject: panelId(subject),
    sentence: { zh: '静默', en: 'silent' },
  };
}

export function acknowledgement(of: DomainEvent, by = 'li'): DomainEvent {
  return deedOf(of, { name: 'acknowledged' }, { by });
}

/** The event of a step that somebody took. */
export function deedOf(of: DomainEvent, step: LifeStep, { by = 'li', at = start }: { readonly by?: string; readonly at?: number } = {}): LifeEvent {
  const head = { id: nextId(), campus: campusId('school'), receivedAt: instant(at), clockTrust: 'none', alarm: of.id, by: userId(by) } as const;
  return step.name === 'acknowledged' ? { kind: 'alarm.acknowledged', ...head } : { kind: 'alarm.progressed', ...head, step };
}

export function escalation(of: DomainEvent, level: number, at: number = start): AlarmEscalated {
  const head = { id: nextId(), campus: campusId('school'), receivedAt: instant(at), clockTrust: 'none', alarm: of.id } as const;
  return { kind: 'alarm.escalated', ...head, level, to: 'seats', waiting: 1 };
}

/** A folder of its own, gone with the scope. */
export function freshFolder(scope: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'campus-journal-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with the journal of a box in the field, as version 1 left it. */
export function folderOfVersion1(scope: Scope): string {
  const folder = freshFolder(scope);
  const old = new BetterSqlite(join(folder, journalFile));
  old.exec(readFileSync(new URL('../fixtures/journal/version-1/journal.sql', import.meta.url), 'utf8'));
  old.close();
  return folder;
}

export interface JournalBench extends AsyncDisposable {
  readonly journal: OpenJournal;
  readonly folder: string;
}

export async function openTestJournal(options: Partial<JournalOptions> = {}): Promise<JournalBench> {
  const scope = new Scope();
  const folder = options.folder ?? freshFolder(scope);
  const journal = scope.own(await openJournal({ clock: systemClock, log: silentLogger, ...options, folder }));
  return { journal, folder, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}
