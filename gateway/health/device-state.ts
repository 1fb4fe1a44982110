/** The one place that computes a device's state. Pure. */
import type { DeviceState, FaultCode } from '../domain/health.ts';

export interface StateInputs {
  readonly enabled: boolean;
  readonly maintenance: boolean;
  readonly faults: readonly { readonly code: FaultCode; readonly effect: 'offline' | 'degraded' }[];
  /** At least one check told pass or fail since the start, or since the last `unknown` of the check that proves presence. */
  readonly proven: boolean;
  /** The state of what this device hangs on; absent: on nothing. */
  readonly parent?: DeviceState;
}

export function deviceState(inputs: StateInputs): DeviceState {
  if (!inputs.enabled) return 'disabled';
  if (inputs.maintenance) return 'maintenance';
  // A child is never online under a parent that is not: what is behind a dead link is unknown, not dead and not alive.
  if (inputs.parent === 'offline' || inputs.parent === 'unknown') return 'unknown';
  if (!inputs.proven) return 'unknown';
  if (inputs.faults.some(({ effect }) => effect === 'offline')) return 'offline';
  return inputs.faults.length > 0 ? 'degraded' : 'normal';
}
