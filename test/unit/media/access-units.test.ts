import { describe, expect, test } from 'vitest';
import { audioTools, videoTools } from '../../../adapters/protocols/codecs.ts';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { packetiseH264 } from '../../../adapters/protocols/rtp/h264-payload.ts';
import { parseRtp, writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { RtspReader, writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import type { Fmp4Message } from '../../../gateway/domain/media.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { type AccessUnit, VideoCutter } from '../../../gateway/media/access-unit.ts';
import { FragmentFeed } from '../../../gateway/media/fragments.ts';
import { withWire } from '../../../gateway/media/gop-cache.ts';
import { Timeline } from '../../../gateway/media/timestamps.ts';
import { Tracks } from '../../../gateway/media/tracks.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { parameterSets, pictures } from '../../support/rtsp-camera.ts';

const video = { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets } as const;
const description = { video };
const codecs = { video: videoTools, audio: audioTools };

/** A unit's bytes are there until its listener returns. */
const lasting = (unit: AccessUnit) => withWire(unit, Buffer.from(unit.wire));

/** Packets of one picture, as a camera frames them. */
function framed(picture: readonly Uint8Array[], at: { sequence: number; timestamp: number; ssrc?: number; markers?: readonly boolean[] }): Buffer[] {
  const payloads = packetiseH264(picture, 1_000);
  return payloads.map((payload, index) => {
    const marker = at.markers?.[index] ?? index === payloads.length - 1;
    const header = { marker, payloadType: 96, sequence: (at.sequence + index) & 0xffff, timestamp: at.timestamp, ssrc: at.ssrc ?? 5 };
    return writeFrame(4, writeRtp(header, payload));
  });
}

function cutterOf(clock = new ManualClock()) {
  const units: AccessUnit[] = [];
  const listener = { unit: (unit: AccessUnit) => void units.push(lasting(unit)), jumped: () => undefined, reorders: () => undefined };
  const cutter = new VideoCutter(clock, { ahead: undefined }, listener);
  cutter.begin(video, h264Video);
  const feed = (frames: readonly Buffer[]) => {
    for (const frame of frames) cutter.packet(frame, 0, frame.length);
  };
  return { clock, units, cutter, feed };
}

const rtpOfWire = (wire: Buffer) => parseRtp(wire.subarray(4));

const rtpOf = (unit: AccessUnit) => new RtspReader().push(unit.wire).flatMap((piece) => (piece.kind === 'frame' ? [parseRtp(piece.payload)] : []));

describe('access units', () => {
  test('are spans that end with the marker, on channel 0, and tell where their last packet begins', () => {
    const { units, cutter } = cutterOf();
    const read = Buffer.concat([...framed(pictures[0]!, { sequence: 1, timestamp: 9 }), ...framed(pictures[1]!, { sequence: 40, timestamp: 3_609 })]);
    for (let at = 0; at < read.length; ) {
      const end = at + 4 + read.readUInt16BE(at + 2);
      cutter.packet(read, at, end);
      at = end;
    }
    expect(units.map(({ keyframe, starts, ends }) => ({ keyframe, starts, ends }))).toEqual([
      { keyframe: true, starts: true, ends: true },
      { keyframe: false, starts: true, ends: true },
    ]);
    const { wire, last } = units[0]!;
    expect(wire[1]).toBe(0);
    expect(last + 4 + wire.readUInt16BE(last + 2)).toBe(wire.length);
  });

  test('a picture that comes in several reads, each of them into the same place, keeps its bytes', () => {
    const { units, cutter } = cutterOf();
    const frames = [...framed(pictures[0]!, { sequence: 1, timestamp: 9 }), ...framed(pictures[1]!, { sequence: 40, timestamp: 3_609 })];
    const whole = Buffer.concat(frames);
    const place = Buffer.alloc(3 * 1_100);
    for (let first = 0; first < frames.length; first += 3) {
      let end = 0;
      const together = frames.slice(first, first + 3).map((frame) => {
        const start = end;
        end += frame.copy(place, start);
        return [start, end] as const;
      });
      for (const [start, stop] of together) cutter.packet(place, start, stop);
      cutter.endOfRead();
      place.fill(0xff);
    }
    for (let at = 0; at < whole.length; at += 4 + whole.readUInt16BE(at + 2)) whole[at + 1] = 0; // the channel that viewers know
    expect(Buffer.concat(units.map(({ wire }) => wire)).equals(whole)).toBe(true);
    expect(units.map(({ packets }) => packets).reduce((sum, packets) => sum + packets)).toBe(frames.length);
    for (const { wire, last } of units) expect(last + 4 + wire.readUInt16BE(last + 2)).toBe(wire.length);
  });

  test('what lies between two packets of a read is no part of their picture', () => {
    const { units, cutter } = cutterOf();
    const [one, ...others] = framed(pictures[0]!, { sequence: 1, timestamp: 9 });
    const report = writeFrame(5, Buffer.alloc(28, 1));
    const read = Buffer.concat([one!, report, ...others]);
    cutter.packet(read, 0, one!.length);
    for (let at = one!.length + report.length; at < read.length; at += 4 + read.readUInt16BE(at + 2)) {
      cutter.packet(read, at, at + 4 + read.readUInt16BE(at + 2));
    }
    expect(units.map(({ wire, packets }) => [wire.length, packets])).toEqual([[read.length - report.length, 1 + others.length]]);
    expect(rtpOf(units[0]!).map(({ sequence }) => sequence)).toEqual([one!, ...others].map((_, index) => index + 1));
  });

  test('a marker on the parameter sets does not hide the keyframe (quirk 19), and the picture is muxed once', () => {
    const { units, feed } = cutterOf();
    const [sets, rest] = [pictures[0]!.slice(0, 2), pictures[0]!.slice(2)];
    feed(framed(sets, { sequence: 1, timestamp: 9 }));
    feed(framed(rest, { sequence: 2, timestamp: 9 }));
    feed(framed(pictures[1]!, { sequence: 60, timestamp: 3_609 }));
    expect(units.map((unit) => unit.keyframe)).toEqual([true, false, false]);
    expect(units.map((unit) => unit.starts)).toEqual([true, false, true]);
    const messages: Fmp4Message[] = [];
    const fragments = new FragmentFeed(codecs, silentLogger, 1e6);
    fragments.describe(description);
    fragments.subscribe((message) => messages.push(message), units);
    expect(messages.map((message) => message.kind)).toEqual(['init', 'fragment', 'fragment']);
  });

  test('without markers the next timestamp ends a picture; very large or slow ones leave in parts', async () => {
    const { clock, units, feed } = cutterOf();
    const frames = framed(pictures[0]!, { sequence: 1, timestamp: 9, markers: new Array(99).fill(false) });
    feed(frames.slice(0, 2));
    await clock.advance(millis(60));
    feed(frames.slice(2, 3));
    feed(framed(pictures[1]!, { sequence: 4, timestamp: 3_609 }));
    expect(units.map(({ starts, ends }) => ({ starts, ends }))).toEqual([
      { starts: true, ends: false },
      { starts: true, ends: true },
    ]);
  });

  test('losses are counted; unknown payload types and a few packets of another source are not taken', () => {
    const { units, cutter, feed } = cutterOf();
    feed(framed(pictures[1]!, { sequence: 65_535, timestamp: 9 }));
    feed(framed(pictures[1]!, { sequence: 500, timestamp: 99, ssrc: 77 }));
    const next = framed(pictures[2]!, { sequence: 5, timestamp: 3_609 });
    feed(next);
    expect(units).toHaveLength(2);
    expect(cutter.line.lostPackets).toBe(5 - (65_535 + framed(pictures[1]!, { sequence: 0, timestamp: 0 }).length - 65_536));
  });

  test('after a reconnect viewers see the same source, the next sequence number and a time that goes on', async () => {
    const { clock, units, cutter, feed } = cutterOf();
    feed(framed(pictures[1]!, { sequence: 10, timestamp: 1_000 }));
    await clock.advance(seconds(2));
    cutter.begin(video, h264Video);
    feed(framed(pictures[0]!, { sequence: 60_000, timestamp: 4_000_000_000, ssrc: 99 }));
    const before = rtpOf(units[0]!).at(-1)!;
    const after = rtpOf(units[1]!)[0]!;
    expect(after.ssrc).toBe(before.ssrc);
    expect(after.sequence).toBe(before.sequence + 1);
    expect(after.timestamp).toBe(1_000 + 2 * 90_000);
    expect(cutter.line.lostPackets).toBe(0);
  });
});

test('sound keeps its own numbers and channel; a payload type that the camera changes stays as viewers know it', () => {
  const units: AccessUnit[] = [];
  const tracks = new Tracks(new ManualClock(), codecs, {
    begun: () => undefined,
    described: () => undefined,
    unit: (unit) => units.push(lasting(unit)),
    slip: () => undefined,
  });
  const audio = { kind: 'audio', codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1 } as const;
  const sound = (payloadType: number, sequence: number) =>
    writeFrame(9, writeRtp({ marker: false, payloadType, sequence, timestamp: sequence * 160, ssrc: 7 }, Buffer.alloc(160)));
  tracks.begin({ video, audio });
  for (const packet of [sound(8, 1), sound(0, 2), sound(8, 2)]) tracks.packet('audio', packet, 0, packet.length);
  tracks.begin({ video, audio: { ...audio, payloadType: 97 } });
  const moved = sound(97, 400);
  tracks.packet('audio', moved, 0, moved.length);
  expect(units.map(({ track, wire }) => [track, wire[1], rtpOfWire(wire)])).toEqual(
    [1, 2, 3].map((sequence) => ['audio', 2, expect.objectContaining({ payloadType: 8, sequence, ssrc: 7 })]),
  );
});

describe('times', () => {
  test('unwrap past 2^32, and a jump of hours becomes the time that really went by', () => {
    const line = new Timeline(90_000);
    expect(line.place(4_294_967_000, 0)).toBe(4_294_967_000);
    expect(line.place(3_304, 40)).toBe(4_294_970_600);
    expect(line.place(2_000_000_000, 80)).toBe(4_294_970_600 + 3_600);
  });

  test('go back for a picture that is sent out of order, not for a clock that is set back', () => {
    const line = new Timeline(90_000);
    expect([1_000_000, 1_018_000, 1_003_600].map((rtp, index) => line.place(rtp, index * 40))).toEqual([1_000_000, 1_018_000, 1_003_600]);
    expect(line.place(1_003_600 - 3 * 90_000, 120)).toBe(1_003_600 + 3_600);
  });
});
