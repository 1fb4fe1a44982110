/** SIA DC-09 as bytes: the vectors both ways, frames that other people made, and what is left of them when they are damaged. */
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acknowledgement, refusal, timeRefusal } from '../../../adapters/protocols/dc09/answer.ts';
import { randomPadding, readKey, unseal } from '../../../adapters/protocols/dc09/cipher.ts';
import { contactIdText, readContactId, readSia, siaText } from '../../../adapters/protocols/dc09/data.ts';
import { extrasOf } from '../../../adapters/protocols/dc09/extended.ts';
import { contentOf, mostBody, readFrame, writeFrame } from '../../../adapters/protocols/dc09/frame.ts';
import { Dc09Framer, oldHeartbeatAnswer, readOldHeartbeat } from '../../../adapters/protocols/dc09/framer.ts';
import type { Dc09Message } from '../../../adapters/protocols/dc09/message.ts';
import { believable, readTimestamp, timestampText } from '../../../adapters/protocols/dc09/timestamp.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';

interface Vector {
  readonly id: string;
  readonly frame: string;
  readonly message: Dc09Message;
}
interface Foreign {
  readonly source: string;
  readonly frame: string;
  readonly key?: string;
  readonly account: string;
  readonly timestamp?: string;
  readonly events?: unknown;
  readonly contactId?: object;
}

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`../../fixtures/dc09/${name}`, import.meta.url), 'utf8'));
const vectors: readonly Vector[] = fixture('vectors.json');
const foreign: readonly Foreign[] = fixture('foreign.json');
const key = readKey('0123456789ABCDEF')!;
const zeros = (length: number) => '0'.repeat(length);
const bytes = (text: string) => Buffer.from(text, 'latin1');
const vector = (id: string) => vectors.find((one) => one.id === id)!;

function read(line: Uint8Array, withKey?: Uint8Array): Dc09Message {
  const { crc: _crc, rest: _rest, ...frame } = readFrame(line);
  return { ...frame, ...contentOf(readFrame(line), withKey) };
}

/** What a receiver may conclude from these bytes. */
function outcome(line: Uint8Array, withKey?: Uint8Array): Dc09Message | 'silence' {
  try {
    return read(line, withKey);
  } catch (error) {
    if (error instanceof ProtocolError) return 'silence';
    throw error;
  }
}

describe('the vectors', () => {
  test.each(vectors)('$id reads as what it says', ({ frame, message }) => {
    expect(read(bytes(frame), key)).toEqual(message);
  });

  test.each(vectors)('$id is written byte for byte', ({ frame, message }) => {
    expect(writeFrame(message, key, zeros).toString('latin1')).toBe(`\n${frame}\r`);
  });

  test('V5, V7, V8 and V10 are what a receiver answers to V2, a wrong time, V3 and V4', () => {
    const now = vector('V7').message.timestamp!;
    expect(acknowledgement(readFrame(bytes(vector('V2').frame)), now).toString('latin1')).toBe(`\n${vector('V5').frame}\r`);
    expect(timeRefusal(now).toString('latin1')).toBe(`\n${vector('V7').frame}\r`);
    expect(refusal(readFrame(bytes(vector('V3').frame))).toString('latin1')).toBe(`\n${vector('V8').frame}\r`);
    // Its padding is random.
    const answer = acknowledgement(readFrame(bytes(vector('V4').frame)), now, key);
    expect(read(answer.subarray(1, -1), key)).toEqual(vector('V10').message);
  });
});

describe('frames that other people made', () => {
  test.each(foreign)('of $source: $frame', ({ frame, account, timestamp, events, contactId, ...one }) => {
    const message = read(bytes(frame), one.key === undefined ? undefined : readKey(one.key));
    expect(message.account).toBe(account);
    expect(message.timestamp).toBe(timestamp === undefined ? undefined : Date.parse(timestamp));
    if (events !== undefined) expect(readSia(message.data).events).toEqual(events);
    if (contactId !== undefined) expect(readContactId(message.data)).toMatchObject(contactId);
  });
});

