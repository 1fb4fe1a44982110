/**
 * Repeats on the wire, and what excuses them. A delivery may be sent again once for each kill at which it was in flight: sent in the life that
 * the kill ended, and not held as accepted by the journal as the kill left it. Pure, like the comparison that it is part of.
 */

/** A delivery that began to reach the police side. */
export interface Sent {
  readonly eventId: string;
  /** Number of the gateway's start, from 1. */
  readonly life: number;
}

export interface Kill {
  /** The life that it ended. */
  readonly life: number;
  /** In flight, in the order in which they were first sent. */
  readonly inFlight: readonly string[];
  /** Accepted by the journal, though the police side never accepted them. */
  readonly unearned: number;
}

export interface Repeats {
  /** Deliveries that had begun before. */
  readonly repeats: number;
  /** Deliveries in flight, summed over all kills: so many repeats are excused. */
  readonly inFlightAtKills: number;
  /** At one kill. */
  readonly mostInFlight: number;
  /** Repeats of a delivery that was not in flight at the kill before, or that no kill came before. */
  readonly unexcused: number;
  /** Receipts in the journal, as found after a kill, that the police side never gave. */
  readonly unearnedReceipts: number;
}

export interface Seen {
  readonly sent: readonly Sent[];
  readonly life: number;
  /** Events that the police side has accepted so far. */
  readonly answered: ReadonlySet<string>;
  /** Events that the journal holds as accepted, as found after the kill. */
  readonly accepted: ReadonlySet<string>;
}

export function killSeen({ sent, life, answered, accepted }: Seen): Kill {
  const ofLife = new Set(sent.filter((one) => one.life === life).map(({ eventId }) => eventId));
  return {
    life,
    inFlight: [...ofLife].filter((eventId) => !accepted.has(eventId)),
    unearned: [...accepted].filter((eventId) => !answered.has(eventId)).length,
  };
}

export function repeatsIn({
  sent,
  kills,
  window,
}: {
  readonly sent: readonly Sent[];
  readonly kills: readonly Kill[];
  readonly window: number;
}): Repeats {
  // More than a window cannot have been in flight, whatever the journal says: of these only the last sent are excused.
  const excused = new Map(kills.map(({ life, inFlight }) => [life, new Set(inFlight.slice(-window))]));
  const before = new Map<string, number>();
  let repeats = 0;
  let unexcused = 0;
  for (const { eventId, life } of sent) {
    const last = before.get(eventId);
    before.set(eventId, life);
    if (last === undefined) continue;
    repeats += 1;
    if (life === last || !excused.get(last)?.has(eventId)) unexcused += 1;
  }
  return {
    repeats,
    inFlightAtKills: kills.reduce((sum, { inFlight }) => sum + Math.min(inFlight.length, window), 0),
    mostInFlight: Math.max(0, ...kills.map(({ inFlight }) => inFlight.length)),
    unexcused,
    unearnedReceipts: kills.reduce((sum, { unearned }) => sum + unearned, 0),
  };
}
