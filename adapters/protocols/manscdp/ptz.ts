/**
 * The eight bytes of a PTZCmd, as sixteen hexadecimal digits, both ways (GB/T 28181-2016 and -2022 Annex A.3, "front-end device control").
 * Bytes say what they say: a direction without a speed stays one, and what that means is for the caller to decide.
 */
import { ProtocolError } from '../protocol-error.ts';

/** `toward`: 1 is right, up, tele, far or open; -1 the other way; 0 is none, whatever the speed says. */
export interface PtzAxis {
  readonly toward: -1 | 0 | 1;
  readonly speed: number;
}

export type PtzCommand =
  /** Of pan, tilt and zoom together. */
  | { readonly kind: 'stop' }
  /** Until a stop comes. Speeds of pan and tilt 0 to 255, of zoom 0 to 15. */
  | { readonly kind: 'move'; readonly pan: PtzAxis; readonly tilt: PtzAxis; readonly zoom: PtzAxis }
  /** Of focus and iris together. */
  | { readonly kind: 'lens-stop' }
  /** Until a lens stop comes. Speeds 0 to 255. */
  | { readonly kind: 'lens'; readonly focus: PtzAxis; readonly iris: PtzAxis }
  /** `preset`: 1 to 255. */
  | { readonly kind: 'preset'; readonly action: 'set' | 'call' | 'delete'; readonly preset: number }
  | { readonly kind: 'cruise-add'; readonly group: number; readonly preset: number }
  /** Without a preset the whole cruise. */
  | { readonly kind: 'cruise-delete'; readonly group: number; readonly preset?: number }
  /** `value`: 0 to 4095; a dwell is in seconds. */
  | { readonly kind: 'cruise-speed' | 'cruise-dwell' | 'scan-speed'; readonly group: number; readonly value: number }
  /** It ends with a stop. */
  | { readonly kind: 'cruise-start'; readonly group: number }
  | { readonly kind: 'scan'; readonly action: 'start' | 'left-edge' | 'right-edge'; readonly group: number }
  /** Switch 1 is the wiper. */
  | { readonly kind: 'auxiliary'; readonly on: boolean; readonly number: number };

/** `address`: 12 bits, of a decoder behind the device; receivers ignore it. */
export interface PtzFrame {
  readonly address: number;
  readonly command: PtzCommand;
}

const firstByte = 0xa5;
const length = 8;
const lensGroup = 0x40;
const presetActions = { set: 0x81, call: 0x82, delete: 0x83 } as const;
const scanActions = ['start', 'left-edge', 'right-edge'] as const;
const code = { cruiseAdd: 0x84, cruiseDelete: 0x85, cruiseSpeed: 0x86, cruiseDwell: 0x87, cruiseStart: 0x88, scan: 0x89, scanSpeed: 0x8a } as const;
const auxiliary = { on: 0x8c, off: 0x8d } as const;

/** Throws ProtocolError for what is no PTZCmd, or none that means anything: `where` is "the checksum" where only that is wrong. */
export function readPtz(text: string): PtzFrame {
  const digits = text.trim();
  if (!/^[\da-f]{16}$/i.test(digits)) throw new ProtocolError('16 hexadecimal digits', JSON.stringify(digits.slice(0, 40)), 'PTZCmd');
  const bytes = Buffer.from(digits, 'hex');
  if (bytes[0] !== firstByte) throw new ProtocolError('a first byte A5', digits.slice(0, 2), 'PTZCmd');
  const check = ((bytes[0] >> 4) + (bytes[0] & 0x0f) + (bytes[1]! >> 4)) & 0x0f;
  if ((bytes[1]! & 0x0f) !== check) throw new ProtocolError(`a check of ${check.toString(16)}`, digits.slice(2, 4), 'the second byte of PTZCmd');
  const sum = sumOf(bytes);
  if (bytes[7] !== sum) throw new ProtocolError(sum.toString(16), digits.slice(14), 'the checksum of PTZCmd');
  return { address: bytes[2]! | ((bytes[6]! & 0x0f) << 8), command: commandOf(bytes[3]!, bytes[4]!, bytes[5]!, bytes[6]! >> 4) };
}

/** Sixteen digits in upper case. */
export function writePtz(command: PtzCommand, address = 1): string {
  const [operation, first = 0, second = 0, third = 0] = fieldsOf(command);
  const bytes = Buffer.of(firstByte, 0x0f, address & 0xff, operation, first, second, ((third & 0x0f) << 4) | ((address >> 8) & 0x0f), 0);
  bytes[7] = sumOf(bytes);
  return bytes.toString('hex').toUpperCase();
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < length - 1; at += 1) sum += bytes[at]!;
  return sum & 0xff;
}