describe('what makers write in the brackets', () => {
  test.each([
    ['#3080|Nti19:44/id1/ri4/RP', [{ time: '19:44', user: '1', area: '4', code: 'RP' }]],
    ['#123456|Nri1CL0^VX FRONTE ^', [{ area: '1', code: 'CL', number: '0', text: 'VX FRONTE' }]],
    ['alarm2|Nri1OP0001*Familie*', [{ area: '1', code: 'OP', number: '0001', text: 'Familie' }]],
    ['#A|Nri1OP0001*Familie*', [{ area: '1', code: 'OP', number: '0001', text: 'Familie' }]],
    ['#006969|Nri04/OP001NM', [{ area: '04', code: 'OP', number: '001', text: 'NM' }]],
    ['Nri1/WA000', [{ area: '1', code: 'WA', number: '000' }]],
    ['|Nri1/CL501', [{ area: '1', code: 'CL', number: '501' }]],
    ['1234|Nri1/RP0', [{ area: '1', code: 'RP', number: '0' }]],
    ['NNL2', [{ code: 'NL', number: '2' }]],
    ['NL2', [{ code: 'NL', number: '2' }]],
    ['NFA129', [{ code: 'FA', number: '129' }]],
    [
      '#1234|Nri1/BA01/BA02',
      [
        { area: '1', code: 'BA', number: '01' },
        { area: '1', code: 'BA', number: '02' },
      ],
    ],
    ['#1234|Nri1/ba012', [{ area: '1', code: 'BA', number: '012' }]],
    ['#1234|Nri1/BA12|more of it', [{ area: '1', code: 'BA', number: '12' }]],
    ['NRR|Atest', [{ code: 'RR', text: 'test' }]],
  ])('%s', (data, events) => {
    expect(readSia(data).events).toEqual(events);
  });

  test('an event told as old is told apart', () => {
    expect(readSia('#1234|Ori1/BA01')).toMatchObject({ old: true, account: '1234' });
    expect(readSia('#1234|OP1')).toMatchObject({ old: false, events: [{ code: 'OP' }] });
  });

  test.each(['', '#1234|', '#1234|N', '#1234|Nri1/', '#1234|N7', '1120 01 007'])('no event can be found in %j', (data) => {
    expect(() => readSia(data)).toThrow(ProtocolError);
  });

  test.each(['', '#1234|', '#1234|2120 01 007', '#1234|1120 01', 'Nri1BA003'])('no Contact ID can be found in %j', (data) => {
    expect(() => readContactId(data)).toThrow(ProtocolError);
  });

  test('what we write we read, and a text cannot end the message', () => {
    const event = { code: 'BA', number: '003', area: '1', user: '9' };
    expect(readSia(siaText('1234', { ...event, text: 'a]b|c^d"e[f\r\n' })).events).toEqual([{ ...event, text: 'a b c d e f' }]);
    const contactId = { code: '1120', partition: '01', number: '007' };
    expect(readContactId(contactIdText('1234', contactId))).toEqual({ ...contactId, account: '1234' });
  });

  test('extended data tells place, time of occurrence, text and pictures', () => {
    const extended = ['X121.4737', 'Y31.2304', 'H08:00:00,06-01-2026', 'Iby the gate', 'Vhttps://box/clip', 'Snorth', 'Rhall', 'Q?'];
    expect(extrasOf({ extended })).toEqual({
      ...{ longitude: 121.4737, latitude: 31.2304, occurredAt: Date.UTC(2026, 5, 1, 8), text: 'by the gate' },
      ...{ verification: 'https://box/clip', place: 'north hall' },
    });
    const degrees = extrasOf({ extended: ['X012W34.2', 'Y45N12'] });
    expect(degrees.longitude).toBeCloseTo(-12.57, 9);
    expect(degrees.latitude).toBeCloseTo(45.2, 9);
    expect(extrasOf({ extended: ['X999', 'Ynorth', 'Hnever', 'V'] })).toEqual({});
  });
});

describe('time', () => {
  const now = Date.UTC(2026, 5, 1, 8, 15, 30);

  test('is believed from 40 s ago to 20 s ahead', () => {
    expect([-41, -40, 0, 20, 21].map((seconds) => believable(now + seconds * 1_000, now))).toEqual([false, true, true, true, false]);
  });

  test('that is none is left out', () => {
    for (const text of ['', '_', '_25:00:00,01-01-2026', '_08:60:00,01-01-2026', '_08:00:00,02-31-2026', '_14:12:04,09-25-201', 'soon']) {
      expect([text, readTimestamp(text)]).toEqual([text, undefined]);
    }
  });

  test('is read back to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_370_764_799 }), (second) => {
        expect(readTimestamp(timestampText(second * 1_000))).toBe(second * 1_000);
      }),
    );
  });
});

