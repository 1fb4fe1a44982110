/** What the routes are given. */
import type { Millis } from '../../domain/time.ts';
import type { HttpParts } from '../ports.ts';
import type { AttemptLimits } from '../sessions/attempt-limits.ts';
import type { Sessions } from '../sessions/sessions.ts';

export interface RouteParts extends HttpParts {
  readonly sessions: Sessions;
  readonly attempts: AttemptLimits;
  readonly wallLength: Millis;
}
