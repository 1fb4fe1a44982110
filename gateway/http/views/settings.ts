/** Settings of an adapter may hold anything: what is named like a secret, or looks like credentials in an address, is not shown. */
import { redact } from '../../runtime/logger.ts';

type Settings = Readonly<Record<string, unknown>>;

const mark = '[redacted]';

export function shownSettings(settings: Settings): Record<string, unknown> {
  const shown = redact(settings);
  return isSettings(shown) ? { ...shown } : {};
}

/** What came back from a form, with everything that was hidden from it as it is stored. */
export function restoredSettings(sent: Settings, stored: Settings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => {
      const known = Object.hasOwn(stored, name) ? stored[name] : undefined;
      if (isSettings(value) && isSettings(known)) return [name, restoredSettings(value, known)];
      return [name, typeof value === 'string' && value.includes(mark) && known !== undefined ? known : value];
    }),
  );
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a stored secret may follow an edit of its address: to the same host and port, and not from TLS to clear text. Else an edit could
 * send it to another box, or where others can read it.
 */
export function samePeer(stored: string, edited: string): boolean {
  if (!URL.canParse(stored) || !URL.canParse(edited)) return false;
  const [before, after] = [new URL(stored), new URL(edited)];
  return before.host === after.host && (secure.test(after.protocol) || !secure.test(before.protocol));
}

const secure = /^(https|rtsps|mqtts|wss):$/;
