/** Lets a backup stand in for a primary that is lost, and withdraws it when the primary is well again. One life for all uplinks. */
import type { EventKind } from '../domain/event.ts';
import type { UplinkId } from '../domain/ids.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { type Millis, seconds } from '../domain/time.ts';
import { linked } from '../runtime/linked.ts';
import { type PathSigns, type Standing, standingOf } from './paths.ts';

export interface StandInsOptions {
  readonly outbox: Pick<Outbox, 'standIn' | 'withdraw' | 'arrival'>;
  /** Of every uplink that is switched on, in the order of the inventory. */
  readonly paths: () => readonly (PathSigns & { readonly accepts: ReadonlySet<EventKind> })[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface StandIns {
  /** For whom the uplink stands in just now. */
  standsInFor(uplink: UplinkId): readonly UplinkId[];
  run(signal: AbortSignal): Promise<void>;
}

const lookEvery: Millis = seconds(1);
/** So often one alarm is left to a lost primary for a while: a far side that says nothing by itself is found well by no other way. */
const trialEvery: Millis = seconds(30);
const trialFor: Millis = seconds(2);

interface Lost {
  /** The backup has been told everything up to this place. */
  through: number;
  triedAt: Millis;
  heldUntil: Millis;
}

export function openStandIns({ outbox, paths, clock, log }: StandInsOptions): StandIns {
  let standing: Standing | undefined;
  const lost = new Map<UplinkId, Lost>();

  const change = (next: Standing | undefined): void => {
    const same = next?.backup === standing?.backup && String(next?.of) === String(standing?.of);
    if (!same && next) log.warn('backup stands in', { ...next });
    if (!same && !next) log.info('primaries are well again', { were: standing?.of });
    if (next?.backup !== standing?.backup) lost.clear();
    for (const id of lost.keys()) if (!next?.of.includes(id)) lost.delete(id);
    for (const id of next?.of ?? []) if (!lost.has(id)) lost.set(id, { through: 0, triedAt: clock.monotonic(), heldUntil: clock.monotonic() });
    standing = next;
  };

  /** Something new for a lost primary: its own trial, or the backup's at once. */
  const arrived = (primary: UplinkId): void => {
    const own = lost.get(primary);
    const now = clock.monotonic();
    if (own && now - own.triedAt >= trialEvery) Object.assign(own, { triedAt: now, heldUntil: now + trialFor });
  };

  const round = async (): Promise<void> => {
    const known = paths();
    change(standingOf(known));
    // Of every other backup, again and again: what was on its way may have come back unanswered.
    for (const { id, role } of known) if (role === 'backup' && id !== standing?.backup) while (await outbox.withdraw(id));
    const backup = known.find(({ id }) => id === standing?.backup);
    if (!backup) return;
    for (const [primary, own] of lost) {
      for (let more = clock.monotonic() >= own.heldUntil; more; ) {
        const done = await outbox.standIn({ backup: backup.id, primary, kinds: backup.accepts, after: own.through });
        own.through = done.through;
        more = done.more;
      }
    }
  };

  return {
    standsInFor: (uplink) => (standing?.backup === uplink ? standing.of : []),
    async run(signal) {
      while (!signal.aborted) {
        using waiting = linked(signal);
        // Heard from the first moment on: the end may come while the round is under way.
        const arrivals = [...lost.keys()].map((id) =>
          outbox.arrival(id, waiting.signal).then(
            () => arrived(id),
            () => undefined, // the wait is over
          ),
        );
        await round().catch((error: unknown) => log.warn('stand-in not journalled', { error })); // the next round tries again
        // What arrives for a lost primary goes on at once.
        await Promise.race([clock.sleep(lookEvery, waiting.signal), ...arrivals]).catch(() => undefined);
        waiting.abort();
        await Promise.all(arrivals);
      }
    },
  };
}
