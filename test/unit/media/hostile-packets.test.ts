import fc from 'fast-check';
import { expect, test } from 'vitest';
import { audioTools, videoTools } from '../../../adapters/protocols/codecs.ts';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { packetiseH264 } from '../../../adapters/protocols/rtp/h264-payload.ts';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import type { Fmp4Message } from '../../../gateway/domain/media.ts';
import { type AccessUnit, VideoCutter } from '../../../gateway/media/access-unit.ts';
import { FragmentFeed } from '../../../gateway/media/fragments.ts';
import { withWire } from '../../../gateway/media/gop-cache.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { parameterSets, pictures } from '../../support/rtsp-camera.ts';

const video = { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets } as const;
const description = { video };
const codecs = { video: videoTools, audio: audioTools };

/** A stream from cutter to fMP4, as the media plane builds it. */
function pipeline() {
  const messages: Fmp4Message[] = [];
  const feed = new FragmentFeed(codecs, silentLogger, 1_000_000);
  feed.describe(description);
  feed.subscribe((message) => messages.push('bytes' in message ? { ...message, bytes: new Uint8Array(message.bytes) } : message), []);
  const units: AccessUnit[] = [];
  const take = (unit: AccessUnit) => {
    const kept = withWire(unit, Buffer.from(unit.wire)); // its bytes are there until this returns
    units.push(kept);
    feed.accept(kept);
  };
  const cutter = new VideoCutter(new ManualClock(), { ahead: undefined }, { unit: take, jumped: () => undefined, reorders: () => undefined });
  cutter.begin(video, h264Video);
  return { messages, units, cutter };
}

function streamOf(): Buffer[] {
  let sequence = 0;
  return pictures.slice(0, 27).flatMap((picture, index) =>
    packetiseH264(picture, 500).map((payload, at, all) => {
      sequence += 1;
      return writeFrame(0, writeRtp({ marker: at === all.length - 1, payloadType: 96, sequence, timestamp: index * 3_600, ssrc: 1 }, payload));
    }),
  );
}

test('packets with wrong bytes, in a wrong order, missing or repeated never throw, and whole packets stay whole', () => {
  const stream = streamOf();
  const fault = fc.record({ packet: fc.nat(stream.length - 1), byte: fc.nat(40), value: fc.nat(255), to: fc.nat(stream.length - 1) });
  fc.assert(
    fc.property(fc.array(fault, { maxLength: 40 }), (faults) => {
      const bent = stream.map((packet) => Buffer.from(packet));
      for (const { packet, byte, value, to } of faults) {
        // Bytes 0 to 3 are the framing, which the scanner has already checked.
        const place = 4 + byte;
        if (place < bent[packet]!.length) bent[packet]![place] = value;
        bent[to] = Buffer.from(bent[packet]!);
      }
      const { units, cutter, messages } = pipeline();
      for (const packet of bent) cutter.packet(packet, 0, packet.length);
      cutter.flush(false);
      for (const unit of units) {
        let at = 0;
        while (at < unit.wire.length) at += 4 + unit.wire.readUInt16BE(at + 2);
        expect(at).toBe(unit.wire.length);
      }
      expect(messages.findIndex((message) => message.kind === 'fragment')).not.toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('arbitrary packets never throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 0, maxLength: 60 }), { maxLength: 30 }), (packets) => {
      const { cutter } = pipeline();
      for (const bytes of packets) {
        const frame = writeFrame(0, Buffer.from([0x80, 0x60, ...bytes]));
        cutter.packet(frame, 0, frame.length);
      }
      cutter.flush(false);
    }),
    { numRuns: 200 },
  );
});

test('a picture sent out of order (B-frames) is muxed all the same, with decode times that only grow', () => {
  const { cutter, messages } = pipeline();
  const times = [0, 10_800, 3_600, 7_200, 21_600, 14_400, 18_000];
  let sequence = 0;
  for (const [index, timestamp] of times.entries()) {
    for (const [at, payload] of packetiseH264(pictures[index]!, 1_000).entries()) {
      sequence += 1;
      const marker = at === packetiseH264(pictures[index]!, 1_000).length - 1;
      const frame = writeFrame(0, writeRtp({ marker, payloadType: 96, sequence, timestamp, ssrc: 1 }, payload));
      cutter.packet(frame, 0, frame.length);
    }
  }
  const decodeTimes = messages.flatMap((message) => {
    if (message.kind !== 'fragment') return [];
    const bytes = Buffer.from(message.bytes);
    return [bytes.readUInt32BE(bytes.indexOf('tfdt') + 12)];
  });
  expect(decodeTimes).toHaveLength(times.length);
  expect(decodeTimes.every((time, index) => index === 0 || time > decodeTimes[index - 1]!)).toBe(true);
});
