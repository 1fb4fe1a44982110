import { describe, expect, test } from 'vitest';
import { type PtzAxis, type PtzCommand, readPtz, writePtz } from '../../../adapters/protocols/manscdp/ptz.ts';

const none: PtzAxis = { toward: 0, speed: 0 };
const forth = (speed: number): PtzAxis => ({ toward: 1, speed });
const back = (speed: number): PtzAxis => ({ toward: -1, speed });
const move = (axes: { pan?: PtzAxis; tilt?: PtzAxis; zoom?: PtzAxis }): PtzCommand => ({ kind: 'move', pan: none, tilt: none, zoom: none, ...axes });
const lens = (axes: { focus?: PtzAxis; iris?: PtzAxis }): PtzCommand => ({ kind: 'lens', focus: none, iris: none, ...axes });

/** The vectors of two scripts that were written independently of this code (facts §10.1). */
const vectors: readonly (readonly [string, PtzCommand, string, number?])[] = [
  ['P1 stop', { kind: 'stop' }, 'A50F0100000000B5'],
  ['P2 right', move({ pan: forth(0x1f) }), 'A50F01011F0000D5'],
  ['P3 left', move({ pan: back(0x1f) }), 'A50F01021F0000D6'],
  ['P4 down', move({ tilt: back(0x1f) }), 'A50F0104001F00D8'],
  ['P5 up', move({ tilt: forth(0x1f) }), 'A50F0108001F00DC'],
  ['P6 right and up', move({ pan: forth(0x20), tilt: forth(0x10) }), 'A50F0109201000EE'],
  ['P7 right and down', move({ pan: forth(0x20), tilt: back(0x10) }), 'A50F0105201000EA'],
  ['P8 left and up', move({ pan: back(0x20), tilt: forth(0x10) }), 'A50F010A201000EF'],
  ['P9 left and down', move({ pan: back(0x20), tilt: back(0x10) }), 'A50F0106201000EB'],
  ['P10 right as fast as it goes', move({ pan: forth(0xff) }), 'A50F0101FF0000B5'],
  [
    'P11 left with speeds of axes that do not move',
    move({ pan: back(0x32), tilt: { toward: 0, speed: 0x32 }, zoom: { toward: 0, speed: 1 } }),
    'A50F01023232102B',
  ],
  ['P12 zoom in slowly', move({ zoom: forth(1) }), 'A50F0110000010D5'],
  ['P12 zoom in fast', move({ zoom: forth(15) }), 'A50F01100000F0B5'],
  ['P13 zoom out slowly', move({ zoom: back(1) }), 'A50F0120000010E5'],
  ['P13 zoom out', move({ zoom: back(8) }), 'A50F012000008055'],
  ['P14 another address', move({ zoom: forth(1) }), 'A50F4D1000001021', 0x4d],
  ['P15 all at once, an address of 12 bits', move({ pan: back(0x40), tilt: forth(0x20), zoom: forth(5) }), 'A50F231A402051A2', 0x123],
  ['P16 focus far', lens({ focus: forth(0x20) }), 'A50F014120000016'],
  ['P16 focus near', lens({ focus: back(0x20) }), 'A50F014220000017'],
  ['P17 iris open', lens({ iris: forth(0x20) }), 'A50F014400200019'],
  ['P17 iris close', lens({ iris: back(0x20) }), 'A50F01480020001D'],
  ['P18 lens stop', { kind: 'lens-stop' }, 'A50F0140000000F5'],
  ['P18 iris and focus', lens({ focus: back(0x20), iris: back(0x30) }), 'A50F014A2030004F'],
  ['P19 preset set', { kind: 'preset', action: 'set', preset: 1 }, 'A50F018100010037'],
  ['P19 preset call', { kind: 'preset', action: 'call', preset: 1 }, 'A50F018200010038'],
  ['P19 preset delete', { kind: 'preset', action: 'delete', preset: 1 }, 'A50F018300010039'],
  ['P20 the last preset', { kind: 'preset', action: 'call', preset: 255 }, 'A50F018200FF0036'],
  ['P21 cruise, add a preset', { kind: 'cruise-add', group: 1, preset: 3 }, 'A50F01840103003D'],
  ['P21 cruise, delete it', { kind: 'cruise-delete', group: 1, preset: 3 }, 'A50F01850103003E'],
  ['P21 cruise, delete all', { kind: 'cruise-delete', group: 1 }, 'A50F01850100003B'],
  ['P22 cruise, speed', { kind: 'cruise-speed', group: 1, value: 0x123 }, 'A50F01860123106F'],
  ['P22 cruise, dwell of 30 s', { kind: 'cruise-dwell', group: 1, value: 30 }, 'A50F0187011E005B'],
  ['P22 cruise, dwell of 300 s', { kind: 'cruise-dwell', group: 1, value: 300 }, 'A50F0187012C1079'],
  ['P23 cruise, start', { kind: 'cruise-start', group: 1 }, 'A50F01880100003E'],
  ['P24 scan, start', { kind: 'scan', action: 'start', group: 1 }, 'A50F01890100003F'],
  ['P24 scan, left edge', { kind: 'scan', action: 'left-edge', group: 1 }, 'A50F018901010040'],
  ['P24 scan, right edge', { kind: 'scan', action: 'right-edge', group: 1 }, 'A50F018901020041'],
  ['P24 scan, speed', { kind: 'scan-speed', group: 1, value: 0x45 }, 'A50F018A01450085'],
  ['P25 wiper on', { kind: 'auxiliary', on: true, number: 1 }, 'A50F018C01000042'],
  ['P25 wiper off', { kind: 'auxiliary', on: false, number: 1 }, 'A50F018D01000043'],
];

const cases = vectors.map(([name, command, hex, address = 1]) => ({ name, command, hex, address }));

describe('a PTZCmd', () => {
  test.each(cases)('$name is written', ({ command, hex, address }) => {
    expect(writePtz(command, address)).toBe(hex);
  });

  test.each(cases)('$name is read, in small letters too', ({ command, hex, address }) => {
    expect(readPtz(hex)).toEqual({ address, command });
    expect(readPtz(` ${hex.toLowerCase()}\n`)).toEqual({ address, command });
  });

  test('of somebody else is read (uvp-gb28181-sim, its own test value): left, with the speed where tilt has its own', () => {
    expect(readPtz('A50F0102000100B8').command).toEqual(move({ pan: back(0), tilt: { toward: 0, speed: 1 } }));
  });

  test.each([
    ['a wrong checksum (P26)', 'A50F01011F0000D4', 'the checksum of PTZCmd'],
    ['14 digits (P26)', 'A50F01011F0000', 'PTZCmd'],
    ['another first byte (P26)', 'A40F01011F0000D4', 'PTZCmd'],
    ['a wrong check of the first two bytes (P26)', 'A50E01011F0000D4', 'the second byte of PTZCmd'],
    ['both left and right', 'A50F01031F0000D7', 'the fourth byte of PTZCmd'],
    ['preset 0', 'A50F018200000037', 'PTZCmd'],
    ['an unknown command', 'A50F015000000005', 'the fourth byte of PTZCmd'],
    ['an unknown scan action', 'A50F018901030042', 'the scan action of PTZCmd'],
    ['no digits at all', 'stop', 'PTZCmd'],
  ])('with %s is refused, and it says where', (_, hex, where) => {
    expect(() => readPtz(hex)).toThrow(expect.objectContaining({ name: 'ProtocolError', where }));
  });
});
