/** The order in which pictures are made, and who shares which. */
import { expect, test } from 'vitest';
import { channelId } from '../../../gateway/domain/ids.ts';
import type { Keyframe, WantedKeyframe } from '../../../gateway/domain/media.ts';
import { instant, millis } from '../../../gateway/domain/time.ts';
import { openSnapshots, type SnapshotWish } from '../../../gateway/media/snapshots.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';

/** Lets everything run that waits for nothing. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function darkroom(keyframeOf: (wanted: WantedKeyframe) => Promise<Keyframe>) {
  const clock = new ManualClock();
  const asked: WantedKeyframe[] = [];
  const runs: { readonly made: readonly string[]; done(): void }[] = [];
  const snapshots = openSnapshots({
    clock,
    media: {
      keyframe: (wanted) => {
        asked.push(wanted);
        return keyframeOf(wanted);
      },
    },
    jpegsOf: (negatives) =>
      new Promise((resolve) => {
        const made = negatives.map(({ keyframe }) => Buffer.from(keyframe.bytes).toString());
        const done = () => resolve(made.map((text) => ({ status: 'fulfilled', value: Buffer.from(`jpeg of ${text}`) })));
        runs.push({ made, done });
      }),
  });
  const take = (channel: string, more: Partial<SnapshotWish> = {}) =>
    snapshots.take({ channel: channelId(channel), profile: 'main', ...more }).then(({ jpeg }) => Buffer.from(jpeg).toString());
  return { clock, asked, runs, take };
}

const keyframe = (text: string, capturedAt = 1): Keyframe => ({
  ...{ codec: 'h264', width: 2, height: 2, capturedAt: instant(capturedAt), bytes: Buffer.from(text) },
});

test('pictures of one alarm are shared out to two ffmpegs; those that come meanwhile wait, the most severe first and in turn', async () => {
  const { runs, take } = darkroom(async ({ channel }) => keyframe(channel));
  const page = take('page');
  await settled();
  const first = [1, 2, 3, 4].map((camera) => take(`a${camera}`, { severity: 1 }));
  await settled();
  for (let camera = 1; camera <= 12; camera += 1) void take(`c${camera}`, { severity: 3 });
  for (let camera = 1; camera <= 4; camera += 1) void take(`b${camera}`, { severity: 1 });
  await settled();
  expect(runs.map(({ made }) => made)).toEqual([['page'], ['a1', 'a2', 'a3', 'a4']]);
  runs[0]!.done();
  expect(await page).toBe('jpeg of page');
  await settled();
  expect(runs[2]!.made).toEqual(['b1', 'b2', 'b3', 'b4', 'c1', 'c2', 'c3', 'c4']);
  runs[1]!.done();
  expect(await Promise.all(first)).toEqual(['jpeg of a1', 'jpeg of a2', 'jpeg of a3', 'jpeg of a4']);
});

test('wishes of one moment for one camera are one picture, and so are later ones while its keyframe is the same', async () => {
  let at = 1;
  const { clock, asked, runs, take } = darkroom(async ({ channel }) => keyframe(`${channel}-${at}`, at));
  const pressed = clock.now();
  const moment = { at: pressed, severity: 2 } as const;
  const all = [take('gate', moment), take('gate', { ...moment, severity: 1 }), take('gate', { ...moment, at: instant(pressed + 999) })];
  await settled();
  expect(runs.map(({ made }) => made)).toEqual([['gate-1']]);
  runs[0]!.done();
  expect(new Set(await Promise.all(all))).toEqual(new Set(['jpeg of gate-1']));
  await clock.advance(millis(1_500));
  expect(await take('gate', { at: clock.now(), severity: 1 })).toBe('jpeg of gate-1');
  at = 2;
  await clock.advance(millis(1_500));
  const later = take('gate', { at: pressed, severity: 1 });
  expect(await later).toBe('jpeg of gate-1');
  const next = take('gate', { at: instant(clock.now() - 400), severity: 1 });
  await settled();
  runs[1]!.done();
  expect(await next).toBe('jpeg of gate-2');
  expect(asked.map(({ ago }) => ago)).toEqual([0, 0, 400]);
});

test('a camera that keeps us waiting keeps no other waiting, and is served when it comes', async () => {
  let comes = (_: Keyframe): void => undefined;
  const slow = new Promise<Keyframe>((resolve) => {
    comes = resolve;
  });
  const { clock, runs, take } = darkroom(({ channel }) => (channel === 'slow' ? slow : Promise.resolve(keyframe(channel))));
  const late = take('slow', { severity: 1 });
  const other = take('gate', { severity: 1 });
  await settled();
  expect(runs).toEqual([]);
  await clock.advance(millis(150));
  await settled();
  runs[0]!.done();
  expect(await other).toBe('jpeg of gate');
  comes(keyframe('slow'));
  await settled();
  runs[1]!.done();
  expect(await late).toBe('jpeg of slow');
});
