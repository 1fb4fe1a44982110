/**
 * Orders of a platform: carried out where they may be, refused where not, and each refusal for want of permission told as a security notice
 * (facts §4.8, §11). The door writes down what was done, for whom.
 */
import { randomUUID } from 'node:crypto';
import type { ChannelId, UplinkId } from '../../../../gateway/domain/ids.ts';
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { after, type Millis, seconds } from '../../../../gateway/domain/time.ts';
import type { PlatformDoor } from '../../../../gateway/domain/uplink-ports.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { readPtz } from '../../../protocols/manscdp/ptz.ts';
import { ProtocolError } from '../../../protocols/protocol-error.ts';
import { type Owned, ownedBy } from '../owned.ts';
import type { GbSettings } from '../settings.ts';
import { type GuardOrder, guardDecision } from './guard.ts';
import { Pilot, type PilotParts } from './pilot.ts';

type GbControl = Extract<ManscdpMessage, { readonly root: 'Control' }>;
type DeviceCommand = Extract<GbControl, { readonly cmdType: 'DeviceControl' }>['content']['commands'][number];

export interface ControlParts {
  readonly uplink: UplinkId;
  readonly settings: GbSettings;
  readonly door: PlatformDoor;
  readonly clock: Clock;
  readonly log: Logger;
  /** De-registers and begins anew, as after a restart. */
  readonly restart: () => void;
}

const keyframeEvery = seconds(1);
/** A panel that is not there at once must not be armed an hour later. */
const goodFor = seconds(10);

export class Controls {
  readonly #parts: ControlParts;
  readonly #pilot: Pilot;
  readonly #signal: AbortSignal;
  readonly #keyframes = new Map<ChannelId, Millis>();

  constructor(parts: ControlParts, signal: AbortSignal) {
    const { door, uplink, clock, log } = parts;
    this.#parts = parts;
    this.#signal = signal;
    const perform: PilotParts['perform'] = (channel, command) => door.execute({ to: 'channel', channel, command }, uplink, signal);
    this.#pilot = new Pilot({ perform, clock, log: log.child({ uplink }), signal });
  }

  /** The Response, where this order has one; undefined: the 200 was all. */
  async obey(control: GbControl): Promise<ManscdpMessage | undefined> {
    const { sn, deviceId } = control;
    const head = { root: 'Response', sn, deviceId } as const;
    if (control.cmdType === 'DeviceConfig') {
      this.#forbid(deviceId, 'DeviceConfig', this.#parts.settings.may.configure);
      return { ...head, cmdType: 'DeviceConfig', content: { result: 'ERROR' } };
    }
    // One, in whatever is worth obeying.
    const [command] = control.content.commands;
    const done = command && (await this.#carryOut(command, deviceId));
    return done === undefined ? undefined : { ...head, cmdType: 'DeviceControl', content: { result: done ? 'OK' : 'ERROR' } };
  }

  /** Undefined: nobody expects an answer. */
  async #carryOut(command: DeviceCommand, code: string): Promise<boolean | undefined> {
    const { may } = this.#parts.settings;
    switch (command.name) {
      case 'PTZCmd':
        if (this.#allowed(may.move, code, 'PTZCmd')) this.#steer(code, command.value);
        return undefined;
      case 'IFrameCmd':
      case 'IFameCmd':
        await this.#keyframe(code);
        return undefined;
      case 'HomePosition': {
        const { enabled, resetTime = 60, presetIndex = 1 } = command.value;
        const owned = this.#owned(code);
        if (owned?.kind !== 'channel' || !this.#allowed(may.move, code, 'HomePosition')) return false;
        this.#pilot.guard(owned.channel.id, enabled === 0 ? undefined : { preset: presetIndex, after: seconds(Math.max(5, resetTime)) });
        return true;
      }
      case 'GuardCmd':
        return this.#allowed(may.guard, code, command.value) && this.#guard(command.value, code);
      case 'AlarmCmd':
        return this.#allowed(may.resetAlarms, code, command.value) && this.#guard(command.value, code);
      case 'TeleBoot':
        if (this.#allowed(may.reboot, code, 'TeleBoot')) this.#parts.restart();
        return undefined;
      case 'DeviceUpgrade':
        // Firmware from whoever sends a SIP message: never (facts §4.13).
        this.#forbid(code, 'DeviceUpgrade', false);
        return false;
      case 'RecordCmd':
        return false;
      case 'FormatSDCard':
        this.#forbid(code, 'FormatSDCard', false);
        return undefined;
      case 'DragZoomIn':
      case 'DragZoomOut':
      case 'PTZPreciseCtrl':
      case 'TargetTrack':
        this.#parts.log.info('platform not obeyed', { uplink: this.#parts.uplink, what: command.name, code });
        return undefined;
    }
  }

  #steer(code: string, text: string): void {
    const { log, uplink } = this.#parts;
    const owned = this.#owned(code);
    try {
      const { command } = readPtz(text);
      if (owned?.kind === 'channel') this.#pilot.steer(owned.channel.id, command);
      else log.info('platform steers what is no camera', { uplink, code });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.info('ptz command unreadable', { uplink, code, error });
    }
  }

  async #keyframe(code: string): Promise<void> {
    const { clock, door, uplink } = this.#parts;
    const owned = this.#owned(code);
    if (owned?.kind !== 'channel') return;
    const { id } = owned.channel;
    const now = clock.monotonic();
    const last = this.#keyframes.get(id);
    if (last !== undefined && now - last < keyframeEvery) return;
    this.#keyframes.set(id, now);
    await door.execute({ to: 'channel', channel: id, command: { op: 'keyframe', profile: 'main' } }, uplink, this.#signal);
  }

  async #guard(order: GuardOrder, code: string): Promise<boolean> {
    const { door, uplink, clock, log } = this.#parts;
    const decision = guardDecision(order, this.#owned(code), door.inventory.current(), {
      id: () => randomUUID(),
      expires: after(clock.now(), goodFor),
    });
    if ('refused' in decision) {
      log.warn('platform not obeyed', { uplink, what: order, code, why: decision.refused });
      door.securityNotice({ uplink, what: 'guard refused', fields: { order, code, why: decision.refused } });
      return false;
    }
    const done = await Promise.all(
      decision.tasks.map(({ panel, command }) =>
        door.execute({ to: 'panel', panel: panel.id, command }, uplink, this.#signal).then(
          ({ ok }) => ok,
          () => false, // why stands in the log
        ),
      ),
    );
    return done.every((ok) => ok);
  }

  #owned(code: string): Owned | undefined {
    const { settings, door } = this.#parts;
    return ownedBy(code, settings, door.inventory.current());
  }

  #allowed(may: boolean, code: string, order: string): boolean {
    if (!may) this.#forbid(code, order, may);
    return may;
  }

  #forbid(code: string, order: string, allowed: boolean): void {
    const { door, uplink } = this.#parts;
    door.securityNotice({ uplink, what: allowed ? 'order not offered' : 'order not allowed', fields: { order, code } });
  }
}
