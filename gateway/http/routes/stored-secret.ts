/** Edits of what has an address and a stored secret: the secret follows no address to another box. */
import { GatewayError } from '../../domain/errors.ts';
import type { Problem } from '../../runtime/problems.ts';
import { restoredSettings, samePeer } from '../views/settings.ts';

/** A camera has an address of its own; an uplink has it among its settings. */
interface Addressed {
  readonly address?: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * The settings to store, with what was hidden from the form as it was. `keeps` names the stored secret that the edit does not bring again:
 * throws REQUEST_INVALID where one of the addresses leads elsewhere than they all did.
 */
export function settingsToStore(sent: Addressed, known: Addressed | undefined, keeps?: 'password' | 'secret'): Record<string, unknown> {
  const settings = restoredSettings(sent.settings, known?.settings ?? {});
  if (known && keeps) {
    const before = addressesIn([known.address, known.settings]);
    const elsewhere = addressesIn([sent.address, settings]).some((address) => !before.some((one) => samePeer(one, address)));
    if (elsewhere) throw lacking(keeps, `the ${keeps} again, as the address is another`);
  }
  return settings;
}

/** Something that the request must bring. */
export function lacking(path: string, expected: string): GatewayError {
  return new GatewayError('REQUEST_INVALID', `The request lacks ${expected}.`, { context: { problems: [{ path, expected, got: 'nothing' }] } });
}

/** Settings that no adapter takes are refused here, while somebody is there to correct them. */
export function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  throw new GatewayError('REQUEST_INVALID', `The settings have ${count}.`, { context: { problems } });
}

/** At any depth: an address in a list, or in a section, leads somewhere too. */
function addressesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return URL.canParse(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(addressesIn) : [];
}
