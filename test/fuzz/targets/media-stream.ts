/**
 * A camera's packets through the media plane, as they arrive: cut into access units, kept in cache and ring, muxed for browsers.
 * Each piece is a step: a byte that says which, then what belongs to it (`step` below). Packets of one read lie side by side in one buffer.
 */
import { audioTools, videoTools } from '../../../adapters/protocols/codecs.ts';
import { parseRtp, writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import type { Fmp4Message, StreamDescription, TrackKind } from '../../../gateway/domain/media.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { instant, millis, seconds } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { FragmentFeed } from '../../../gateway/media/fragments.ts';
import { gopCache, withWire } from '../../../gateway/media/gop-cache.ts';
import { RecorderRing } from '../../../gateway/media/recorder-ring.ts';
import { Tracks } from '../../../gateway/media/tracks.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { join, split } from '../pieces.ts';
import { boxTypes } from '../shared/boxes.ts';
import { ffmpegH265Packets, ffmpegPackets, x264Units } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const step = { begin: 0, waited: 1, report: 2, video: 3, audio: 4, raw: 5 } as const;
const steps = Object.keys(step).length;
const flags = { marker: 0x80, newTime: 0x40, gap: 0x20, foreign: 0x10 } as const;
const mostSteps = 400;
const mostBytes = 64 * 1024;

const h264 = { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets: x264Units(2) } as const;
const h265 = { kind: 'video', codec: 'h265', payloadType: 97, clockRate: 90_000, parameterSets: [] } as const;
const pcma = { kind: 'audio', codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1 } as const;
const config = Uint8Array.of(0x14, 0x08);
const aac = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, config };
const descriptions: readonly StreamDescription[] = [
  { video: h264 },
  { video: { ...h264, parameterSets: [] }, audio: pcma },
  { video: h265, audio: { kind: 'audio', codec: 'aac', payloadType: 98, clockRate: 16_000, channels: 1, aac } },
];

const packetStep = (kind: number, flag: number, payload: Uint8Array) => Buffer.concat([Buffer.of(kind, flag), payload]);
const played = (description: number, packets: readonly Uint8Array[]) =>
  join([
    Uint8Array.of(step.begin, description),
    ...packets.map((bytes) => {
      const { marker, payload } = parseRtp(bytes);
      return packetStep(step.video, marker ? flags.marker | flags.newTime : 0, payload.subarray(0, 200));
    }),
    packetStep(step.audio, flags.newTime, new Uint8Array(160)),
    Uint8Array.of(step.report, 5),
    Uint8Array.of(step.waited, 50),
  ]);

class Play {
  now = 1_760_000_000_000;
  readonly #ring: RecorderRing;
  readonly #cache = gopCache(mostBytes);
  readonly #feed = new FragmentFeed({ video: videoTools, audio: audioTools }, silentLogger, mostBytes);
  readonly #tracks: Tracks;
  readonly #decodeTimes = new Map<TrackKind, number>();
  #sequence = 65_530;
  #timestamp = 4_294_960_000;
  packets = 0;
  packetsOut = 0;

