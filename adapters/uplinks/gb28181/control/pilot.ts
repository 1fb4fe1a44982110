/**
 * Steers cameras for one platform. A movement lasts until its stop comes, and never longer than the watchdog lets it: a stop that is lost must not leave
 * a camera turned to the wall. Of a flood of movements the last one counts, and a stop waits for nothing.
 */
import type { CameraCommand, CameraPreset, CommandResult } from '../../../../gateway/domain/command.ts';
import type { ChannelId } from '../../../../gateway/domain/ids.ts';
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../../gateway/domain/time.ts';
import type { PtzCommand } from '../../../protocols/manscdp/ptz.ts';
import { nameOfPreset, numberedPresets } from '../presets.ts';
import { type Cruise, Cruises } from './cruises.ts';
import { type Axis, type Begun, OrderQueue } from './order-queue.ts';
import { type Steering, steeringOf } from './steering.ts';

export interface PilotParts {
  /** Throws what keeps it from being done. */
  readonly perform: (channel: ChannelId, command: CameraCommand) => Promise<CommandResult>;
  /** It was told to do what no camera here can. */
  readonly unsupported: (channel: ChannelId, what: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends everything that moves by itself. */
  readonly signal: AbortSignal;
}

interface Movement {
  readonly stop: CameraCommand;
  /** Ends the watch over it. */
  readonly going: AbortController;
}

interface Helm {
  readonly channel: ChannelId;
  readonly cruises: Cruises;
  readonly orders: OrderQueue;
  /** Turning and focusing go on beside each other, each until its own stop. */
  readonly moving: Map<Axis, Movement>;
  /** Ends the cruise; undefined: there is none. */
  cruise: AbortController | undefined;
  /** Ends the wait for the guard position. */
  idle: AbortController;
  guard: { readonly preset: number; readonly after: Millis } | undefined;
}

/** Cameras stop by themselves after 5 s. */
const againEvery = seconds(3);
/** Without another word of the platform. */
const longestMovement = seconds(20);

export class Pilot {
  readonly #parts: PilotParts;
  readonly #helms = new Map<ChannelId, Helm>();

