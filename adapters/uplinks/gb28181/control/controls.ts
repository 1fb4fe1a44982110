/**
 * Orders of a platform: carried out where they may be, refused where not, and each refusal for want of permission told as a security notice
 * (facts §4.8, §11). The door writes down what was done, for whom.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ChannelId, UplinkId } from '../../../../gateway/domain/ids.ts';
import type { StreamProfile } from '../../../../gateway/domain/media.ts';
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { after, type Millis, seconds } from '../../../../gateway/domain/time.ts';
import type { PlatformDoor } from '../../../../gateway/domain/uplink-ports.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { readPtz } from '../../../protocols/manscdp/ptz.ts';
import { ProtocolError } from '../../../protocols/protocol-error.ts';
import { nameOf, type Owned, ownedBy, sharedPanels } from '../owned.ts';
import type { Basics, GbSettings } from '../settings.ts';
import { configured } from './configure.ts';
import { type GuardOrder, guardDecision } from './guard.ts';
import { Pilot, type PilotParts } from './pilot.ts';

type GbControl = Extract<ManscdpMessage, { readonly root: 'Control' }>;
type DeviceCommand = Extract<GbControl, { readonly cmdType: 'DeviceControl' }>['content']['commands'][number];

export interface ControlParts {
  readonly uplink: UplinkId;
  readonly settings: GbSettings;
  /** To be set anew by a platform that may. */
  readonly basics: { basics: Basics };
  readonly door: PlatformDoor;
  readonly clock: Clock;
  /** Of what a platform can provoke. */
  readonly log: Logger;
  /** Of what it has changed: no flood may hide it. */
  readonly audit: Logger;
  /** Which streams of a channel this platform is being shown. */
  readonly watched: (channel: ChannelId) => readonly StreamProfile[];
  /** De-registers and begins anew, as after a restart. */
  readonly restart: () => void;
}

const keyframeEvery = seconds(1);
const mostTold = 1_000;
/** A panel that is not there at once must not be armed an hour later. */
const goodFor = seconds(10);

export class Controls {
  readonly #parts: ControlParts;
  readonly #pilot: Pilot;
  readonly #signal: AbortSignal;
  readonly #keyframes = new Map<ChannelId, Millis>();
  readonly #toldUnsupported = new Set<string>();

  constructor(parts: ControlParts, signal: AbortSignal) {
    const { door, uplink, settings, clock, log } = parts;
    this.#parts = parts;
    this.#signal = signal;
    const perform: PilotParts['perform'] = (channel, command) => door.execute({ to: 'channel', channel, command }, uplink, signal);
    const unsupported: PilotParts['unsupported'] = (channel, what) => this.#unsupported(settings.codes.channels[channel] ?? channel, what);
    this.#pilot = new Pilot({ perform, unsupported, clock, log: log.child({ uplink }), signal });
  }

  /** The Response, where this order has one; undefined: the 200 was all. */
  async obey(control: GbControl): Promise<ManscdpMessage | undefined> {
    const { sn, deviceId } = control;
    const head = { root: 'Response', sn, deviceId } as const;
    if (control.cmdType === 'DeviceConfig') {
      const done = this.#allowed(this.#parts.settings.may.configure, deviceId, 'DeviceConfig') && this.#configure(control);
      return { ...head, cmdType: 'DeviceConfig', content: { result: done ? 'OK' : 'ERROR' } };
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
        // Alarms of the school go through this box: no platform restarts it for all the others.
        if (this.#allowed(may.reboot, code, 'TeleBoot')) {
          this.#tell('only the link restarts', { order: 'TeleBoot', code });
          this.#parts.restart();
        }
        return undefined;
      case 'DeviceUpgrade':
        // Firmware from whoever sends a SIP message: never (facts §4.13).
        this.#forbid(code, 'DeviceUpgrade');
        return false;
      case 'RecordCmd':
        return false;
      case 'FormatSDCard':
        this.#forbid(code, 'FormatSDCard');
        return undefined;
      case 'DragZoomIn':
      case 'DragZoomOut':
      case 'PTZPreciseCtrl':
      case 'TargetTrack':
        this.#unsupported(code, command.name);
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
    const watched = new Set(this.#parts.watched(id));
    if (watched.size === 0) watched.add('main');
    const commands = [...watched].map((profile) => ({ op: 'keyframe', profile }) as const);
    await Promise.all(commands.map((command) => door.execute({ to: 'channel', channel: id, command }, uplink, this.#signal)));
  }

  #configure({ deviceId, content }: Extract<GbControl, { readonly cmdType: 'DeviceConfig' }>): boolean {
    const { basics, door, log, audit, uplink } = this.#parts;
    const owned = this.#owned(deviceId);
    const next = owned?.kind === 'device' ? configured(content.configs, basics.basics, nameOf(owned, door)) : { refused: 'it is not the gateway' };
    if ('refused' in next) {
      log.warn('platform not obeyed', { uplink, what: 'DeviceConfig', code: deviceId, why: next.refused });
      return false;
    }
    if (isDeepStrictEqual(next, basics.basics)) return true;
    audit.warn('platform has set how it is kept up', { uplink, before: basics.basics, now: next });
    basics.basics = next;
    return true;
  }

  async #guard(order: GuardOrder, code: string): Promise<boolean> {
    const { door, uplink, settings, clock, log } = this.#parts;
    const decision = guardDecision(order, this.#owned(code), sharedPanels(settings, door.inventory.current()), {
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
    if (!may) this.#forbid(code, order);
    return may;
  }

  #forbid(code: string, order: string): void {
    this.#tell('order not allowed', { order, code });
  }

  /** Nobody answers these, so somebody has to read of them: in the log once for each, among the notices each time. */
  #unsupported(code: string, what: string): void {
    const { log, uplink } = this.#parts;
    if (!this.#toldUnsupported.has(`${code} ${what}`) && this.#toldUnsupported.size < mostTold) {
      this.#toldUnsupported.add(`${code} ${what}`);
      log.warn('platform orders what there is not', { uplink, what, code });
    }
    this.#tell('order not offered', { order: what, code });
  }

  #tell(what: string, fields: Readonly<Record<string, unknown>>): void {
    const { door, uplink } = this.#parts;
    door.securityNotice({ uplink, what, fields });
  }
}
