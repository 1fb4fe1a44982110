/** The signs of life of each way, by a clock that is never set. */
import type { UndeliveredAlarm } from '../domain/delivery.ts';
import type { LinkStatus } from '../domain/health.ts';
import type { UplinkId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis } from '../domain/time.ts';
import type { PathSigns } from './paths.ts';

export interface KnownSigns {
  answered(uplink: UplinkId): void;
  /** True: another try of a silent far side has failed. */
  silence(uplink: UplinkId, silent: boolean): void;
  of(uplink: UplinkId, link: LinkStatus | undefined, oldest: UndeliveredAlarm | undefined): Omit<PathSigns, 'id' | 'role' | 'broken'>;
}

interface Known {
  answeredAt?: Millis;
  silentSince?: Millis;
  unansweredAt?: Millis;
  link?: { readonly state: LinkStatus['state']; readonly since: Millis };
}

export function openPathSigns(clock: Pick<Clock, 'now' | 'monotonic'>): KnownSigns {
  const startedAt = clock.monotonic();
  const all = new Map<UplinkId, Known>();
  const of = (uplink: UplinkId): Known => {
    const found = all.get(uplink) ?? {};
    all.set(uplink, found);
    return found;
  };
  return {
    answered: (uplink) => {
      of(uplink).answeredAt = clock.monotonic();
    },
    silence: (uplink, silent) => {
      const own = of(uplink);
      if (silent) {
        own.unansweredAt = clock.monotonic();
        own.silentSince ??= own.unansweredAt;
      } else {
        delete own.silentSince;
        delete own.unansweredAt;
      }
    },
    of(uplink, link, oldest) {
      const own = of(uplink);
      const now = clock.monotonic();
      const ago = (at: Millis) => millis(now - at);
      if (!link) delete own.link;
      else if (own.link?.state !== link.state) own.link = { state: link.state, since: now };
      return {
        ...(own.link ? { [own.link.state === 'down' ? 'downFor' : 'upFor']: ago(own.link.since) } : {}),
        ...(own.silentSince === undefined ? {} : { silentFor: ago(own.silentSince) }),
        ...(own.unansweredAt === undefined ? {} : { unansweredAgo: ago(own.unansweredAt) }),
        answeredAgo: ago(own.answeredAt ?? startedAt),
        ...(oldest ? { owedFor: millis(clock.now() - oldest.journalledAt) } : {}),
      };
    },
  };
}
