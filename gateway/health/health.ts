/** Runs every check on every subject, keeps the faults, journals their beginning and end, and computes each device's state. */

import { type DeviceHealth, type Fault, type SubjectId, zonePath } from '../domain/health.ts';
import type { Clock, InventoryReader } from '../domain/ports.ts';
import { type Instant, type Millis, millis, seconds } from '../domain/time.ts';
import { type AnyHealthCheck, type HealthContext, probeSubject, type Subject } from './check.ts';
import { deviceState } from './device-state.ts';
import { type FaultJournalParts, type Kept, openFaultJournal } from './fault-journal.ts';
import { track } from './fault-tracker.ts';

export interface HealthParts extends FaultJournalParts {
  readonly inventory: InventoryReader;
  readonly checks: readonly AnyHealthCheck[];
  readonly context: HealthContext;
  readonly clock: Clock;
}

export interface Health {
  device(id: string): DeviceHealth | undefined;
  /** Cameras, panels, the zones that a channel looks at, uplinks, the gateway: in inventory order. */
  devices(): readonly DeviceHealth[];
  /** Yields whenever any device's state or faults have changed. */
  changes(signal: AbortSignal): AsyncIterable<void>;
  run(signal: AbortSignal): Promise<void>;
}

const probeDeadline = seconds(10);
const tick = seconds(0.5);

interface Watch extends Kept {
  readonly check: AnyHealthCheck;
  readonly subject: Subject;
  /** Monotonic, as the next: a clock that is set back must not stop the checks. */
  dueAt: Millis;
  probingSince?: Millis;
}

