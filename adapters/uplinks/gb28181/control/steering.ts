/** What a PTZCmd asks of a camera (GB/T 28181-2022 A.3, facts §4.9), in the gateway's words. Pure. */
import type { CameraCommand } from '../../../../gateway/domain/command.ts';
import type { PtzAxis, PtzCommand } from '../../../protocols/manscdp/ptz.ts';

export type Steering =
  /** Until a stop, or until the watchdog says so. `repeat`: the camera ends it by itself, and is told again. `beside`: once, at the same time. */
  | {
      readonly kind: 'movement';
      readonly command: CameraCommand;
      readonly stop: CameraCommand;
      readonly repeat: boolean;
      readonly beside?: CameraCommand;
    }
  /** Of everything that moves; a cruise too. */
  | { readonly kind: 'stop'; readonly command: CameraCommand }
  | { readonly kind: 'once'; readonly command: CameraCommand }
  | { readonly kind: 'preset'; readonly action: 'set' | 'call' | 'delete'; readonly preset: number }
  | { readonly kind: 'cruise'; readonly command: CruiseCommand }
  | { readonly kind: 'unsupported'; readonly what: string };

export type CruiseCommand =
  | Extract<PtzCommand, { readonly kind: 'cruise-add' | 'cruise-delete' | 'cruise-start' }>
  | { readonly kind: 'cruise-speed' | 'cruise-dwell'; readonly group: number; readonly value: number };

const profile = 'main';
const fullSpeed = 255;
const fullZoom = 15;
/** A platform may give a direction without a speed: it means that it should move. */
const leastSpeed = 0.1;

export function steeringOf(command: PtzCommand): Steering {
  switch (command.kind) {
    case 'stop':
      return { kind: 'stop', command: { op: 'ptz-stop', profile } };
    case 'move': {
      const { pan, tilt, zoom } = command;
      const speeds = { pan: along(pan, fullSpeed), tilt: along(tilt, fullSpeed), zoom: along(zoom, fullZoom) };
      return { kind: 'movement', command: { op: 'ptz-move', profile, ...speeds }, stop: { op: 'ptz-stop', profile }, repeat: true };
    }
    case 'lens-stop':
      return { kind: 'stop', command: { op: 'focus-stop', profile } };
    case 'lens': {
      // ONVIF knows the iris as an exposure setting, not as something that moves: one step for each order.
      const iris: CameraCommand = { op: 'iris', profile, by: along(command.iris, fullSpeed) };
      if (command.focus.toward === 0) return { kind: 'once', command: iris };
      return {
        kind: 'movement',
        command: { op: 'focus-move', profile, speed: along(command.focus, fullSpeed) },
        stop: { op: 'focus-stop', profile },
        repeat: false,
        ...(command.iris.toward === 0 ? {} : { beside: iris }),
      };
    }
    case 'preset':
      return { kind: 'preset', action: command.action, preset: command.preset };
    case 'auxiliary':
      return command.number === 1
        ? { kind: 'once', command: { op: 'wiper', profile, on: command.on } }
        : { kind: 'unsupported', what: `auxiliary switch ${command.number}` };
    case 'scan':
    case 'scan-speed':
      return { kind: 'unsupported', what: 'scan between two edges' };
    case 'cruise-add':
    case 'cruise-delete':
    case 'cruise-start':
      return { kind: 'cruise', command };
    case 'cruise-speed':
    case 'cruise-dwell':
      return { kind: 'cruise', command: { kind: command.kind, group: command.group, value: command.value } };
  }
}

function along({ toward, speed }: PtzAxis, full: number): number {
  return toward === 0 ? 0 : toward * Math.max(leastSpeed, Math.round((speed / full) * 1_000) / 1_000);
}
