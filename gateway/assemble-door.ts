/** Part of the composition root: the door through which uplinks see the box. */
import type { CommandResult } from './domain/command.ts';
import type { UplinkId } from './domain/ids.ts';
import type { Clock, Logger } from './domain/ports.ts';
import { between, type Instant, seconds } from './domain/time.ts';
import type { PlatformCommand, PlatformDoor, SecurityNotice } from './domain/uplink-ports.ts';
import type { CameraFleet } from './fleet/cameras.ts';
import type { PanelFleet } from './fleet/panels.ts';

export interface DoorParts extends Omit<PlatformDoor, 'cameraStatus' | 'panelStatus' | 'execute' | 'securityNotice'> {
  readonly cameras: Pick<CameraFleet, 'status' | 'perform'>;
  readonly panels: Pick<PanelFleet, 'status' | 'perform'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export function platformDoor({ cameras, panels, clock, log, ...rest }: DoorParts): PlatformDoor {
  return {
    ...rest,
    cameraStatus: (camera) => cameras.status(camera),
    panelStatus: (panel) => panels.status(panel),
    async execute(command, onBehalfOf, signal) {
      const asked = { uplink: onBehalfOf, ...targetOf(command), op: command.command.op };
      try {
        const result = await perform(command, onBehalfOf, signal);
        log.info('platform command', { ...asked, ...result });
        return result;
      } catch (error) {
        log.warn('platform command failed', { ...asked, error });
        throw error;
      }
    },
    securityNotice: securityNotices(clock, log),
  };

  function perform(asked: PlatformCommand, uplink: UplinkId, signal: AbortSignal): Promise<CommandResult> {
    switch (asked.to) {
      case 'channel':
        return cameras.perform(asked.channel, asked.command, signal);
      case 'panel':
        return panels.perform(asked.panel, asked.command, { by: { uplink }, reason: 'ordered by the platform' });
    }
  }
}

function targetOf(command: PlatformCommand) {
  return command.to === 'channel' ? { channel: command.channel } : { panel: command.panel };
}

const repeatEvery = seconds(10);
/** Kinds of notices of one uplink that are told apart. */
const mostKinds = 100;

/** The first of a kind at once, then at most one in 10 s with how many went unsaid: whoever attacks must not fill the disk. */
function securityNotices(clock: Clock, log: Logger): (notice: SecurityNotice) => void {
  const told = new Map<string, { at: Instant; unsaid: number }>();
  return ({ uplink, what, fields }) => {
    const now = clock.now();
    const key = keyOf(uplink, what);
    const last = told.get(key);
    if (last && now >= last.at && between(last.at, now) < repeatEvery) {
      last.unsaid += 1;
      return;
    }
    if (!last && told.size >= mostKinds) return;
    told.set(key, { at: now, unsaid: 0 });
    log.warn('security notice', { uplink, what, ...fields, ...(last && last.unsaid > 0 ? { unsaid: last.unsaid } : {}) });
  };
}

const keyOf = (uplink: UplinkId, what: string) => `${uplink} ${what}`;
