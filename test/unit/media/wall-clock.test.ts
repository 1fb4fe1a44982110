/** When something was taken, and when viewers are told: packets of both tracks, and the camera's reports, as they come. */
import { describe, expect, test } from 'vitest';
import { audioTools, videoTools } from '../../../adapters/protocols/codecs.ts';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import type { SenderClock, TrackKind } from '../../../gateway/domain/media.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { Tracks } from '../../../gateway/media/tracks.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { parameterSets } from '../../support/rtsp-camera.ts';

const video = { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets } as const;
const audio = { kind: 'audio', codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1 } as const;
const ssrc = { video: 5, audio: 6 };
const rate = { video: 90, audio: 8 };

/** A session of which the camera's timestamps count from 0 at the beginning. */
function session() {
  const clock = new ManualClock();
  const began = clock.now();
  const units: AccessUnit[] = [];
  const tracks = new Tracks(
    clock,
    { video: videoTools, audio: audioTools },
    { begun: () => undefined, described: () => undefined, unit: (unit) => units.push(unit), slip: () => undefined },
  );
  tracks.begin({ video, audio });
  let sequence = 0;
  const told = () => {
    const clocks: Partial<Record<TrackKind, SenderClock>> = {};
    tracks.report((track, reported) => {
      clocks[track] = reported;
    });
    return clocks;
  };
  return {
    clock,
    began,
    told,
    /** One packet of what was taken `at` ms after the beginning; ms after the beginning at which it is taken to have been taken. */
    send(track: TrackKind, at: number): number {
      sequence += 1;
      const header = { marker: true, payloadType: track === 'video' ? 96 : 8, sequence, timestamp: at * rate[track], ssrc: ssrc[track] };
      const packet = writeFrame(0, writeRtp(header, Buffer.of(0x41, 1, 2)));
      tracks.packet(track, packet, 0, packet.length);
      return units.at(-1)!.capturedAt - began;
    },
    /** What its clock shows when it is `at`. */
    say(track: TrackKind, at: number, ahead: number, from = ssrc[track]) {
      tracks.clock(track, { wallClock: began + at + ahead, rtpTimestamp: at * rate[track], ssrc: from });
    },
  };
}

describe('the time that a picture was taken', () => {
  test('is the camera’s, unless its clock is wrong', () => {
    const { send, say } = session();
    expect(send('video', 0)).toBe(0);
    say('video', 0, -200);
    expect(send('video', 40)).toBeCloseTo(-160);
    say('video', 40, -3_600_000);
    expect(send('video', 80)).toBe(0);
  });

  test('is the camera’s from the first one on where the report came before it; a foreign report is none', () => {
    const { send, say } = session();
    say('video', 0, -200);
    expect(send('video', 0)).toBe(-200);
    say('audio', 0, -200, 99);
    say('audio', 40, 700, 99);
    expect(send('audio', 0)).toBeCloseTo(-200);
  });

  test('does not tremble with the network, and follows a camera whose clock is too slow', async () => {
    const { clock, send } = session();
    const off: number[] = [];
    for (let at = 0; at < 120_000; at += 40) {
      const late = (at * 7) % 30;
      await clock.advance(millis(late));
      // Two in a hundred slower than ours.
      const taken = send('video', Math.round(at * 0.98));
      await clock.advance(millis(40 - late));
      off.push(at - taken);
    }
    const steps = off.slice(1).map((value, index) => Math.abs(value - off[index]!));
    expect(Math.max(...steps)).toBeLessThan(3);
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(500);
  });

  test('goes by the same clock for both tracks, whichever of them the camera dates', async () => {
    const { clock, send, say } = session();
    send('video', 0);
    send('audio', 0);
    say('video', 0, 1_500);
    await clock.advance(millis(40));
    expect(send('video', 40)).toBeCloseTo(1_540);
    expect(send('audio', 40)).toBeCloseTo(1_540);
  });
});

describe('what viewers are told', () => {
  test('is nothing until the camera has told the time; then both tracks at once', () => {
    const { began, send, say, told } = session();
    send('video', 0);
    send('audio', 0);
    expect(told()).toEqual({});
    say('audio', 0, -100);
    const { video: picture, audio: sound } = told();
    expect(picture?.wallClock).toBeCloseTo(began - 100);
    expect(sound?.wallClock).toBeCloseTo(began - 100);
  });

  test('is the time of arrival where the camera tells none for 6 s', async () => {
    const { clock, began, send, told } = session();
    send('video', 0);
    await clock.advance(seconds(7));
    send('video', 7_000);
    expect(told().video).toEqual({ wallClock: began + 7_000, rtpTimestamp: 630_000, ssrc: 5 });
  });
});