function commandOf(operation: number, first: number, second: number, third: number): PtzCommand {
  if (operation === 0) return { kind: 'stop' };
  if (operation < 0x40) {
    return {
      kind: 'move',
      pan: axisOf(operation, 0x01, 0x02, first),
      tilt: axisOf(operation, 0x08, 0x04, second),
      zoom: axisOf(operation, 0x10, 0x20, third),
    };
  }
  if (operation === lensGroup) return { kind: 'lens-stop' };
  if (operation < 0x50) return { kind: 'lens', focus: axisOf(operation, 0x01, 0x02, first), iris: axisOf(operation, 0x04, 0x08, second) };
  const value = second | (third << 8);
  switch (operation) {
    case presetActions.set:
      return { kind: 'preset', action: 'set', preset: presetOf(second) };
    case presetActions.call:
      return { kind: 'preset', action: 'call', preset: presetOf(second) };
    case presetActions.delete:
      return { kind: 'preset', action: 'delete', preset: presetOf(second) };
    case code.cruiseAdd:
      return { kind: 'cruise-add', group: first, preset: presetOf(second) };
    case code.cruiseDelete:
      return second === 0 ? { kind: 'cruise-delete', group: first } : { kind: 'cruise-delete', group: first, preset: second };
    case code.cruiseSpeed:
      return { kind: 'cruise-speed', group: first, value };
    case code.cruiseDwell:
      return { kind: 'cruise-dwell', group: first, value };
    case code.cruiseStart:
      return { kind: 'cruise-start', group: first };
    case code.scan: {
      const action = scanActions[second];
      if (action === undefined) throw new ProtocolError('00 to 02', second.toString(16), 'the scan action of PTZCmd');
      return { kind: 'scan', action, group: first };
    }
    case code.scanSpeed:
      return { kind: 'scan-speed', group: first, value };
    case auxiliary.on:
    case auxiliary.off:
      return { kind: 'auxiliary', on: operation === auxiliary.on, number: first };
    default:
      throw new ProtocolError('a command of Annex A.3', operation.toString(16), 'the fourth byte of PTZCmd');
  }
}

function axisOf(operation: number, forth: number, back: number, speed: number): PtzAxis {
  const bits = operation & (forth | back);
  if (bits === (forth | back)) throw new ProtocolError('one direction', 'both', 'the fourth byte of PTZCmd');
  return { toward: bits === 0 ? 0 : bits === forth ? 1 : -1, speed };
}

function presetOf(byte: number): number {
  if (byte === 0) throw new ProtocolError('a preset of 1 to 255', '0, which is reserved', 'PTZCmd');
  return byte;
}

/** Byte 4, byte 5, byte 6, and the high half of byte 7. */
function fieldsOf(command: PtzCommand): readonly [number, number?, number?, number?] {
  switch (command.kind) {
    case 'stop':
      return [0];
    case 'move': {
      const { pan, tilt, zoom } = command;
      return [bitsOf(pan, 0x01, 0x02) | bitsOf(tilt, 0x08, 0x04) | bitsOf(zoom, 0x10, 0x20), pan.speed, tilt.speed, zoom.speed];
    }
    case 'lens-stop':
      return [lensGroup];
    case 'lens': {
      const { focus, iris } = command;
      return [lensGroup | bitsOf(focus, 0x01, 0x02) | bitsOf(iris, 0x04, 0x08), focus.speed, iris.speed];
    }
    case 'preset':
      return [presetActions[command.action], 0, command.preset];
    case 'cruise-add':
      return [code.cruiseAdd, command.group, command.preset];
    case 'cruise-delete':
      return [code.cruiseDelete, command.group, command.preset ?? 0];
    case 'cruise-speed':
      return [code.cruiseSpeed, command.group, command.value & 0xff, command.value >> 8];
    case 'cruise-dwell':
      return [code.cruiseDwell, command.group, command.value & 0xff, command.value >> 8];
    case 'cruise-start':
      return [code.cruiseStart, command.group];
    case 'scan':
      return [code.scan, command.group, scanActions.indexOf(command.action)];
    case 'scan-speed':
      return [code.scanSpeed, command.group, command.value & 0xff, command.value >> 8];
    case 'auxiliary':
      return [command.on ? auxiliary.on : auxiliary.off, command.number];
  }
}

function bitsOf({ toward }: PtzAxis, forth: number, back: number): number {
  return toward === 0 ? 0 : toward > 0 ? forth : back;
}
