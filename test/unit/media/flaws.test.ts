import { expect, test } from 'vitest';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { Flaws } from '../../../gateway/media/flaws.ts';
import { Timeline } from '../../../gateway/media/timestamps.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';

function stream() {
  const clock = new ManualClock();
  return { clock, flaws: new Flaws(clock, seconds(30)) };
}

test('one slip is no flaw, several within a minute are, and they are forgotten a minute later', async () => {
  const { clock, flaws } = stream();
  flaws.note('garbage');
  await clock.advance(seconds(50));
  flaws.note('garbage');
  await clock.advance(seconds(20));
  flaws.note('garbage');
  expect(flaws.standing()).toEqual([]);
  flaws.note('garbage');
  expect(flaws.standing()).toEqual(['garbage']);
  await clock.advance(seconds(61));
  expect(flaws.standing()).toEqual([]);
});

test('unreadable parameter sets stand until readable ones come', async () => {
  const { clock, flaws } = stream();
  flaws.parameterSets(false);
  await clock.advance(seconds(3_600));
  expect(flaws.standing()).toEqual(['parameter-sets']);
  flaws.parameterSets(true);
  expect(flaws.standing()).toEqual([]);
});

test('pictures without a keyframe for half a minute are a flaw; a silent camera is another matter', async () => {
  const { clock, flaws } = stream();
  for (let second = 0; second <= 30; second += 1) {
    flaws.video(false, clock.monotonic());
    await clock.advance(millis(1_000));
  }
  expect(flaws.standing()).toEqual([]);
  flaws.video(false, clock.monotonic());
  expect(flaws.standing()).toEqual(['no-keyframe']);
  flaws.video(true, clock.monotonic());
  await clock.advance(seconds(300));
  expect(flaws.standing()).toEqual([]);
  flaws.interrupt();
  expect(flaws.standing()).toEqual([]);
});

test('a jump of the time stamps is told, a new session with other ones is none', () => {
  let jumps = 0;
  const line = new Timeline(90_000, () => {
    jumps += 1;
  });
  line.restart();
  expect([line.place(1_000, 0), line.place(4_600, 40), line.place(4_600 + 90_000 * 3_600, 80)]).toEqual([1_000, 4_600, 8_200]);
  expect(jumps).toBe(1);
  line.restart();
  expect(line.place(77, 120)).toBe(11_800);
  expect(jumps).toBe(1);
});