export function openHealth(parts: HealthParts): Health {
  const { inventory, checks, context, clock, log } = parts;
  const faults = openFaultJournal(parts);
  const watches = new Map<string, Watch>();
  const listeners = new Set<() => void>();
  const sinceByDevice = new Map<string, { state: string; since: Instant }>();
  let devices: readonly DeviceHealth[] = [];
  /** How often they have changed. */
  let changes = 0;

  function subjects(): readonly { readonly id: SubjectId; readonly subject: Subject }[] {
    const { cameras, panels, uplinks } = inventory.current();
    const all = [
      ...cameras.map((camera) => ({ id: camera.id, subject: { kind: 'camera', camera } as const })),
      ...panels.map((panel) => ({ id: panel.id, subject: { kind: 'panel', panel } as const })),
      ...panels.flatMap((panel) =>
        panel.zones
          .filter(({ channels }) => channels.length > 0)
          .map((zone) => ({ id: zonePath(panel.id, zone.id), subject: { kind: 'zone', panel, zone } as const })),
      ),
      ...uplinks.map((uplink) => ({ id: uplink.id, subject: { kind: 'uplink', uplink } as const })),
      { id: 'gateway' as const, subject: { kind: 'gateway' } as const },
    ];
    // What no check looks at has no health.
    return all.filter(({ subject }) => checks.some((check) => check.subject === subject.kind));
  }

  /** One watch per check and subject; a subject that is gone, or switched off, is watched no more and its faults end. */
  function align(): void {
    const wanted = new Set<string>();
    for (const { id, subject } of subjects()) {
      if (!enabled(subject) || inMaintenance(subject)) continue;
      for (const check of checks) {
        if (check.subject !== subject.kind) continue;
        const name = `${check.code} ${id}`;
        wanted.add(name);
        const existing = watches.get(name);
        if (existing) {
          watches.set(name, Object.assign(existing, { subject }));
          continue;
        }
        watches.set(name, Object.assign(faults.adopt(check.code, id), { check, subject, dueAt: clock.monotonic() }));
      }
    }
    for (const [name, watch] of watches) {
      if (wanted.has(name)) continue;
      watches.delete(name);
      faults.end(watch);
    }
    faults.endRest();
  }

  async function probe(watch: Watch, signal: AbortSignal): Promise<void> {
    const { check, subject, id } = watch;
    const blocked = check.dependsOn.find((code) => watches.get(`${code} ${id}`)?.tracked.verdict === 'fail');
    const finding = blocked
      ? ({ verdict: 'unknown', why: `${blocked} stands` } as const)
      : await probeSubject(check, subject, context, signal).catch((error) => {
          log.warn('health probe failed', { check: check.code, subject: id, error });
          return { verdict: 'unknown', why: 'the probe itself failed' } as const;
        });
    // Nobody asks any more: what it found late begins no fault.
    if (watches.get(`${check.code} ${id}`) !== watch) return;
    watch.tracked = track(watch.tracked, finding, clock.now(), check);
    await faults.settle(watch);
  }

  function compute(): void {
    const now = clock.now();
    const next = subjects().map(({ id, subject }): DeviceHealth => {
      const own = [...watches.values()].filter((watch) => watch.id === id);
      const standing = own.filter((watch) => watch.tracked.fault).sort(byGravity);
      const provenAt = own.flatMap(({ tracked }) => (tracked.provenAt === undefined ? [] : [tracked.provenAt]));
      const state = deviceState({
        enabled: enabled(subject),
        maintenance: inMaintenance(subject),
        faults: standing.map(({ check }) => ({ code: check.code, effect: check.effect })),
        // The first check of each kind in the register is the one that proves presence; a fault that is seen proves itself.
        proven: own[0]?.tracked.provenAt !== undefined || standing.some(({ tracked }) => tracked.verdict === 'fail'),
      });
      const before = sinceByDevice.get(id);
      const since = before?.state === state ? before.since : now;
      sinceByDevice.set(id, { state, since });
      return {
        subject: id,
        kind: subject.kind,
        state,
        since,
        faults: standing.map(
          (watch): Fault => ({
            code: watch.check.code,
            subject: id,
            since: watch.tracked.fault?.since ?? now,
            sentence: watch.tracked.fault?.sentence ?? watch.check.title,
            ...(watch.event ? { event: watch.event } : {}),
          }),
        ),
        ...(provenAt.length > 0 ? { provenAt: Math.max(...provenAt) as Instant } : {}),
      };
    });
    const changed = fingerprint(next) !== fingerprint(devices);
    devices = next;
    if (!changed) return;
    changes += 1;
    for (const wake of [...listeners]) wake();
  }

  const changed = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      listeners.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });

  return {
    device: (id) => devices.find(({ subject }) => subject === id),
    devices: () => devices,
    async *changes(signal) {
      let told = changes;
      while (!signal.aborted) {
        // One that came while the last was being told is not waited for.
        if (told === changes) await changed(signal);
        if (signal.aborted) return;
        told = changes;
        yield;
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        align();
        const now = clock.monotonic();
        for (const watch of watches.values()) {
          if (watch.probingSince === undefined || now - watch.probingSince < probeDeadline) continue;
          watch.tracked = track(watch.tracked, { verdict: 'unknown', why: 'the probe hangs' }, clock.now(), watch.check);
        }
        const due = [...watches.values()].filter((watch) => watch.dueAt <= now && watch.probingSince === undefined);
        for (const watch of due) {
          watch.probingSince = now;
          watch.dueAt = millis(now + watch.check.every);
        }
        // Register order within a subject: what others depend on is judged first. A slow probe holds up only itself.
        const settled = Promise.all(
          due.map((watch) =>
            probe(watch, signal).finally(() => {
              delete watch.probingSince;
            }),
          ),
        );
        await Promise.race([settled, clock.sleep(tick, signal).catch(() => undefined)]);
        compute();
        await clock.sleep(tick, signal).catch(() => undefined); // aborted: the loop's condition ends it
      }
    },
  };
}

function enabled(subject: Subject): boolean {
  switch (subject.kind) {
    case 'camera':
      return subject.camera.enabled;
    case 'panel':
    case 'zone':
      return subject.panel.enabled;
    case 'uplink':
      return subject.uplink.enabled;
    case 'gateway':
      return true;
  }
}

function inMaintenance(subject: Subject): boolean {
  switch (subject.kind) {
    case 'camera':
      return subject.camera.maintenance;
    case 'panel':
    case 'zone':
      return subject.panel.maintenance;
    case 'uplink':
    case 'gateway':
      return false;
  }
}

function byGravity(a: Watch, b: Watch): number {
  return Number(b.check.effect === 'offline') - Number(a.check.effect === 'offline');
}

/** What people see of it: a sentence that only counts seconds on is no change of state, but they want to see it move. */
function fingerprint(all: readonly DeviceHealth[]): string {
  return JSON.stringify(all.map(({ subject, state, faults }) => [subject, state, faults.map(({ code, sentence }) => [code, sentence.en])]));
}
