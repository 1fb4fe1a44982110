/** The register: every misbehaviour under its name. */
import { GatewayError } from '../../../../gateway/domain/errors.ts';
import { liveMisbehaviours } from './live.ts';
import { messageMisbehaviours } from './messages.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import { registrationMisbehaviours } from './registration.ts';

export const misbehaviours: readonly Misbehaviour[] = [...registrationMisbehaviours, ...messageMisbehaviours, ...liveMisbehaviours];

/** Throws REQUEST_INVALID for a name that nobody has. */
export function misbehaviourNamed(name: string): Misbehaviour {
  const found = misbehaviours.find((each) => each.name === name);
  if (!found) {
    const names = misbehaviours.map((each) => each.name).join(', ');
    throw new GatewayError('REQUEST_INVALID', `There is no misbehaviour ${JSON.stringify(name.slice(0, 60))}; there are: ${names}.`);
  }
  return found;
}
