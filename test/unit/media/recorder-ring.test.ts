import { describe, expect, test } from 'vitest';
import { instant, millis, seconds } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { RecorderRing } from '../../../gateway/media/recorder-ring.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';

const picture = (keyframe: boolean, bytes = 100): AccessUnit => ({
  track: 'video',
  wire: Buffer.alloc(bytes),
  packets: 1,
  ticks: 0,
  capturedAt: instant(0),
  keyframe,
  starts: true,
  ends: true,
  last: 0,
});

/** One picture a second, a keyframe every `group`. */
async function play(ring: RecorderRing, clock: ManualClock, length: number, group = 2): Promise<void> {
  for (let second = 0; second < length; second += 1) {
    ring.push(picture(second % group === 0));
    await clock.advance(seconds(1));
  }
}

describe('a recorder ring', () => {
  test('keeps whole groups, from a keyframe at least as old as asked for, and not many more', async () => {
    const clock = new ManualClock();
    const ring = new RecorderRing(clock, seconds(30), 1e6);
    for (let second = 0; second < 200; second += 1) {
      ring.push(picture(second % 4 === 0));
      if (second > 34) expect(ring.state().reach).toBeGreaterThanOrEqual(30_000);
      expect(ring.state().reach).toBeLessThanOrEqual(38_000);
      expect(ring.units()[0]!.keyframe).toBe(true);
      await clock.advance(seconds(1));
    }
  });

  test('takes nothing before the first keyframe, and is not full until it reaches back far enough', async () => {
    const clock = new ManualClock();
    const ring = new RecorderRing(clock, seconds(30), 1e6);
    ring.push(picture(false));
    expect(ring.units()).toEqual([]);
    await play(ring, clock, 20);
    expect(ring.state()).toEqual({ reach: millis(20_000), wanted: seconds(30), bytes: 2_000 });
  });

  test('stays within its bytes, and then reaches less far: that it says', async () => {
    const clock = new ManualClock();
    const ring = new RecorderRing(clock, seconds(30), 1_000);
    await play(ring, clock, 60);
    expect(ring.state().bytes).toBeLessThanOrEqual(1_000);
    expect(ring.state().reach).toBeLessThan(12_000);
    expect(ring.units()[0]!.keyframe).toBe(true);
  });

  test('keeps what it has when the camera goes, but counts its reach anew', async () => {
    const clock = new ManualClock();
    const ring = new RecorderRing(clock, seconds(30), 1e6);
    await play(ring, clock, 40);
    ring.interrupt();
    expect(ring.state().reach).toBe(0);
    expect(ring.units().length).toBeGreaterThan(30);
    await play(ring, clock, 10);
    expect(ring.state().reach).toBe(10_000);
  });
});
