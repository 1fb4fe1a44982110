/**
 * Steers cameras for one platform. A movement lasts until its stop comes, and never longer than the watchdog lets it: a stop that is lost must not leave
 * a camera turned to the wall. One order at a time per camera, and of a flood of movements the last one counts.
 */
import type { CameraCommand, CameraPreset, CommandResult } from '../../../../gateway/domain/command.ts';
import type { ChannelId } from '../../../../gateway/domain/ids.ts';
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../../gateway/domain/time.ts';
import type { PtzCommand } from '../../../protocols/manscdp/ptz.ts';
import { nameOfPreset, numberedPresets } from '../presets.ts';
import { Cruises } from './cruises.ts';
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

type Axis = 'turning' | 'focus';

interface Order {
  /** Of what moves, and of its stop: a later one takes the place of one that has not begun. */
  readonly axis?: Axis;
  readonly carryOut: () => Promise<unknown>;
}

interface Helm {
  readonly channel: ChannelId;
  readonly cruises: Cruises;
  readonly orders: Order[];
  busy: boolean;
  /** Ends what goes on by itself: a movement, a cruise. */
  going: AbortController;
  /** Of the movement that was begun last; undefined once it was stopped. */
  stop: CameraCommand | undefined;
  /** Ends the wait for the guard position. */
  idle: AbortController;
  guard: { readonly preset: number; readonly after: Millis } | undefined;
}

/** Cameras stop by themselves after 5 s. */
const againEvery = seconds(3);
/** Without another word of the platform. */
const longestMovement = seconds(20);
const mostOrders = 16;

export class Pilot {
  readonly #parts: PilotParts;
  readonly #helms = new Map<ChannelId, Helm>();

  constructor(parts: PilotParts) {
    this.#parts = parts;
    const end = () => {
      for (const { going, idle } of this.#helms.values()) for (const each of [going, idle]) each.abort();
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
    helm.going.abort();
    helm.going = new AbortController();
    this.#begin(helm, steering, helm.going.signal);
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
    const [going, idle] = [new AbortController(), new AbortController()];
    const helm: Helm = { channel, cruises: new Cruises(), orders: [], busy: false, going, stop: undefined, idle, guard: undefined };
    this.#helms.set(channel, helm);
    return helm;
  }

  #begin(helm: Helm, steering: Exclude<Steering, { kind: 'unsupported' }>, going: AbortSignal): void {
    const perform = (command: CameraCommand) => this.#parts.perform(helm.channel, command);
    switch (steering.kind) {
      case 'movement':
        helm.stop = steering.stop;
        this.#order(helm, () => perform(steering.command), axisOf(steering.command));
        if (steering.beside) this.#order(helm, () => perform(steering.beside!));
        void this.#goOn(helm, steering, going).catch(() => undefined); // stopped, or something else was said
        break;
      case 'stop': {
        // Some platforms know one stop for everything.
        const other = helm.stop && helm.stop.op !== steering.command.op ? [helm.stop] : [];
        helm.stop = undefined;
        for (const command of [steering.command, ...other]) this.#order(helm, () => perform(command), axisOf(command));
        break;
      }
      case 'once':
        this.#order(helm, () => perform(steering.command));
        break;
      case 'preset':
        this.#order(helm, () => this.#preset(helm.channel, steering));
        break;
      case 'cruise':
        void this.#cruise(helm, steering.command.group, going).catch(() => undefined); // likewise
    }
  }

  async #goOn(helm: Helm, { command, stop, repeat }: Extract<Steering, { kind: 'movement' }>, going: AbortSignal): Promise<void> {
    const { clock, log, perform } = this.#parts;
    for (let gone = 0; gone < longestMovement; gone += againEvery) {
      await clock.sleep(millis(Math.min(againEvery, longestMovement - gone)), going);
      if (repeat && gone + againEvery < longestMovement) this.#order(helm, () => perform(helm.channel, command), axisOf(command));
    }
    log.warn('camera stopped by the watchdog', { channel: helm.channel, after: longestMovement });
    helm.stop = undefined;
    this.#order(helm, () => perform(helm.channel, stop), axisOf(stop));
  }

  async #cruise(helm: Helm, group: number, going: AbortSignal): Promise<void> {
    const cruise = helm.cruises.find(group);
    if (!cruise) {
      this.#parts.log.info('cruise has no points', { channel: helm.channel, group });
      return;
    }
    for (let turn = 0; ; turn += 1) {
      const preset = cruise.points[turn % cruise.points.length]!;
      this.#order(helm, () => this.#preset(helm.channel, { action: 'call', preset }), 'turning');
      await this.#parts.clock.sleep(cruise.dwell, going);
    }
  }

  async #preset(
    channel: ChannelId,
    { action, preset }: { readonly action: 'set' | 'call' | 'delete'; readonly preset: number },
  ): Promise<CommandResult> {
    const { perform } = this.#parts;
    const profile = 'main';
    const listed = await perform(channel, { op: 'presets', profile });
    const known: CameraPreset | undefined = numberedPresets(listed.presets ?? []).get(preset);
    if (action === 'set') {
      const name = known?.name || nameOfPreset(preset);
      return perform(channel, { op: 'preset-save', profile, name, ...(known ? { preset: known.token } : {}) });
    }
    if (!known) return { ok: false, sentence: `Channel ${channel} has no preset ${preset}.` };
    return perform(channel, { op: action === 'call' ? 'preset-go' : 'preset-remove', profile, preset: known.token });
  }

  #waitForGuard(helm: Helm): void {
    helm.idle.abort();
    helm.idle = new AbortController();
    const { guard } = helm;
    if (!guard || this.#parts.signal.aborted) return;
    this.#parts.clock.sleep(guard.after, helm.idle.signal).then(
      () => this.#order(helm, () => this.#preset(helm.channel, { action: 'call', preset: guard.preset })),
      () => undefined, // somebody steered
    );
  }

  #order(helm: Helm, carryOut: Order['carryOut'], axis?: Axis): void {
    const waiting = axis === undefined ? -1 : helm.orders.findIndex((order) => order.axis === axis);
    if (waiting >= 0) helm.orders.splice(waiting, 1);
    // A stop is never one too many.
    if (axis === undefined && helm.orders.length >= mostOrders) {
      this.#parts.log.warn('camera is given too many orders', { channel: helm.channel });
      return;
    }
    helm.orders.push({ carryOut, ...(axis === undefined ? {} : { axis }) });
    if (!helm.busy) void this.#carryOut(helm);
  }

  async #carryOut(helm: Helm): Promise<void> {
    helm.busy = true;
    for (let order = helm.orders.shift(); order; order = helm.orders.shift()) {
      try {
        await order.carryOut();
      } catch (error) {
        this.#parts.log.info('camera not steered', { channel: helm.channel, error });
      }
    }
    helm.busy = false;
  }
}

function axisOf({ op }: CameraCommand): Axis {
  return op === 'focus-move' || op === 'focus-stop' ? 'focus' : 'turning';
}
