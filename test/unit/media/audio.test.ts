import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAacConfig, plainAacConfig } from '../../../adapters/protocols/audio/aac-config.ts';
import { decodeG711 } from '../../../adapters/protocols/audio/g711.ts';
import { audioTools } from '../../../adapters/protocols/codecs.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { aacHighBitRate, packetiseAac } from '../../../adapters/protocols/rtp/aac-payload.ts';
import { adtsFrames, captured, hex, hexOf, mediaFixture, wireOf } from '../../support/rtp-captures.ts';

function aac(config: string, packing = aacHighBitRate, clockRate = 16_000) {
  return audioTools({ codec: 'aac', clockRate, aac: { config: hex(config), ...packing } });
}

function framesOf(payloads: readonly string[], tools = aac('1408')): string[] {
  return hexOf(tools.frames(wireOf(payloads.map(hex))).map(({ bytes }) => bytes));
}

describe('AAC in RTP', () => {
  test.each([
    { capture: 'ffmpeg-aac.interleaved', file: 'ffmpeg-lc-16k.adts', config: '1408', clockRate: 16_000 },
    { capture: 'ffmpeg-aac-fragments.interleaved', file: 'ffmpeg-lc-16k.adts', config: '1408', clockRate: 16_000 },
    { capture: 'gstreamer-aac.rfc4571', file: 'gstreamer-lc-8k.adts', config: '1588', clockRate: 8_000 },
  ])('frames of $capture are those of $file', ({ capture, file, config, clockRate }) => {
    const frames = aac(config, aacHighBitRate, clockRate).frames(captured(capture));
    expect(frames.length).toBeGreaterThan(8);
    expect(hexOf(frames.map(({ bytes }) => bytes))).toEqual(hexOf(adtsFrames(file).slice(0, frames.length)));
    expect(new Set(frames.map(({ duration }) => duration))).toEqual(new Set([1_024]));
  });

  test('frames in pieces come out the same when every packet is a run of its own', () => {
    const packets = captured('ffmpeg-aac-fragments.interleaved');
    const tools = aac('1408');
    expect(packets.flatMap((packet) => tools.frames([packet]))).toEqual(aac('1408').frames(packets));
  });

  test('packetised and put together again is the same, at any packet size', () => {
    const frame = fc.uint8Array({ minLength: 1, maxLength: 2_000 }).filter((bytes) => bytes[0] !== 0xff);
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), fc.integer({ min: 32, max: 1_400 }), (frames, most) => {
        const packets = packetiseAac(frames, most);
        expect(packets.every(({ payload }) => payload.length <= most)).toBe(true);
        let sequence = 65_530;
        let timestamp = 4_294_960_000;
        const wire = packets.flatMap(({ payload, frames: count }) => {
          const sent = wireOf([payload], { sequence: sequence & 0xffff, timestamp: timestamp % 2 ** 32 });
          sequence += 1;
          timestamp += 1_024 * count;
          return sent;
        });
        expect(
          hexOf(
            aac('1408')
              .frames(wire)
              .map(({ bytes }) => bytes),
          ),
        ).toEqual(hexOf(frames));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['two frames', ['0020 0010 0018 aabb ccddee'], ['aabb', 'ccddee']],
    ['a frame that is cut short, behind a whole one', ['0020 0010 0080 aabb cc'], ['aabb']],
    ['headers that are longer than the packet', ['0200 0010 aabb'], []],
    ['a frame without bytes (live555)', ['0010 0000'], []],
    ['a frame with the header of a file', ['0010 0050 fff1604001400c aabbcc'], ['aabbcc']],
    ['the bytes of a file without headers of RTP (Anjvision)', ['fff160400120fc aabb fff160400140fc aabbcc'], ['aabb', 'aabbcc']],
    ['nothing', ['', '00', '0000'], []],
  ])('%s', (_, payloads, expected) => {
    expect(framesOf(payloads)).toEqual(expected);
  });

  test('header lengths are those of the description: 13 bits alone, AAC-lbr, none at all', () => {
    expect(framesOf(['000d 0010 aabb'], aac('1190', { sizeLength: 13, indexLength: 0, indexDeltaLength: 0 }))).toEqual(['aabb']);
    expect(framesOf(['0010 080c aabb ccddee'], aac('1408', { sizeLength: 6, indexLength: 2, indexDeltaLength: 2 }))).toEqual(['aabb', 'ccddee']);
    expect(framesOf(['aabb', 'ccddee'], aac('1408', { sizeLength: 0, indexLength: 0, indexDeltaLength: 0 }))).toEqual(['aabb', 'ccddee']);
  });

  test('a frame with a piece missing is left out, the next one is whole', () => {
    const frame = new Uint8Array(200).fill(7);
    const packets = wireOf([...packetiseAac([frame], 100).map(({ payload }) => payload), hex('0010 0010 aabb')]);
    expect(packets).toHaveLength(4);
    expect(
      hexOf(
        aac('1408')
          .frames([packets[0]!, ...packets.slice(2)])
          .map(({ bytes }) => bytes),
      ),
    ).toEqual(['aabb']);
  });

  test('arbitrary bytes never throw, and give no more sound than bytes', () => {
    const length = fc.nat(40);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 10 }), length, length, (payloads, sizeLength, indexLength) => {
        const tools = aac('1408', { sizeLength, indexLength, indexDeltaLength: indexLength });
        const wire = wireOf(payloads);
        const sound = tools.frames(wire).reduce((sum, { bytes }) => sum + bytes.length, 0);
        expect(sound).toBeLessThanOrEqual(wire.reduce((sum, packet) => sum + packet.length, 0));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the AAC config', () => {
  test.each([
    ['1408', { objectType: 2, sampleRate: 16_000, channels: 1, frameLength: 1_024 }, 'mp4a.40.2'],
    ['1588', { objectType: 2, sampleRate: 8_000, channels: 1, frameLength: 1_024 }, 'mp4a.40.2'],
    ['1210', { objectType: 2, sampleRate: 44_100, channels: 2, frameLength: 1_024 }, 'mp4a.40.2'],
    ['139056e5a0', { objectType: 2, sampleRate: 22_050, channels: 2, frameLength: 1_024 }, 'mp4a.40.2'],
    ['2b8a0800', { objectType: 5, sampleRate: 22_050, channels: 1, frameLength: 1_024 }, 'mp4a.40.5'],
    ['140c', { objectType: 2, sampleRate: 16_000, channels: 1, frameLength: 960 }, 'mp4a.40.2'],
  ])('%s says what the frames are', (config, expected, codecs) => {
    expect(parseAacConfig(hex(config))).toEqual(expected);
    expect(aac(config).fmp4().codecs).toBe(codecs);
  });

  test('with band replication a frame lasts as long as what comes out of it', () => {
    expect(aac('2b8a0800', aacHighBitRate, 44_100).frames(wireOf([hex('0010 0010 aabb')]))).toEqual([{ bytes: hex('aabb'), duration: 2_048 }]);
  });

  test('can be made for plain AAC, where the camera leaves it out', () => {
    expect(hexOf([plainAacConfig(16_000, 1)!, plainAacConfig(8_000, 1)!, plainAacConfig(44_100, 2)!])).toEqual(['1408', '1588', '1210']);
    expect(plainAacConfig(12_345, 1)).toBeUndefined();
  });

  test.each([
    ['nothing', '', 'Expected more bits at bit 0, got the end.'],
    ['CELP', '4408', 'Expected AAC-LC or HE-AAC at the AAC config, got audio object type 8.'],
    ['a rate that does not exist', '1688', 'Expected a sample rate from 1 to 192 kHz at the AAC config, got index 13, 0 Hz.'],
    ['a layout of its own', '1400', 'Expected a channel layout from 1 to 7 at the AAC config, got 0.'],
    ['a book', '14'.repeat(200), 'Expected at most 64 bytes at the AAC config, got 200.'],
  ])('%s is refused', (_, config, sentence) => {
    expect(() => aac(config)).toThrow(ProtocolError);
    expect(() => aac(config)).toThrow(sentence);
  });
});

describe('G.711', () => {
  test.each([
    ['pcma', [0xd5, 0x55, 0xaa, 0x2a, 0x80, 0xc5], [8, -8, 32_256, -32_256, 5_504, 264]],
    ['pcmu', [0xff, 0x7f, 0x80, 0x00, 0xef, 0x8f], [0, 0, 32_124, -32_124, 132, 16_764]],
  ] as const)('%s stands for the samples of the table', (law, codes, expected) => {
    const samples = new Int16Array(codes.length);
    decodeG711(law, Uint8Array.from(codes), samples);
    expect([...samples]).toEqual(expected);
  });

  test.each([
    { capture: 'ffmpeg-pcma.interleaved', file: 'ffmpeg-alaw.raw', codec: 'pcma' },
    { capture: 'ffmpeg-pcmu.interleaved', file: 'ffmpeg-mulaw.raw', codec: 'pcmu' },
    { capture: 'gstreamer-pcma.rfc4571', file: 'gstreamer-alaw.raw', codec: 'pcma' },
    { capture: 'gstreamer-pcmu.rfc4571', file: 'gstreamer-mulaw.raw', codec: 'pcmu' },
  ] as const)('sound of $capture is that of $file', ({ capture, file, codec }) => {
    const frames = audioTools({ codec, clockRate: 8_000 }).frames(captured(capture));
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.every(({ bytes, duration }) => duration === bytes.length)).toBe(true);
    expect(Buffer.concat(frames.map(({ bytes }) => bytes))).toEqual(mediaFixture(file));
  });
});
