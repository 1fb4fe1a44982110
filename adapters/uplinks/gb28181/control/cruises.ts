/** Cruises of one camera: presets that it visits in turn. Kept in memory: a platform writes them before it starts one. */
import { type Millis, seconds } from '../../../../gateway/domain/time.ts';
import type { CruiseCommand } from './steering.ts';

export interface Cruise {
  readonly points: readonly number[];
  readonly dwell: Millis;
}

interface CruiseBeingWritten {
  readonly points: number[];
  dwell: Millis;
}

const mostPoints = 64;
const usualDwell = seconds(15);
/** Shorter, and it would never stand still. */
const leastDwell = seconds(3);

export class Cruises {
  readonly #all = new Map<number, CruiseBeingWritten>();

  /** Starting one changes nothing here. */
  note(command: CruiseCommand): void {
    if (command.kind === 'cruise-start' || command.kind === 'cruise-speed') return; // ONVIF turns to a preset at its own speed
    const cruise = this.#all.get(command.group) ?? { points: [], dwell: usualDwell };
    this.#all.set(command.group, cruise);
    switch (command.kind) {
      case 'cruise-add':
        if (cruise.points.length < mostPoints && !cruise.points.includes(command.preset)) cruise.points.push(command.preset);
        break;
      case 'cruise-delete':
        if (command.preset === undefined) this.#all.delete(command.group);
        else if (cruise.points.includes(command.preset)) cruise.points.splice(cruise.points.indexOf(command.preset), 1);
        break;
      case 'cruise-dwell':
        cruise.dwell = seconds(Math.max(leastDwell / 1_000, command.value));
        break;
    }
  }

  /** Undefined: there is nothing to visit. */
  find(group: number): Cruise | undefined {
    const cruise = this.#all.get(group);
    return cruise && cruise.points.length > 0 ? { points: [...cruise.points], dwell: cruise.dwell } : undefined;
  }
}