  constructor(parts: PilotParts) {
    this.#parts = parts;
    const end = () => {
      for (const { moving, cruise, idle } of this.#helms.values())
        for (const each of [...[...moving.values()].map(({ going }) => going), cruise, idle]) each?.abort();
    };
    parts.signal.addEventListener('abort', end, { once: true });
  }

  steer(channel: ChannelId, command: PtzCommand): void {
    const helm = this.#helm(channel);
    const steering = steeringOf(command);
    if (steering.kind === 'unsupported') {
      this.#parts.unsupported(channel, steering.what);
      return;
    }
    if (steering.kind === 'cruise') {
      helm.cruises.note(steering.command);
      if (steering.command.kind !== 'cruise-start') return;
    }
    helm.cruise?.abort();
    helm.cruise = undefined;
    this.#begin(helm, steering);
    this.#waitForGuard(helm);
  }

  /** Back to a preset when nobody has steered for a while; undefined: no longer. */
  guard(channel: ChannelId, guard: Helm['guard']): void {
    const helm = this.#helm(channel);
    helm.guard = guard;
    this.#waitForGuard(helm);
  }

  #helm(channel: ChannelId): Helm {
    const known = this.#helms.get(channel);
    if (known) return known;
    const orders = new OrderQueue({ channel, ...this.#parts });
    const idle = new AbortController();
    const helm: Helm = { channel, cruises: new Cruises(), orders, moving: new Map(), cruise: undefined, idle, guard: undefined };
    this.#helms.set(channel, helm);
    return helm;
  }

  #begin(helm: Helm, steering: Exclude<Steering, { kind: 'unsupported' }>): void {
    switch (steering.kind) {
      case 'movement': {
        const axis = axisOf(steering.command);
        const going = new AbortController();
        helm.moving.get(axis)?.going.abort();
        helm.moving.set(axis, { stop: steering.stop, going });
        this.#move(helm, steering.command);
        const { beside } = steering;
        if (beside) helm.orders.add({ carryOut: () => this.#parts.perform(helm.channel, beside) });
        void this.#goOn(helm, steering, going.signal).catch(() => undefined); // stopped, or something else was said
        break;
      }
      case 'stop': {
        // Some platforms know one stop for everything.
        const others = [...helm.moving.values()].map(({ stop }) => stop).filter(({ op }) => op !== steering.command.op);
        for (const command of [steering.command, ...others]) this.#halt(helm, command);
        break;
      }
      case 'once':
        helm.orders.add({ carryOut: () => this.#parts.perform(helm.channel, steering.command) });
        break;
      case 'preset':
        // It turns there, whatever it did before.
        if (steering.action === 'call') {
          this.#forget(helm, 'turning');
          this.#goTo(helm, steering.preset);
        } else helm.orders.add({ carryOut: (begun) => this.#preset(helm.channel, steering, begun) });
        break;
      case 'cruise':
        this.#forget(helm, 'turning');
        this.#beginCruise(helm, steering.command.group);
    }
  }

  #move(helm: Helm, command: CameraCommand): void {
    helm.orders.add({ axis: axisOf(command), carryOut: () => this.#parts.perform(helm.channel, command) });
  }

  #halt(helm: Helm, stop: CameraCommand): void {
    this.#forget(helm, axisOf(stop));
    helm.orders.stop({ axis: axisOf(stop), carryOut: () => this.#parts.perform(helm.channel, stop) });
  }

  /** It turns: a later movement takes its place, and a stop cancels it. */
  #goTo(helm: Helm, preset: number): void {
    helm.orders.add({ axis: 'turning', carryOut: (begun) => this.#preset(helm.channel, { action: 'call', preset }, begun) });
  }

  #forget(helm: Helm, axis: Axis): void {
    helm.moving.get(axis)?.going.abort();
    helm.moving.delete(axis);
  }

  async #goOn(helm: Helm, { command, stop, repeat }: Extract<Steering, { kind: 'movement' }>, going: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    for (let gone = 0; gone < longestMovement; gone += againEvery) {
      await clock.sleep(millis(Math.min(againEvery, longestMovement - gone)), going);
      if (repeat && gone + againEvery < longestMovement) this.#move(helm, command);
    }
    log.warn('camera stopped by the watchdog', { channel: helm.channel, after: longestMovement });
    this.#halt(helm, stop);
    this.#waitForGuard(helm);
  }

  #beginCruise(helm: Helm, group: number): void {
    const cruise = helm.cruises.find(group);
    if (!cruise) {
      this.#parts.log.info('cruise has no points', { channel: helm.channel, group });
      return;
    }
    helm.cruise = new AbortController();
    void this.#cruise(helm, cruise, helm.cruise.signal).catch(() => undefined); // something else was said
  }

  async #cruise(helm: Helm, cruise: Cruise, going: AbortSignal): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      const preset = cruise.points[turn % cruise.points.length]!;
      this.#goTo(helm, preset);
      await this.#parts.clock.sleep(cruise.dwell, going);
    }
  }

  async #preset(
    channel: ChannelId,
    { action, preset }: { readonly action: 'set' | 'call' | 'delete'; readonly preset: number },
    begun: Begun,
  ): Promise<CommandResult> {
    const { perform } = this.#parts;
    const profile = 'main';
    const listed = await perform(channel, { op: 'presets', profile });
    const known: CameraPreset | undefined = numberedPresets(listed.presets ?? []).get(preset);
    if (action === 'set') {
      const name = known?.name || nameOfPreset(preset);
      return perform(channel, { op: 'preset-save', profile, name, ...(known ? { preset: known.token } : {}) });
    }
    if (action === 'call' && begun.stop) return { ok: false, sentence: `Channel ${channel} was stopped before it went to preset ${preset}.` };
    if (!known) return { ok: false, sentence: `Channel ${channel} has no preset ${preset}.` };
    return perform(channel, { op: action === 'call' ? 'preset-go' : 'preset-remove', profile, preset: known.token });
  }

  /** Begun anew by every word of the platform and by the watchdog; while something moves because the platform said so, nobody is idle. */
  #waitForGuard(helm: Helm): void {
    helm.idle.abort();
    helm.idle = new AbortController();
    const { guard } = helm;
    if (!guard || this.#parts.signal.aborted) return;
    this.#parts.clock.sleep(guard.after, helm.idle.signal).then(
      () => {
        if (helm.moving.size === 0 && !helm.cruise) this.#goTo(helm, guard.preset);
      },
      () => undefined, // somebody steered
    );
  }
}

function axisOf({ op }: CameraCommand): Axis {
  return op === 'focus-move' || op === 'focus-stop' ? 'focus' : 'turning';
}
