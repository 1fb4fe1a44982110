/** A box with the school of `gb-school.ts` behind its door: what happens to its devices is told here, what is ordered of them is noted. */

import type { Inventory } from '../../gateway/domain/campus.ts';
import type { CameraCommand, CommandResult, PanelCommand } from '../../gateway/domain/command.ts';
import type { DeviceHealth, FaultCode, PanelStatus } from '../../gateway/domain/health.ts';
import { cameraId, panelId } from '../../gateway/domain/ids.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import type { PlatformCommand } from '../../gateway/domain/uplink-ports.ts';
import { Mailbox } from '../../gateway/runtime/mailbox.ts';
import { emptyBox } from './gb-device.ts';
import { gbSchool } from './gb-school.ts';
import { MemoryJournal } from './memory-journal.ts';

type Ordered = { readonly of: string; readonly command: CameraCommand | PanelCommand };

export type GbBox = ReturnType<typeof gbBox>;

export function gbBox(clock: Clock, inventory: Inventory = gbSchool()) {
  const journal = new MemoryJournal(clock);
  const orders: Ordered[] = [];
  const faults = new Map<string, FaultCode>();
  const raised = new Set<string>();
  const armed: Record<string, string> = {};
  const changed = { inventory: new Mailbox<Inventory>(), health: new Mailbox<void>() };
  let current = inventory;
  let obey: (command: PlatformCommand) => CommandResult | Promise<CommandResult> = () => ({ ok: true });
  const healthOf = (id: string): DeviceHealth => {
    const code = faults.get(id);
    const found =
      code === undefined ? [] : [{ code, subject: cameraId('x'), since: clock.now(), sentence: { zh: '摄像机断线。', en: 'It is gone.' } }];
    const offline = code === 'camera-unreachable' || code === 'panel-silent';
    return { subject: cameraId('x'), kind: 'camera', state: offline ? 'offline' : code ? 'degraded' : 'normal', since: clock.now(), faults: found };
  };
  const status = (panel: string): PanelStatus => ({
    ...{ panel: panelId(panel), session: 'connected', announced: 'online', since: clock.now(), troubles: [], armed },
  });
  const door: ReturnType<typeof emptyBox> = {
    ...emptyBox(clock),
    inventory: { current: () => current, changes: (signal) => changed.inventory.take(signal) },
    health: { device: healthOf, devices: () => [], changes: (signal) => changed.health.take(signal) },
    journal: { ...journal.read, raisedTypes: (panel, zone) => (raised.has(`${panel}/${zone}`) ? ['panic.silent'] : []) },
    cameraStatus: (camera) => ({ camera, connection: 'connected', since: clock.now(), model: 'SIM-IPC-1', firmware: '1.2.3', profiles: [] }),
    panelStatus: status,
    async execute(command) {
      orders.push({ of: command.to === 'channel' ? command.channel : command.panel, command: command.command });
      return obey(command);
    },
  };
  return {
    door,
    journal,
    orders,
    armed,
    raised,
    set obey(how: typeof obey) {
      obey = how;
    },
    /** Undefined: it is well again. */
    fault(device: string, code: FaultCode | undefined) {
      if (code) faults.set(device, code);
      else faults.delete(device);
      changed.health.push();
    },
    become(other: Inventory) {
      current = other;
      changed.inventory.push(other);
    },
  };
}
