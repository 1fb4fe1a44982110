/** Bytes between frames that belong to nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeResponse } from '../../../adapters/protocols/rtsp/message.ts';
import { RtspScanner, writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';

const frameOf = (sequence: number) =>
  writeFrame(0, writeRtp({ marker: true, payloadType: 96, sequence, timestamp: 0, ssrc: 1 }, Buffer.alloc(50, 0x24)));
/** As some cameras send between their reports. */
const emptyFrame = Buffer.of(0x24, 1, 0, 0);
const answer = writeResponse({ status: 200, headers: { CSeq: 7 } });

/** What is read of `bytes`, handed over in pieces of the given lengths, again and again. */
function read(bytes: Buffer, lengths: readonly number[]) {
  const seen = { frames: [] as number[], answers: 0, garbage: 0 };
  const scanner = new RtspScanner({
    message: () => {
      seen.answers += 1;
    },
    frame: (frame, start, end) => end - start > 4 && seen.frames.push(frame.readUInt16BE(start + 6)),
    garbage: (length) => {
      seen.garbage += length;
    },
  });
  scanner.tolerate((channel) => channel < 2);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + lengths[turn % lengths.length]!;
    scanner.push(bytes.subarray(at, end));
    at = end;
  }
  return seen;
}

const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
/** Everything but "$" and the beginnings of messages. */
const plainGarbage = fc.array(fc.integer({ min: 0x80, max: 0xff }), { maxLength: 30 });

test('frames and answers around it are all read, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(plainGarbage, { maxLength: 12 }), lengths, (pieces, cuts) => {
      const bytes = Buffer.concat(pieces.flatMap((piece, index) => [Buffer.from(piece), frameOf(index), emptyFrame, answer]));
      const seen = read(bytes, cuts);
      expect(seen.frames).toEqual(pieces.map((_, index) => index));
      expect(seen.answers).toBe(pieces.length);
      expect(seen.garbage).toBe(pieces.reduce((sum, piece) => sum + piece.length, 0));
    }),
  );
});

test('that looks like a beginning costs some frames, never the connection', () => {
  const tempting = fc.array(fc.constantFrom(0x24, 0, 1, 0x80, 0x52, 0x54, 0x4f, 0x20, 9), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(tempting, { minLength: 1, maxLength: 6 }), lengths, (pieces, cuts) => {
      const noisy = pieces.flatMap((piece, index) => [Buffer.from(piece), frameOf(index)]);
      const clean = Array.from({ length: 1_400 }, (_, index) => frameOf(1_000 + index));
      // A length that lies can swallow 64 kB; after that all is well.
      // The noise in small pieces, then the rest in large ones.
      const bytes = Buffer.concat([...noisy, ...clean]);
      expect(read(bytes, [...Array.from({ length: 40 }, (_, index) => cuts[index % cuts.length]!), 65_536, 65_536]).frames).toContain(2_399);
    }),
    { numRuns: 60 },
  );
});

test('without end is another protocol', () => {
  expect(() => read(Buffer.concat([frameOf(1), Buffer.alloc(300_000, 0xaa)]), [65_536])).toThrow(/262\d{3} bytes|bytes that are none/);
});

test('that begins a message without end is cut off at the limit of a head', () => {
  expect(() => read(Buffer.concat([frameOf(1), Buffer.from('RTSP/1.0 200 OK\r\nX: '), Buffer.alloc(60_000, 0x61)]), [1_400])).toThrow(/header block/);
});
