/** PTZCmd. An input of eight bytes gets the checksum that is missing, or nothing but checksums would be tried. */
import { readPtz, writePtz } from '../../../adapters/protocols/manscdp/ptz.ts';
import { textOf } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

export const ptzTarget: FuzzTarget = {
  name: 'ptz',
  longest: 64,
  seeds: () => [
    Buffer.from('A50F01011F0000D5'),
    ...['A50F01023232102B', 'A50F014A2030004F', 'A50F018200FF0036', 'A50F0187012C1079', 'A50F018901020041', 'A50F018D01000043'].map((hex) =>
      Buffer.from(hex, 'hex'),
    ),
  ],
  run(input) {
    const { address, command } = readPtz(input.length === 8 ? summed(input) : textOf(input));
    const again = readPtz(writePtz(command, address));
    must(JSON.stringify(again) === JSON.stringify({ address, command }), 'what is written says what was read', () => [command, again]);
  },
};

function summed(input: Uint8Array): string {
  const bytes = Buffer.from(input);
  bytes[7] = bytes.subarray(0, 7).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return bytes.toString('hex');
}
