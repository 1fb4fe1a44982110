import { describe, expect, test } from 'vitest';
import type { WireSpan } from '../../../gateway/domain/media-ports.ts';
import { instant, millis, seconds } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { FanOut } from '../../../gateway/media/fan-out.ts';
import { gopCache, withWire } from '../../../gateway/media/gop-cache.ts';
import { OwedBytes } from '../../../gateway/media/owed-bytes.ts';
import { usualMediaSettings } from '../../../gateway/media/settings.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';

const unitOf = (bytes: number, keyframe: boolean, ticks = 0): AccessUnit => ({
  track: 'video',
  wire: Buffer.alloc(bytes),
  packets: 1,
  ticks,
  capturedAt: instant(0),
  keyframe,
  starts: true,
  ends: true,
  last: 0,
});

/** Of 100 bytes, each of them `mark`. */
const marked = (mark: number, keyframe: boolean): AccessUnit => withWire(unitOf(100, keyframe), Buffer.alloc(100, mark));

describe('viewers', () => {
  const unlimited = UplinkBudget.open(0, new ManualClock());
  const settings = { ...usualMediaSettings, viewerBytes: 1_000, cacheBytes: 10_000 };
  function viewer() {
    const seen = { bytes: 0, writes: 0, closed: '', backlog: 0 };
    return {
      seen,
      outlet: {
        described: () => undefined,
        write: (spans: readonly WireSpan[]) => {
          seen.writes += 1;
          for (const { wire } of spans) seen.bytes += wire.length;
        },
        report: () => undefined,
        notice: () => undefined,
        get backlog() {
          return seen.backlog;
        },
        close: (reason: string) => {
          seen.closed = reason;
        },
      },
    };
  }

  test('a joiner gets the first picture of the cached group at once; the others, each once, when those who came with it have seen theirs', async () => {
    const clock = new ManualClock();
    const out = new FanOut(clock, settings, new OwedBytes(1e6), unlimited);
    const { seen, outlet } = viewer();
    out.deliver(out.keep(unitOf(100, true)));
    out.deliver(out.keep(unitOf(10, false, 1)));
    out.deliver(out.keep(unitOf(7, false, 2)));
    out.join(outlet, () => 'local');
    expect(seen).toMatchObject({ writes: 1, bytes: 100 });
    await clock.advance(millis(40));
    out.deliver(out.keep(unitOf(10, false, 3)));
    expect(seen).toMatchObject({ writes: 1, bytes: 100 });
    await clock.advance(millis(40));
    out.deliver(out.keep(unitOf(10, false, 4)));
    expect(seen).toMatchObject({ writes: 3, bytes: 137 });
    out.deliver(out.keep(unitOf(10, false, 5)));
    expect(seen).toMatchObject({ writes: 4, bytes: 147 });
  });

  test('the first picture is whole, whatever sound lies among its spans', () => {
    const out = new FanOut(new ManualClock(), settings, new OwedBytes(1e6), unlimited);
    const { seen, outlet } = viewer();
    out.deliver(out.keep(unitOf(100, true)));
    out.deliver(out.keep({ ...unitOf(3, false, 7), track: 'audio' }));
    out.deliver(out.keep({ ...unitOf(60, false), starts: false }));
    out.deliver(out.keep(unitOf(10, false, 1)));
    out.join(outlet, () => 'local');
    expect(seen).toMatchObject({ writes: 1, bytes: 163 });
  });

  test('what the link was charged for goes out, though it has no room for what follows', () => {
    const clock = new ManualClock();
    const out = new FanOut(clock, settings, new OwedBytes(1e6), UplinkBudget.open(1_000, clock));
    const { seen, outlet } = viewer();
    out.deliver(out.keep(unitOf(400, true)));
    out.deliver(out.keep(unitOf(400, false, 1)));
    out.join(outlet, () => 'patrol');
    expect(seen).toMatchObject({ writes: 1, bytes: 400 });
    out.deliver(out.keep(unitOf(900, false, 2)));
    expect(seen).toMatchObject({ writes: 2, bytes: 800 });
    expect(out.skipped).toBe(1);
  });

  test('what a joiner has not yet got of the group comes though no picture follows, and stays as it was though a new group begins', () => {
    const sent: number[] = [];
    const join = (out: FanOut) => {
      sent.length = 0;
      out.deliver(out.keep(marked(1, true)));
      out.deliver(out.keep({ ...marked(2, false), ticks: 1 }));
      const write = (spans: readonly WireSpan[]) => sent.push(...spans.map(({ wire }) => wire[0]!));
      out.join({ ...viewer().outlet, write, backlog: 0 }, () => 'local');
      return out;
    };
    join(new FanOut(new ManualClock(), settings, new OwedBytes(1e6), unlimited)).sweep();
    expect(sent).toEqual([1, 2]);
    const out = join(new FanOut(new ManualClock(), settings, new OwedBytes(1e6), unlimited));
    out.deliver(out.keep({ ...marked(3, true), ticks: 2 }));
    expect(sent).toEqual([1, 2, 3]);
  });

  test('a joiner that has taken the first picture may still owe the rest of the group, however large', async () => {
    const clock = new ManualClock();
    const out = new FanOut(clock, settings, new OwedBytes(1e6), unlimited);
    const { seen, outlet } = viewer();
    out.deliver(out.keep(unitOf(100, true)));
    for (let ticks = 1; ticks <= 5; ticks += 1) out.deliver(out.keep(unitOf(1_000, false, ticks)));
    out.join(outlet, () => 'local');
    await clock.advance(millis(80));
    out.deliver(out.keep(unitOf(10, false, 6)));
    seen.backlog = 5_010;
    out.deliver(out.keep(unitOf(10, false, 7)));
    expect(seen).toMatchObject({ bytes: 5_120 });
    expect(out.skipped).toBe(0);
  });

  test('a joiner gets nothing of a camera that went away: it would take that for live', async () => {
    const clock = new ManualClock();
    const out = new FanOut(clock, settings, new OwedBytes(1e6), unlimited);
    const { seen, outlet } = viewer();
    out.deliver(out.keep(unitOf(100, true)));
    await clock.advance(seconds(2));
    out.join(outlet, () => 'local');
    out.deliver(out.keep(unitOf(10, false)));
    expect(seen).toMatchObject({ writes: 0 });
  });

  test('one that owes too much skips to the next keyframe, the others do not notice', () => {
    const out = new FanOut(new ManualClock(), settings, new OwedBytes(1e6), unlimited);
    const [slow, quick] = [viewer(), viewer()];
    out.deliver(out.keep(unitOf(100, true)));
    out.join(slow.outlet, () => 'local');
    out.join(quick.outlet, () => 'local');
    slow.seen.backlog = 1_101;
    out.deliver(out.keep(unitOf(10, false)));
    slow.seen.backlog = 0;
    out.deliver(out.keep(unitOf(10, false)));
    expect([slow.seen.writes, quick.seen.writes]).toEqual([1, 3]);
    out.deliver(out.keep(unitOf(100, true)));
    out.deliver(out.keep(unitOf(10, false)));
    expect([slow.seen.writes, quick.seen.writes]).toEqual([3, 5]);
    expect(out.skipped).toBe(2);
  });

  test('one that takes nothing skips after 2 s and is closed after 10 s', async () => {
    const clock = new ManualClock();
    const out = new FanOut(clock, settings, new OwedBytes(1e6), unlimited);
    const { seen, outlet } = viewer();
    out.deliver(out.keep(unitOf(100, true)));
    out.join(outlet, () => 'local');
    seen.backlog = 100;
    out.deliver(out.keep(unitOf(10, false)));
    await clock.advance(seconds(2.5));
    out.deliver(out.keep(unitOf(10, false)));
    expect(seen.writes).toBe(2);
    await clock.advance(seconds(8));
    out.deliver(out.keep(unitOf(10, false)));
    expect(seen.closed).toBe('takes nothing');
    expect(out.viewers).toBe(0);
  });

  test('one that is looked at while no picture comes is closed all the same; one that stays behind though it reads a little is closed too', async () => {
    const clock = new ManualClock();
    const out = new FanOut(clock, settings, new OwedBytes(1e6), unlimited);
    const [dead, slow] = [viewer(), viewer()];
    out.deliver(out.keep(unitOf(100, true)));
    out.join(dead.outlet, () => 'local');
    out.join(slow.outlet, () => 'local');
    dead.seen.backlog = 50;
    slow.seen.backlog = 5_000;
    out.sweep();
    for (let second = 0; second < 11; second += 1) {
      await clock.advance(seconds(1));
      slow.seen.backlog -= 10;
      out.sweep();
    }
    expect(dead.seen.closed).toBe('takes nothing');
    expect(slow.seen.closed).toBe('too slow for this stream');
    expect(out.viewers).toBe(0);
  });

  test('when all viewers together owe too much, the one that owes most goes, whichever stream it watches', () => {
    const budget = new OwedBytes(1_500);
    const [one, other] = [new FanOut(new ManualClock(), settings, budget, unlimited), new FanOut(new ManualClock(), settings, budget, unlimited)];
    const [worst, good] = [viewer(), viewer()];
    one.join(worst.outlet, () => 'local');
    other.join(good.outlet, () => 'local');
    worst.seen.backlog = 900;
    one.deliver(one.keep(unitOf(10, true)));
    good.seen.backlog = 700;
    other.deliver(other.keep(unitOf(10, true)));
    expect(worst.seen.closed).toContain('owed most');
    expect(good.seen.closed).toBe('');
    expect(budget).toMatchObject({ owed: 700, closed: 1 });
  });

  test('a group uses the bytes of the one before again, unless a viewer still owes them', () => {
    const cache = (owed: boolean) => {
      const group = gopCache(1e6, () => owed);
      const first = group.push(marked(1, true))!;
      const second = group.push(marked(2, true))!;
      return { first: first.wire[0], second: second.wire[99], same: first.wire.byteOffset === second.wire.byteOffset };
    };
    expect(cache(false)).toEqual({ first: 2, second: 2, same: true });
    expect(cache(true)).toEqual({ first: 1, second: 2, same: false });
  });

  test('one that is slow, or leaves while it owes, gets the pictures that it was sent', () => {
    for (const leaves of [false, true]) {
      const out = new FanOut(new ManualClock(), settings, new OwedBytes(1e6), unlimited);
      const { seen, outlet } = viewer();
      const sent: Buffer[] = [];
      const joined = out.join({ ...outlet, write: (spans) => sent.push(...spans.map(({ wire }) => wire)), backlog: 500 }, () => 'local');
      out.deliver(out.keep(marked(1, true)));
      if (leaves) joined[Symbol.dispose]();
      out.deliver(out.keep(marked(2, true)));
      expect(sent[0]![0]).toBe(1);
      expect(seen.closed).toBe('');
    }
  });

  test('a group larger than the cache is dropped whole, until the next keyframe', () => {
    const cache = gopCache(1_000);
    cache.push(unitOf(600, true));
    cache.push(unitOf(600, false));
    cache.push(unitOf(10, false));
    expect(cache.items).toHaveLength(0);
    cache.push(unitOf(10, true));
    expect(cache.bytes).toBe(10);
  });
});
