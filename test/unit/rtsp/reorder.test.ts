import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { ReorderBuffer } from '../../../adapters/protocols/rtp/reorder.ts';

const packetOf = (sequence: number, ssrc = 1) =>
  writeRtp({ marker: false, payloadType: 96, sequence: sequence & 0xffff, timestamp: 0, ssrc }, new Uint8Array(4));

function buffer() {
  const out: number[] = [];
  const order = new ReorderBuffer((bytes, start) => out.push(bytes.readUInt16BE(start + 2)), 0);
  return { out, order, take: (sequence: number, ssrc?: number) => order.accept(packetOf(sequence, ssrc), 0, 16, 0) };
}

describe('packets that come over UDP', () => {
  test('are handed on at once while they are in order, over the turn of the sequence number too', () => {
    const { out, order, take } = buffer();
    for (let index = 0; index < 6; index += 1) take(65_533 + index);
    expect(out).toEqual([65_533, 65_534, 65_535, 0, 1, 2]);
    expect(order.waitingSince).toBeUndefined();
  });

  test('are put in order again when a few of them have overtaken others', () => {
    const { out, take } = buffer();
    for (const sequence of [10, 12, 13, 11, 15, 14, 16]) take(sequence);
    expect(out).toEqual([10, 11, 12, 13, 14, 15, 16]);
  });

  test('wait for a lost one until told not to, and no straggler comes out of order', () => {
    const { out, order, take } = buffer();
    for (const sequence of [10, 12, 13]) take(sequence);
    expect(out).toEqual([10]);
    expect(order.waitingSince).toBe(0);
    order.release();
    take(11);
    take(14);
    expect(out).toEqual([10, 12, 13, 14]);
    expect(order.late).toBe(1);
  });

  test('never wait for more than the window, and repeated ones come once', () => {
    const { out, order, take } = buffer();
    take(10);
    for (let sequence = 12; sequence < 120; sequence += 1) for (let time = 0; time < 2; time += 1) take(sequence);
    expect(out).toEqual([10, ...Array.from({ length: 108 }, (_, index) => 12 + index)]);
    expect(order.waitingSince).toBeUndefined();
  });

  test('of a camera that counts anew, or has a new SSRC, are taken as they come', () => {
    const { out, take } = buffer();
    take(30_000);
    take(100);
    take(101);
    take(7, 2);
    take(8, 2);
    expect(out).toEqual([30_000, 100, 101, 7, 8]);
  });

  test('of a camera that goes back a little and stays there are taken after a few', () => {
    const { out, take } = buffer();
    take(500);
    for (let sequence = 400; sequence < 440; sequence += 1) take(sequence);
    expect(out.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => 420 + index));
  });

  test('in whatever order they come: each at most once, none invented, and all parked ones come out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 300 }), fc.nat(3), (sequences, spread) => {
        const { out, order, take } = buffer();
        const sent = sequences.map((sequence) => (sequence >> spread) & 0xffff);
        for (const sequence of sent) take(sequence);
        order.release();
        expect(order.waitingSince).toBeUndefined();
        expect(out.length + order.late).toBe(sent.length);
        for (const sequence of out) expect(sent).toContain(sequence);
      }),
      { numRuns: 200 },
    );
  });
});
