import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { StreamProfile, StreamPurpose } from '../../gateway/domain/media.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { MediaPage } from '../../gateway/http/sockets/media-page.ts';
import { MediaWatch } from '../../gateway/http/sockets/media-watch.ts';
import type { StreamFragment, StreamWatcher } from '../../gateway/http/sockets/shared-stream.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { school } from '../support/http-school.ts';
import { fragment, readPicture } from '../support/http-stand-ins.ts';

const budget = { pressed: false, full: false, take: (_bytes: number, purpose: StreamPurpose) => !(budget.full && purpose === 'patrol') };

interface Wish {
  readonly purpose?: StreamPurpose;
  readonly urgent?: boolean;
  readonly profile?: StreamProfile;
}

describe('a page that cannot follow', () => {
  /** Stands in for a socket whose peer has stopped reading: what is sent stays. */
  function stuck(limit: number) {
    const clock = new ManualClock();
    const texts: { kind: string; id: number }[] = [];
    const sent: string[] = [];
    const socket = {
      OPEN: 1 as const,
      readyState: 1 as 1 | 2,
      bufferedAmount: 0,
      send: (text: string) => void texts.push(JSON.parse(text)),
      closedWith: 0,
      close(code: number) {
        socket.closedWith = code;
        socket.readyState = 2;
      },
      terminate: () => undefined,
    };
    const wire = {
      write(frame: Buffer) {
        socket.bufferedAmount += frame.byteLength;
        const { id, at } = readPicture(frame.subarray({ 126: 4, 127: 10 }[frame[1]!] ?? 2));
        sent.push(`${id}:${at}`);
      },
    };
    const media = new MediaPage({ socket, wire }, clock, limit);
    const joined: string[] = [];
    /** What each profile begins with. */
    const warm: Record<string, readonly StreamFragment[]> = {};
    let left = 0;
    const watch = (id: number, { purpose = 'local', urgent = false, profile = 'sub' }: Wish = {}) => {
      const join = (wanted: { profile: string }, watcher: StreamWatcher) => {
        joined.push(`${id}:${wanted.profile}`);
        for (const message of warm[wanted.profile] ?? []) watcher.message(message);
        let here = true;
        return () => {
          if (here) left += 1;
          here = false;
        };
      };
      const parts = { page: media, clock, budget, join, over: () => undefined };
      const one = new MediaWatch(parts, { id, purpose, urgent, wanted: { channel: 'gate' as never, profile, audio: false } });
      one.begin();
      return one;
    };
    return { clock, socket, wire, sent, texts, joined, warm, watch, left: () => left };
  }
  const picture = (keyframe: boolean, at: number, size = 1) => fragment(keyframe, at, new Uint8Array(size)) as StreamFragment;

  test('skips to the next keyframe once it owes too much, and resumes when it has read', () => {
    const { socket, sent, watch } = stuck(1_000);
    const one = watch(1, { urgent: true });
    one.message(picture(true, 1, 1_200));
    one.message(picture(false, 2));
    one.message(picture(true, 3));
    expect(sent).toEqual(['1:1']);
    socket.bufferedAmount = 0;
    one.message(picture(false, 4));
    one.message(picture(true, 5));
    one.message(picture(false, 6));
    expect(sent).toEqual(['1:1', '1:5', '1:6']);
  });

  test('skips the pictures of an alarm last', () => {
    const { sent, watch } = stuck(1_000);
    const all = [watch(1), watch(2), watch(3, { urgent: true })];
    for (let at = 1; at <= 5; at += 1) for (const one of all) one.message(picture(at === 1, at, 182)); // 200 with the headers
    expect(sent).toEqual(['1:1', '2:1', '3:1', '3:2', '3:3', '3:4']);
  });

  test('skips where nothing was taken for two seconds, and is let go after ten more', async () => {
    const { clock, socket, sent, watch } = stuck(1_000_000);
    const one = watch(1);
    one.message(picture(true, 1, 300_000));
    sent.length = 0;
    for (let second = 0; second < 4; second += 1) {
      await clock.advance(seconds(1));
      one.message(picture(false, second + 10));
    }
    expect(sent).toEqual(['1:10', '1:11']);
    await clock.advance(seconds(6));
    one.judge();
    expect(socket.closedWith).toBe(0);
    await clock.advance(seconds(4));
    one.judge();
    expect(socket.closedWith).toBe(1013);
  });

  test('steps down to the sub-stream where it reads, but too slowly for the main one; a sub-stream is ended', async () => {
    const { clock, socket, texts, joined, watch, left } = stuck(1_000);
    const one = watch(1, { profile: 'main' });
    const behind = async (from: number) => {
      for (let second = 0; second < 11; second += 1) {
        socket.bufferedAmount = 2_000 - second; // a little is taken all the time
        await clock.advance(seconds(1));
        one.message(picture(true, from + second));
      }
    };
    await behind(10);
    expect(texts).toMatchObject([{ kind: 'stepped-down', id: 1, profile: 'sub', reason: { en: 'The network is too slow for this picture.' } }]);
    expect([joined, left()]).toEqual([['1:main', '1:sub'], 1]);
    await behind(30);
    expect(texts.at(-1)).toMatchObject({ kind: 'ended', id: 1, code: 'MEDIA_TOO_SLOW' });
    expect(left()).toBe(2);
    expect(socket.closedWith).toBe(0);
  });

  test('a sub-stream that begins at once is not held to what the main one was too much for, and is left with the page', async () => {
    const { clock, socket, texts, joined, warm, watch, left } = stuck(1_000);
    warm.sub = [picture(true, 50), picture(false, 51)];
    const one = watch(1, { profile: 'main' });
    for (let second = 0; second < 11; second += 1) {
      socket.bufferedAmount = 2_000 - second;
      await clock.advance(seconds(1));
      one.message(picture(true, second));
    }
    expect(texts.map(({ kind }) => kind)).toEqual(['stepped-down']);
    expect(joined).toEqual(['1:main', '1:sub']);
    one.leave();
    expect(left()).toBe(2);
  });

  test('patrol viewing of a main stream goes on with the sub-stream while the budget is short, and is told why; alarm viewing stays', () => {
    const { texts, joined, watch, left } = stuck(1_000);
    const [patrol, alarm] = [watch(1, { purpose: 'patrol', profile: 'main' }), watch(2, { purpose: 'alarm', profile: 'main' })];
    budget.pressed = true;
    for (const one of [patrol, alarm]) one.look();
    budget.pressed = false;
    expect(joined).toEqual(['1:main', '2:main', '1:sub']);
    expect(left()).toBe(1);
    expect(texts.filter(({ kind }) => kind === 'stepped-down')).toMatchObject([
      { id: 1, profile: 'sub', reason: { en: expect.stringContaining('alarms go first') } },
    ]);
  });

  test('pictures that the budget cannot carry are left out up to the next keyframe', () => {
    const { sent, watch } = stuck(1_000);
    const one = watch(1, { purpose: 'patrol' });
    one.message(picture(true, 1));
    budget.full = true;
    one.message(picture(false, 2));
    budget.full = false;
    one.message(picture(false, 3));
    one.message(picture(true, 4));
    expect(sent).toEqual(['1:1', '1:4']);
  });

  test('may owe the group that a picture starts with, however large', () => {
    const { socket, wire, sent, watch, clock } = stuck(1_000);
    watch(1);
    const media = new MediaPage({ socket, wire }, clock, 1_000);
    const join = (_wanted: unknown, watcher: StreamWatcher) => {
      for (let at = 1; at <= 5; at += 1) watcher.message(picture(at === 1, at, 1_000));
      return () => undefined;
    };
    const wanted = { channel: 'gate' as never, profile: 'sub', audio: false } as const;
    const one = new MediaWatch({ page: media, clock, budget, join, over: () => undefined }, { id: 2, purpose: 'patrol', urgent: false, wanted });
    one.begin();
    one.message(picture(false, 6));
    expect(sent).toEqual(['2:1', '2:2', '2:3', '2:4', '2:5', '2:6']);
  });
});

test('a connection on which no request comes is closed without a word: a browser would take it for the answer to what it sends just then', async () => {
  await using campus = await school({ limits: { headersWithin: millis(300) } });
  const heard = (said: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: campus.plainPort ?? 0 }, () => socket.write(said));
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(text));
    });
  expect(await Promise.all([heard(''), heard('GET /healthz HTTP/1.1\r\nHost:')])).toEqual(['', '']);
  expect(await heard('what is this\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
});
