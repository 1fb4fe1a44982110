import { describe, expect, test } from 'vitest';
import { FramingReader } from '../../../adapters/protocols/rtp/framing.ts';
import { parseRtp, writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { PsPacketiser } from '../../../adapters/protocols/rtp/ps-packetiser.ts';
import { hex, mediaFixture } from '../../support/rtp-captures.ts';

/** y=0200000001. */
const ssrc = 200_000_001;
/** Bytes that tell where they stood. */
const numbered = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff));

/** The packets of a frame as a receiver sees them. */
function received(bytes: Buffer, transport: 'udp' | 'tcp', longest = 1_400): Buffer[] {
  if (transport === 'tcp') return new FramingReader().push(bytes);
  return Array.from({ length: Math.ceil(bytes.length / longest) }, (_, index) => bytes.subarray(index * longest, (index + 1) * longest));
}

describe('packets', () => {
  test.each([
    [1_388, 1, 1_388],
    [1_389, 2, 1],
    [30_441, 22, 1_293],
    [100_000, 73, 64],
  ])('of %d bytes are %d, the last with %d (R6)', (length, count, last) => {
    for (const transport of ['udp', 'tcp'] as const) {
      const bytes = new PsPacketiser({ ssrc, sequence: 65_530, transport }).packets([numbered(length)], 90_000);
      const packets = received(bytes, transport).map(parseRtp);
      expect(packets).toHaveLength(count);
      expect(packets.at(-1)!.payload).toHaveLength(last);
      expect(packets.map(({ marker }) => marker)).toEqual(packets.map((_, index) => index === count - 1));
      expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, index) => (65_530 + index) & 0xffff));
      expect(packets.every((packet) => packet.ssrc === ssrc && packet.payloadType === 96 && packet.timestamp === 90_000)).toBe(true);
      expect(Buffer.concat(packets.map(({ payload }) => payload)).equals(numbered(length))).toBe(true);
    }
  });

  test('are the same however the frame lies in parts', () => {
    const frame = numbered(5_000);
    const parts = [frame.subarray(0, 1), frame.subarray(1, 1), frame.subarray(1, 1_389), frame.subarray(1_389)];
    const make = (of: readonly Uint8Array[]) => new PsPacketiser({ ssrc, sequence: 1, transport: 'tcp' }).packets(of, 5);
    expect(make(parts).equals(make([frame]))).toBe(true);
  });

  test('have these headers (R1, R2, R3, R5)', () => {
    const packetiser = new PsPacketiser({ ssrc, sequence: 0, transport: 'udp' });
    const first = packetiser.packets([Buffer.alloc(1_389)], 0);
    expect(first.subarray(0, 12).toString('hex')).toBe('80600000000000000bebc201');
    expect(first.subarray(1_400, 1_412).toString('hex')).toBe('80e00001000000000bebc201');
    expect(
      packetiser
        .packets([Buffer.alloc(1)], 3_600)
        .subarray(0, 12)
        .toString('hex'),
    ).toBe('80e0000200000e100bebc201');
    expect(packetiser.sequence).toBe(3);
    expect(packetiser.sent).toEqual({ packets: 3, octets: 1_390 });
    const framed = (payload: number) => new PsPacketiser({ ssrc, sequence: 0, transport: 'tcp' }).packets([Buffer.alloc(payload)], 0);
    expect(framed(1_388).subarray(0, 2).toString('hex')).toBe('0578');
    expect(framed(160).subarray(0, 2).toString('hex')).toBe('00ac');
  });

  test('of sound by itself have their own type (R4)', () => {
    const sound = writeRtp({ marker: true, payloadType: 8, sequence: 0x1234, timestamp: 160, ssrc }, Buffer.alloc(160));
    expect(sound.subarray(0, 12).toString('hex')).toBe('80881234000000a00bebc201');
  });

  test('wrap their time at 32 bits (R7)', () => {
    const packetiser = new PsPacketiser({ ssrc, sequence: 0, transport: 'udp' });
    const timeOf = (ticks: number) =>
      packetiser
        .packets([Buffer.alloc(1)], ticks)
        .subarray(4, 8)
        .toString('hex');
    expect(timeOf(0x1ffffffff)).toBe('ffffffff');
    expect(timeOf(0x1ffffffff + 3_600)).toBe('00000e0f');
  });

  test('of a whole keyframe over TCP (B20)', () => {
    const frame = hex(
      '000001BA440004000401005F6BF8000001BB000980CCF500217FE0E190000001BC000EE0FF000000041BE00000F4DCBD45000001E000108480052100011C210000000165888400',
    );
    const bytes = new PsPacketiser({ ssrc, sequence: 7, transport: 'tcp' }).packets([frame], 3_600);
    expect(bytes.toString('hex')).toBe(`005380e0000700000e100bebc201${frame.toString('hex')}`);
  });

  test.each([244, 1_388 + 244, 1_388 * 1_388 + 244])('of %d bytes over TCP: none has the 256 bytes that look like another protocol', (length) => {
    const bytes = new PsPacketiser({ ssrc, sequence: 0, transport: 'tcp' }).packets([Buffer.alloc(length)], 0);
    const lengths = received(bytes, 'tcp').map((packet) => packet.length);
    expect(lengths).not.toContain(256);
    expect(lengths.reduce((sum, each) => sum + each - 12, 0)).toBe(length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_400);
  });
});

describe('framing of RFC 4571', () => {
  test('as GStreamer writes it is read, in whatever chunks it arrives', () => {
    const stream = mediaFixture('gstreamer-pcma.rfc4571');
    const whole = new FramingReader().push(stream);
    expect(whole.length).toBeGreaterThan(5);
    expect(whole.every((packet) => parseRtp(packet).payloadType === 8)).toBe(true);
    for (const size of [1, 2, 3, 7, 300, 1_000]) {
      const reader = new FramingReader();
      const packets: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) packets.push(...reader.push(stream.subarray(at, at + size)));
      expect(Buffer.concat(packets).equals(Buffer.concat(whole))).toBe(true);
      expect(packets).toHaveLength(whole.length);
    }
  });
});
