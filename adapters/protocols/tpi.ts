/** The line protocol of the Envisalink modules for DSC panels (EyezOn TPI): three digits, data, and a checksum of two hexadecimal digits. */
import { ProtocolError } from './protocol-error.ts';

export interface TpiLine {
  readonly command: string;
  readonly data: string;
}

/** A command to the module, without the line's end. */
export function writeTpi({ command, data }: TpiLine): string {
  const body = `${command}${data}`;
  return `${body}${sumOf(body).toString(16).toUpperCase().padStart(2, '0')}`;
}

function sumOf(body: string): number {
  return [...body].reduce((total, character) => total + character.charCodeAt(0), 0) & 0xff;
}

/** Throws ProtocolError. The checksum is the sum of all characters before it, modulo 256. */
export function readTpi(line: string): TpiLine {
  const [, body, sum] = line.trim().match(/^(\d{3}[\x20-\x7e]{0,200}?)([0-9A-Fa-f]{2})$/) ?? [];
  if (body === undefined || sum === undefined)
    throw new ProtocolError('three digits, data and a checksum', JSON.stringify(line.slice(0, 40)), 'the line');
  const wanted = sumOf(body);
  if (wanted !== Number.parseInt(sum, 16)) throw new ProtocolError(wanted.toString(16).padStart(2, '0'), sum, 'the checksum');
  return { command: body.slice(0, 3), data: body.slice(3) };
}
