/** Which primary is lost, and which backup stands in for it. Pure: what is known of each way comes in. */
import type { UplinkRole } from '../domain/campus.ts';
import type { UplinkId } from '../domain/ids.ts';
import { type Millis, seconds } from '../domain/time.ts';

export interface PathSigns {
  readonly id: UplinkId;
  readonly role: UplinkRole;
  /** Its settings are wrong: it does not run at all. */
  readonly broken: boolean;
  /** How long its own link, a registration or a heartbeat, has been down, or up. Absent: it keeps none, or is the other. */
  readonly downFor?: Millis;
  readonly upFor?: Millis;
  /** How long nothing that was sent has been answered. */
  readonly silentFor?: Millis;
  /** Since the last try of that silence failed. */
  readonly unansweredAgo?: Millis;
  /** Since it last acknowledged anything; since the start, where it has not. */
  readonly answeredAgo: Millis;
  /** How long the oldest alarm waits that it is owed. */
  readonly owedFor?: Millis;
}

/** A registration that is lost is had again within this time as a rule. */
const mostDown: Millis = seconds(10);
const mostSilent: Millis = seconds(5);
/** An alarm that waits so long while nothing else is acknowledged; and one that waits whatever else is. The school must phone after 15 s. */
const mostStuck: Millis = seconds(10);
const mostOwed: Millis = seconds(60);
const none: Millis = seconds(0);

export function isLost({ broken, downFor = none, upFor, silentFor, unansweredAgo = silentFor, answeredAgo, owedFor = none }: PathSigns): boolean {
  if (broken || downFor >= mostDown || owedFor >= mostOwed) return true;
  // The word of a link that came up after the last try is the younger one: until the next one fails as well.
  const younger = upFor !== undefined && unansweredAgo !== undefined && upFor < unansweredAgo;
  if (silentFor !== undefined && silentFor >= mostSilent && !younger) return true;
  return owedFor >= mostStuck && answeredAgo >= mostStuck;
}

export interface Standing {
  readonly backup: UplinkId;
  readonly of: readonly UplinkId[];
}

/** Undefined: every primary is well, or nobody can stand in. Where there is no primary at all, backups are told everything (routing). */
export function standingOf(paths: readonly PathSigns[]): Standing | undefined {
  const lost = paths.filter((path) => path.role === 'primary' && isLost(path));
  const backups = paths.filter(({ role }) => role === 'backup');
  // One that is lost too is better than none: what it is owed waits there as well.
  const backup = backups.find((path) => !isLost(path)) ?? backups[0];
  return backup && lost.length > 0 ? { backup: backup.id, of: lost.map(({ id }) => id) } : undefined;
}
