/** SetGuard, ResetGuard and ResetAlarm, as orders to panels (facts §4.8). Pure: what may be done, and what never. */
import { overtakes } from '../../../../gateway/domain/alarm.ts';
import type { Panel } from '../../../../gateway/domain/campus.ts';
import type { PanelCommand } from '../../../../gateway/domain/command.ts';
import type { Instant } from '../../../../gateway/domain/time.ts';
import type { Owned } from '../owned.ts';

export type GuardOrder = 'SetGuard' | 'ResetGuard' | 'ResetAlarm';

export interface PanelTask {
  readonly panel: Panel;
  readonly command: PanelCommand;
}

/** Why not, for the log; or what to do, at least one thing. */
export type GuardDecision = { readonly refused: string } | { readonly tasks: readonly PanelTask[] };

/**
 * The whole gateway is armed and disarmed with all panels that the platform sees, which are `panels`: panic and fire are on guard at a panel whatever its
 * partitions do. One zone is taken in and out of service, which would silence a panic button or a smoke detector: those are refused, and so is a zone of
 * which nobody has said what it is.
 */
export function guardDecision(
  order: GuardOrder,
  owned: Owned | undefined,
  panels: readonly Panel[],
  stamp: { readonly id: () => string; readonly expires: Instant },
): GuardDecision {
  const command = () => ({ id: stamp.id(), expires: stamp.expires });
  if (!owned) return { refused: 'nothing here has that code' };
  switch (owned.kind) {
    case 'channel':
      return { refused: 'a camera is not armed' };
    case 'device': {
      const op = order === 'SetGuard' ? 'arm' : order === 'ResetGuard' ? 'disarm' : 'reset';
      const tasks = panels.filter(({ enabled }) => enabled).map((panel) => ({ panel, command: { ...command(), op } as const }));
      return tasks.length > 0 ? { tasks } : { refused: 'there is no panel that it sees' };
    }
    case 'zone': {
      const { panel, zone } = owned;
      if (order === 'ResetAlarm') return { tasks: [{ panel, command: { ...command(), op: 'reset' } }] };
      if (zone.type === undefined) return { refused: 'nobody has entered what kind of zone it is' };
      if (overtakes(zone.type)) return { refused: 'panic and fire are always on guard' };
      const op = order === 'SetGuard' ? 'unbypass' : 'bypass';
      return { tasks: [{ panel, command: { ...command(), op, zone: zone.id } }] };
    }
  }
}
