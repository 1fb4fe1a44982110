/** Whose account it is, and by which key its messages come. */
import type { Panel } from '../../../gateway/domain/campus.ts';
import { isGatewayError } from '../../../gateway/domain/errors.ts';
import type { PanelDoor } from '../../../gateway/domain/panel-ports.ts';
import type { Logger } from '../../../gateway/domain/ports.ts';
import { type Dc09Key, readKey } from '../../protocols/dc09/cipher.ts';
import { dc09Settings } from '../dialects/sia-dc09.ts';

export interface Dc09Account {
  readonly panel: Panel;
  readonly prefix: string;
  /** Absent: it speaks in the clear, and the inventory says that it may. */
  readonly key?: Dc09Key;
}

/** Accounts are compared without regard to case. Undefined: nobody's, or of a panel that may not speak in the clear and has no usable key. */
export function accountsOf(door: PanelDoor, log: Logger): (account: string) => Dc09Account | undefined {
  // Replaced by the inventory when they change.
  const keys = new WeakMap<Panel, Dc09Key | 'clear' | 'unusable'>();

  const judge = (panel: Panel): Dc09Key | 'clear' | 'unusable' => {
    const { unencrypted } = dc09Settings.parse(panel.settings);
    const unusable = (why: string) => {
      log.error('panel key unusable', { panel: panel.id, why });
      return 'unusable' as const;
    };
    if (panel.secret === undefined) {
      if (!unencrypted) return unusable('it has no key, and settings.unencrypted is not true');
      log.warn('panel speaks in the clear', { panel: panel.id });
      return 'clear';
    }
    try {
      return readKey(panel.secret.reveal()) ?? unusable('a key has 16, 24 or 32 characters, or 32, 48 or 64 hexadecimal digits');
    } catch (error) {
      if (isGatewayError(error, 'SECRET_UNREADABLE')) return unusable(error.message);
      throw error;
    }
  };

  return (account) => {
    const wanted = account.toUpperCase();
    const [grant, other] = door
      .panels()
      .filter(({ panel }) => panel.dialect === 'sia-dc09' && String(panel.settings.account).toUpperCase() === wanted);
    if (!grant) return undefined;
    const { panel, prefix } = grant;
    if (other && !keys.has(panel)) log.error('panel account used twice', { account: wanted, panel: panel.id, unheard: other.panel.id });
    const key = keys.get(panel) ?? judge(panel);
    keys.set(panel, key);
    if (key === 'unusable') return undefined;
    return { panel, prefix, ...(key === 'clear' ? {} : { key }) };
  };
}