describe('keys', () => {
  test('are 16, 24 or 32 bytes, as hexadecimal digits or as characters', () => {
    const lengths = ['0123456789ABCDEF', '248888888888888888888888', 'g'.repeat(32), 'a1'.repeat(16), 'a1'.repeat(24), 'a1'.repeat(32)];
    expect(lengths.map((text) => readKey(text)?.byteLength)).toEqual([16, 24, 32, 16, 24, 32]);
    expect(readKey(`ascii:${'a1'.repeat(16)}`)?.byteLength).toBe(32);
    expect(['', 'short', 'x'.repeat(17), `hex:${'x'.repeat(16)}`, 'é'.repeat(16), 'hex:'].map(readKey)).toEqual(Array(6).fill(undefined));
  });

  test.each([16, 24, 32])('of %i bytes: what is sealed is opened, by this key alone', (length) => {
    const mine = Buffer.alloc(length, 7);
    const content = fc.record({
      data: fc.stringMatching(/^[ -Z^-z]{0,60}$/),
      extended: fc.array(fc.stringMatching(/^[A-Z][ -Z^-~]{0,20}$/), { maxLength: 4 }),
      timestamp: fc.integer({ min: 946_684_800, max: 4_102_444_799 }).map((second) => second * 1_000),
    });
    fc.assert(
      fc.property(content, (said) => {
        // Without data there is no bar, so that one in the extended data would be taken for it.
        const message: Dc09Message = { token: 'SIA-DCS', encrypted: true, sequence: 7, line: '0', account: '1234', ...said };
        const line = writeFrame(message, mine).subarray(1, -1);
        expect(read(line, mine)).toEqual(message);
        expect(outcome(line, Buffer.alloc(length, 8))).toBe('silence');
        expect(outcome(line)).toBe('silence');
      }),
      { numRuns: 50 },
    );
  });

  test('padding never ends itself, and differs each time', () => {
    const drawn = randomPadding(20_000);
    expect(drawn).toMatch(/^[ -Z\\^-{}~]{20000}$/);
    expect(new Set(drawn).size).toBe(0x5f - 3);
    const message: Dc09Message = { ...vector('V4').message };
    expect(writeFrame(message, key).equals(writeFrame(message, key))).toBe(false);
  });

  test('padding behind the text, as some libraries add it unasked, hides neither time nor data', () => {
    const { data, timestamp } = vector('V4').message;
    const text = `0|${data}]${timestampText(timestamp!)}`;
    const cipher = createCipheriv('aes-128-cbc', key, Buffer.alloc(16));
    const clear = `${'0'.repeat((16 - (text.length % 16)) % 16)}${text}`;
    const digits = Buffer.concat([cipher.update(clear, 'latin1'), cipher.final()]).toString('hex');
    expect(unseal(digits, key)).toMatchObject({ data, timestamp });
  });

  test('padding with brackets, as some make it, hides no event: the account tells where it ends', () => {
    const stray = (length: number) => `0]0|000|`.padStart(length, '0').slice(-length);
    const line = writeFrame(vector('V4').message, key, stray).subarray(1, -1);
    expect(read(line, key).data).toBe(vector('V4').message.data);
  });
});

describe('damage', () => {
  const whole = vectors.map(({ frame }) => bytes(frame));

  test('one flipped bit is noticed, wherever it is', () => {
    for (const [index, line] of whole.entries()) {
      const meant = JSON.stringify(read(line, key));
      for (let bit = 0; bit < line.byteLength * 8; bit += 1) {
        const damaged = Buffer.from(line);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const seen = outcome(damaged, key);
        // A digit of CRC or length in lower case says the same.
        if (seen !== 'silence') expect([vectors[index]?.id, bit, JSON.stringify(seen)]).toEqual([vectors[index]?.id, bit, meant]);
      }
    }
  });

  test('a frame that was cut short is never read', () => {
    for (const line of whole) {
      for (let length = 0; length < line.byteLength; length += 1) expect(outcome(line.subarray(0, length), key)).toBe('silence');
    }
  });

  test('glued and split frames come out one by one, whatever the pieces', () => {
    const stream = Buffer.concat(vectors.map(({ frame }) => bytes(`\n${frame}\r`)));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const framer = new Dc09Framer();
        const lines: string[] = [];
        for (let at = 0, turn = 0; at < stream.byteLength; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          lines.push(...framer.push(stream.subarray(at, at + size)).map((line) => line.toString('latin1')));
          at += size;
        }
        expect(lines).toEqual(vectors.map(({ frame }) => frame));
        expect(framer.waiting).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test('a frame without its end is dropped where the next one begins', () => {
    const framer = new Dc09Framer();
    const { frame } = vector('V2');
    expect(framer.push(bytes(`\n${frame.slice(0, 30)}\n${frame}\r`)).map(String)).toEqual([frame]);
  });

  test('a line that never ends costs one frame of memory, and then the connection', () => {
    const framer = new Dc09Framer();
    expect(() => framer.push(Buffer.alloc(mostBody + 9, 0x41))).toThrow(ProtocolError);
    expect(() => readFrame(Buffer.alloc(1_000_000, 0x41))).toThrow(ProtocolError);
  });

  test('a frame longer than its length can say is not written', () => {
    expect(() => writeFrame({ ...vector('V2').message, data: 'x'.repeat(5_000) })).toThrow(TypeError);
    expect(() => writeFrame(vector('V4').message)).toThrow(TypeError);
  });

  test('anything at all reads as a message or not at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (line) => void outcome(line, key)));
  });
});

test('the heartbeat of older panels is heard, also without a line end', () => {
  const framer = new Dc09Framer();
  const [line] = framer.push(bytes('SR0001L0001    006969XX    [ID00000000]'));
  expect(readOldHeartbeat(line!)).toEqual({ account: '006969XX' });
  expect(readOldHeartbeat(bytes(vector('V1').frame))).toBeUndefined();
  expect([...oldHeartbeatAnswer]).toEqual([6]);
});