  constructor() {
    const clock: Clock = {
      now: () => instant(this.now),
      monotonic: () => millis(this.now),
      sleep: () => Promise.reject(new Error('nothing here waits')),
      deadline: () => {
        throw new Error('nothing here waits');
      },
    };
    this.#ring = new RecorderRing(clock, seconds(1), mostBytes);
    this.#tracks = new Tracks(
      clock,
      { video: videoTools, audio: audioTools },
      {
        begun: () => undefined,
        described: (description) => this.#feed.describe(description),
        unit: (unit) => this.#take(unit),
        slip: () => undefined,
      },
    );
    this.begin(0);
    this.#feed.subscribe((message) => this.#watch(message), [], true);
  }

  /** A new session with the camera, after the end of the one before. */
  begin(which: number): void {
    this.#feed.pause();
    this.#cache.clear();
    this.#ring.interrupt();
    this.#tracks.begin(descriptions[which % descriptions.length]!);
  }

  report(ssrc: number): void {
    for (const track of ['video', 'audio'] as const) this.#tracks.clock(track, { wallClock: this.now - 100, rtpTimestamp: this.#timestamp, ssrc });
    this.#tracks.report((_, clock) => must(Number.isFinite(clock.wallClock), 'a wall clock is a time', () => clock));
  }

  packet(track: TrackKind, flag: number, payload: Uint8Array): Buffer {
    if (flag & flags.newTime) this.#timestamp = (this.#timestamp + 3_600) >>> 0;
    this.#sequence = (this.#sequence + (flag & flags.gap ? 3 : 1)) & 0xffff;
    const description = this.#tracks.description!;
    const payloadType = (track === 'video' ? description.video : description.audio)?.payloadType ?? 0;
    const header = { marker: (flag & flags.marker) !== 0, payloadType, sequence: this.#sequence, timestamp: this.#timestamp };
    return writeFrame(0, writeRtp({ ...header, ssrc: flag & flags.foreign ? 6 : 5 }, payload));
  }

  /** Packets that came in one read. */
  deliver(read: readonly { readonly track: TrackKind; readonly frame: Buffer }[]): void {
    const bytes = Buffer.concat(read.map(({ frame }) => frame));
    let at = 0;
    for (const { track, frame } of read) {
      this.packets += 1;
      this.#tracks.packet(track, bytes, at, at + frame.length);
      at += frame.length;
    }
  }

  #take(unit: AccessUnit): void {
    this.packetsOut += unit.packets;
    let at = 0;
    let packets = 0;
    for (; at < unit.wire.length; packets += 1) at += 4 + unit.wire.readUInt16BE(at + 2);
    must(at === unit.wire.length && packets === unit.packets && packets > 0, 'a unit is whole packets', () => [at, unit.wire.length, packets]);
    must(Number.isFinite(unit.ticks) && Number.isFinite(unit.capturedAt), 'a unit has its times', () => [unit.ticks, unit.capturedAt]);
    const kept = this.#cache.push(unit) ?? withWire(unit, Buffer.from(unit.wire));
    this.#cache.lend();
    this.#ring.push(kept);
    this.#feed.accept(kept);
    must(this.#cache.bytes <= mostBytes && this.#ring.state().bytes <= mostBytes, 'cache and ring keep to their bytes');
  }

  #watch(message: Fmp4Message): void {
    if (message.kind === 'ended') return;
    const types = boxTypes(message.bytes);
    if (message.kind === 'init') {
      must(types[0] === 'ftyp' && types[1] === 'moov', 'an init segment has its boxes', () => types);
      this.#decodeTimes.delete(message.track);
      return;
    }
    must(types[0] === 'moof' && types.at(-1) === 'mdat', 'a fragment has its boxes', () => types);
    const bytes = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength);
    const time = Number(bytes.readBigUInt64BE(60));
    must(time > (this.#decodeTimes.get(message.track) ?? -1), 'decode times grow', () => [message.track, time, this.#decodeTimes.get(message.track)]);
    this.#decodeTimes.set(message.track, time);
  }
}

export const mediaStreamTarget: FuzzTarget = {
  name: 'media-stream',
  pieces: true,
  longest: 32 * 1024,
  allows: () => false,
  seeds: () => [played(0, ffmpegPackets(8)), played(1, ffmpegPackets(8)), played(2, ffmpegH265Packets(8))],
  run(input) {
    const play = new Play();
    let read: { readonly track: TrackKind; readonly frame: Buffer }[] = [];
    for (const piece of split(input).slice(0, mostSteps)) {
      const [kind = 0, flag = 0] = piece;
      const rest = piece.subarray(2);
      const track = kind % steps === step.audio || (kind % steps === step.raw && (flag & 1) === 1) ? 'audio' : 'video';
      switch (kind % steps) {
        case step.video:
        case step.audio:
          read.push({ track, frame: play.packet(track, flag, rest) });
          continue;
        case step.raw:
          read.push({ track, frame: writeFrame(0, rest) });
          continue;
      }
      play.deliver(read);
      read = [];
      if (kind % steps === step.begin) play.begin(flag);
      else if (kind % steps === step.report) play.report(flag);
      else play.now += flag;
    }
    play.deliver(read);
    must(play.packetsOut <= play.packets, 'no packet comes out twice', () => [play.packetsOut, play.packets]);
  },
};
