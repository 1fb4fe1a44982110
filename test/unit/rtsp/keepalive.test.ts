/** How a session is kept, and what is learned from the ones that were lost. */
import { describe, expect, test } from 'vitest';
import type { CameraHabits } from '../../../adapters/protocols/rtsp/habits.ts';
import { Keepalive } from '../../../adapters/protocols/rtsp/keepalive.ts';

const everything = new Set(['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER']);

/** A session from time 0 on, with a camera that answers each keepalive with `status`, or never. */
function session(habits: CameraHabits, status?: number, methods: ReadonlySet<string> = everything, timeout = 60_000) {
  const sent: string[] = [];
  const line = {
    tell: ({ method }: { method: string }, answered: (status: number) => void) => {
      sent.push(method);
      if (status !== undefined) answered(status);
    },
  };
  const keepalive = new Keepalive(line, { uri: 'rtsp://camera/', timeout, methods, habits }, 0);
  /** Lets time pass up to `until`. */
  const live = (until: number) => {
    for (let due = keepalive.due; due <= until; due = keepalive.due) keepalive.send(due);
  };
  return { keepalive, sent, live };
}

describe('a keepalive', () => {
  test('comes at half the timeout that the camera names (quirk 6), and at least every 25 s', () => {
    expect(session({}, 200, everything, 12_000).keepalive.due).toBe(6_000);
    expect(session({}, 200, everything, 600_000).keepalive.due).toBe(25_000);
    expect(session({}, 200, everything, 0).keepalive.due).toBeGreaterThanOrEqual(500);
  });

  test('is never SET_PARAMETER, and GET_PARAMETER only where it is listed (quirk 5)', () => {
    const listed = session({}, 200);
    listed.live(100_000);
    expect(new Set(listed.sent)).toEqual(new Set(['GET_PARAMETER']));
    const bare = session({}, 200, new Set(['OPTIONS', 'SET_PARAMETER']));
    bare.live(100_000);
    expect(new Set(bare.sent)).toEqual(new Set(['OPTIONS']));
  });

  test.each([
    ['refused with 454', 454],
    ['not answered', undefined],
  ])('that is %s goes over to OPTIONS, for the next sessions too (quirk 3)', (_, status) => {
    const habits: CameraHabits = {};
    const first = session(habits, status);
    first.live(80_000);
    expect(first.sent).toEqual(['GET_PARAMETER', 'OPTIONS', 'OPTIONS']);
    const second = session(habits, status);
    second.live(50_000);
    expect(new Set(second.sent)).toEqual(new Set(['OPTIONS']));
  });

  test('that makes the camera hang up at once is not sent again (quirk 3)', () => {
    const habits: CameraHabits = {};
    const first = session(habits);
    first.live(25_000);
    first.keepalive.hungUp(25_100);
    expect(habits).toEqual({ keepaliveBy: 'OPTIONS' });
  });
});

describe('a camera that hangs up for want of keepalives (quirk 1)', () => {
  test('is asked twice as often as it needs after the second time', () => {
    const habits: CameraHabits = {};
    session(habits).keepalive.hungUp(5_100);
    expect(session(habits).keepalive.due).toBe(25_000);
    session(habits).keepalive.hungUp(4_900);
    expect(session(habits).keepalive.due).toBe(2_450);
  });

  test('is asked more often still if that was not enough', () => {
    const habits: CameraHabits = { keepaliveEvery: 6_000 };
    for (const after of [4_000, 4_100]) session(habits).keepalive.hungUp(after);
    expect(session(habits).keepalive.due).toBe(2_000);
  });

  test('is not confused with one whose network fails now and then', () => {
    const habits: CameraHabits = {};
    for (const after of [3_000, 11_000, 20_000, 2_000]) session(habits).keepalive.hungUp(after);
    for (const after of [302_000, 302_100]) {
      const kept = session(habits, 200);
      kept.live(300_000);
      kept.keepalive.hungUp(after);
    }
    expect(session(habits).keepalive.due).toBe(25_000);
  });
});
