/** A message of DC-09 that came through with a right CRC, in the clear and encrypted with our key. The high bit of the first byte chooses. */
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { unseal } from '../../../adapters/protocols/dc09/cipher.ts';
import { crcOf } from '../../../adapters/protocols/dc09/crc.ts';
import { readContactId, readSia } from '../../../adapters/protocols/dc09/data.ts';
import { extrasOf } from '../../../adapters/protocols/dc09/extended.ts';
import { contentOf, mostBody, readFrame, writeFrame } from '../../../adapters/protocols/dc09/frame.ts';
import type { Dc09Content, Dc09Message } from '../../../adapters/protocols/dc09/message.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { type FuzzTarget, must } from '../target.ts';

const key = Buffer.from('0123456789ABCDEF');
const fixtures = new URL('../../fixtures/dc09/', import.meta.url);
const mostEvents = 32;

function framed(body: Uint8Array): Buffer {
  const digits = (number: number) => number.toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(digits(crcOf(body)) + digits(body.byteLength)), body]);
}

function unsealed(clear: Uint8Array): Dc09Content {
  const blocks = Buffer.alloc(Math.ceil(clear.byteLength / 16) * 16, 0x30);
  blocks.set(clear, blocks.byteLength - clear.byteLength);
  const cipher = createCipheriv('aes-128-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return unseal(Buffer.concat([cipher.update(blocks), cipher.final()]).toString('hex'), key);
}

function read(line: Uint8Array): Dc09Message {
  const { crc: _crc, rest: _rest, ...frame } = readFrame(line);
  return { ...frame, ...contentOf(readFrame(line)) };
}

function events(data: string): number {
  try {
    return readSia(data).events.length;
  } catch (error) {
    if (error instanceof ProtocolError) return 0;
    throw error;
  }
}

export const dc09MessageTarget: FuzzTarget = {
  name: 'dc09-message',
  seeds: () =>
    ['vectors.json', 'foreign.json']
      .flatMap((name): { frame: string }[] => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')))
      .flatMap(({ frame }) => {
        const content = frame.slice(frame.indexOf('[') + 1);
        return [Buffer.from(` ${frame.slice(8)}`, 'latin1'), Buffer.from(`\x80000|${content}`, 'latin1')];
      }),
  words: [
    '"ADM-CID"',
    '"*SIA-DCS"',
    '"NULL"',
    '0001',
    'R1',
    'L0',
    '#1234[',
    '#1234|',
    'Nri1/',
    'ti12:00/',
    'id1',
    '^x^',
    '*x*',
    '|A',
    ']_08:15:30,06-01-2026',
  ],
  run(input) {
    const body = input.subarray(1);
    const encrypted = (input[0] ?? 0) >= 0x80;
    if (encrypted && body.byteLength === 0) return;
    const message = encrypted ? undefined : read(framed(body));
    const content = message ?? unsealed(body);
    must(events(content.data) <= mostEvents, 'a message is so many events at most', () => content.data.length);
    const { longitude = 0, latitude = 0 } = extrasOf(content);
    must(Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90, 'a place is on this planet', () => [longitude, latitude]);
    if (message && body.byteLength <= mostBody - 32) {
      const again = read(writeFrame(message).subarray(1, -1));
      must(JSON.stringify(again) === JSON.stringify(message), 'what is written again says what was read', () => [message, again]);
    }
    readContactId(content.data);
  },
};
