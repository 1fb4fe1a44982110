import { describe, expect, test } from 'vitest';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { Reception } from '../../../adapters/protocols/rtp/reception.ts';
import { parseRtcp, type SenderReport, writeReceiverCompound, writeSenderReport } from '../../../adapters/protocols/rtp/rtcp.ts';

interface Sent {
  readonly sequence: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
}

function take(reception: Reception, { sequence, timestamp = 0, ssrc = 7 }: Sent, now = 0): boolean {
  const bytes = writeRtp({ marker: false, payloadType: 96, sequence: sequence & 0xffff, timestamp, ssrc }, new Uint8Array(8));
  return reception.take(bytes, 0, bytes.length, () => now);
}

describe('a receiver report', () => {
  test('tells the highest sequence number with its turns, what is lost, and the part lost since the report before', () => {
    const reception = new Reception(90_000);
    for (let index = 0; index < 100; index += 1) if (index % 10 !== 5) take(reception, { sequence: 65_500 + index });
    expect(reception.block(0)).toMatchObject({ ssrc: 7, highestSequence: 65_599, lost: 10, fractionLost: Math.floor((10 * 256) / 100) });
    for (let index = 100; index < 200; index += 1) take(reception, { sequence: 65_500 + index });
    expect(reception.block(0)).toMatchObject({ highestSequence: 65_699, lost: 10, fractionLost: 0 });
  });

  test('counts packets that came out of order or twice as received', () => {
    const reception = new Reception(90_000);
    for (const sequence of [1, 3, 2, 4, 4]) take(reception, { sequence });
    expect(reception.block(0)).toMatchObject({ highestSequence: 4, lost: -1, fractionLost: 0 });
  });

  test('tells the jitter of arrival in ticks', () => {
    const reception = new Reception(90_000);
    for (let index = 0; index < 400; index += 1)
      take(reception, { sequence: index, timestamp: index * 3_600 }, index * 40 + (index % 2 === 0 ? 0 : 10));
    // 10 ms early or late each time: RFC 3550 §A.8 tends to 900 ticks.
    expect(reception.block(0)?.jitter).toBeGreaterThan(850);
    expect(reception.block(0)?.jitter).toBeLessThan(920);
  });

  test('names the last sender report and its age, as the camera wrote it', () => {
    const reception = new Reception(90_000);
    take(reception, { sequence: 1 });
    const bytes = writeSenderReport({ ssrc: 7, wallClock: 1_760_000_000_123.5, rtpTimestamp: 0, packets: 0, octets: 0 });
    const [report] = parseRtcp(bytes);
    reception.reported(report as SenderReport, 1_000);
    const block = reception.block(3_000);
    expect(block?.lastSenderReport).toBe(bytes.readUInt32BE(10));
    expect(block?.delaySinceLastSenderReport).toBe(2 * 65_536);
    reception.reported({ ...(report as SenderReport), ssrc: 99, middle: 5 }, 4_000);
    expect(reception.block(5_000)?.lastSenderReport).toBe(bytes.readUInt32BE(10));
  });

  test('goes out as a compound with a name (RFC 3550 §6.1)', () => {
    const bytes = writeReceiverCompound(3, 'a-name', [
      { ssrc: 7, fractionLost: 1, lost: -1, highestSequence: 5, jitter: 2, lastSenderReport: 9, delaySinceLastSenderReport: 4 },
    ]);
    const items = parseRtcp(bytes);
    expect(items.map((item) => (item.kind === 'other' ? item.type : item.kind))).toEqual(['rr', 202]);
    expect(items[0]).toMatchObject({ ssrc: 3, blocks: [{ lost: 0xffffff, fractionLost: 1 }] });
    expect(bytes.length % 4).toBe(0);
    // The text, then at least one zero.
    const text = bytes.indexOf('a-name');
    expect([bytes[text - 2], bytes[text - 1], bytes[text + 6]]).toEqual([1, 6, 0]);
  });
});

describe('packets of an old session in the new one (quirk 13)', () => {
  test('are left out once the SSRC that SETUP announced has been seen', () => {
    const reception = new Reception(90_000, 7);
    expect(take(reception, { sequence: 1, ssrc: 66 })).toBe(true);
    expect(take(reception, { sequence: 1 })).toBe(true);
    expect(take(reception, { sequence: 2, ssrc: 66 })).toBe(false);
    expect(take(reception, { sequence: 2 })).toBe(true);
  });

  test('are the stream itself where SETUP announced a wrong SSRC, or the encoder was restarted', () => {
    const wrong = new Reception(90_000, 1234);
    for (let index = 0; index < 5; index += 1) expect(take(wrong, { sequence: index })).toBe(true);
    const restarted = new Reception(90_000, 7);
    take(restarted, { sequence: 1 });
    const passed = Array.from({ length: 60 }, (_, index) => take(restarted, { sequence: index, ssrc: 8 }));
    expect(passed.indexOf(true)).toBe(31);
    expect(passed.slice(31).every(Boolean)).toBe(true);
  });
});
