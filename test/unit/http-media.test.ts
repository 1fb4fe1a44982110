import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mediaHeaderBytes } from '../../gateway/domain/api.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { Viewer } from '../../gateway/http/sockets/media-socket.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { type School, school } from '../support/http-school.ts';
import { fragment, init, listen } from '../support/http-stand-ins.ts';

let campus: School;
let cookie: string;
beforeEach(async () => {
  campus = await school();
  cookie = await campus.signIn('viewer');
});
afterEach(() => campus[Symbol.asyncDispose]());

const watch = (query = '?profile=sub') => {
  const socket = campus.socket(`/media/v1/channels/gate/live${query}`, { cookie });
  return { socket, ...listen(socket) };
};
const read = (wire: Buffer) => ({ kind: wire.readUInt8(0), at: wire.readDoubleBE(1), bytes: [...wire.subarray(mediaHeaderBytes)] });

describe('the media socket', () => {
  test('carries the init segment and each fragment with its moment, as the contract says', async () => {
    const page = watch();
    await campus.media.send(init);
    await campus.media.send(fragment(true, 1_000.5));
    await campus.media.send(fragment(false, 1_040));
    await page.until(() => page.binary.length === 3);
    expect(page.messages).toEqual([{ kind: 'init', codecs: 'avc1.42e01f', width: 640, height: 360 }]);
    expect(page.binary.map(read)).toMatchObject([
      { kind: 0, bytes: [1, 2, 3] },
      { kind: 2, at: 1_000.5, bytes: [9] },
      { kind: 1, at: 1_040, bytes: [9] },
    ]);
  });

  test('takes a stream from the media plane once for all pages, and gives a late page the current group at once', async () => {
    const first = watch();
    await campus.media.send(init);
    for (const [keyframe, at] of [
      [true, 1],
      [false, 2],
      [true, 3],
      [false, 4],
    ] as const)
      await campus.media.send(fragment(keyframe, at));
    await first.until(() => first.binary.length === 5);
    const late = watch();
    await late.until(() => late.binary.length === 3);
    expect(late.binary.map((wire) => read(wire).at).slice(1)).toEqual([3, 4]);
    expect(campus.media.ports).toHaveLength(1);
    first.socket.close();
    late.socket.close();
    await Promise.all([first.closed, late.closed]);
    await expect.poll(() => campus.media.closed).toBe(1);
  });

  test('keeps the socket when the media plane dies, and goes on with a new init segment', async () => {
    const page = watch();
    await campus.media.send(init);
    await campus.media.send(fragment(true, 1));
    await page.until(() => page.binary.length === 2);
    // As a dead worker leaves it: closed without a word. Its successor is not there at once.
    campus.media.refuse(2);
    campus.media.ports[0]?.close();
    await expect.poll(() => campus.media.ports.length).toBe(2);
    await campus.media.send(init);
    await campus.media.send(fragment(true, 2));
    await page.until(() => page.binary.length === 4);
    expect(page.binary.map(read).map(({ kind }) => kind)).toEqual([0, 2, 0, 2]);
    expect(page.socket.readyState).toBe(page.socket.OPEN);
  });

  test('says why a stream ended', async () => {
    const page = watch();
    await campus.media.send({ kind: 'ended', reason: 'The camera does not answer.' });
    expect(await page.closed).toEqual({ code: 1000, reason: 'The camera does not answer.' });
    expect(page.messages).toEqual([{ kind: 'ended', reason: 'The camera does not answer.' }]);
  });

  test('refuses a channel that is not there, and a profile that is none', async () => {
    expect(await listen(campus.socket('/media/v1/channels/other/live', { cookie })).refused).toBe(404);
    expect(await watch('?profile=hd').refused).toBe(400);
  });

  test('ends with the session', async () => {
    const page = watch();
    await campus.media.send(init);
    await page.until(() => page.binary.length === 1);
    await campus.call('DELETE', '/api/v1/session', { cookie });
    expect((await page.closed).code).toBe(4401);
  });
});

describe('a viewer that does not read', () => {
  /** Stands in for a socket whose peer has stopped reading: what is sent stays. */
  function stuckSocket() {
    const sent: number[] = [];
    const socket = {
      OPEN: 1 as const,
      readyState: 1 as 1 | 2,
      bufferedAmount: 0,
      send(data: Buffer | string) {
        if (typeof data === 'string') return;
        sent.push(data.readDoubleBE(1));
        socket.bufferedAmount += data.byteLength;
      },
      closedWith: 0,
      close(code: number) {
        socket.closedWith = code;
        socket.readyState = 2;
      },
      terminate: () => undefined,
    };
    return { socket, sent };
  }

  function viewerOf(limit: number) {
    const clock = new ManualClock();
    const { socket, sent } = stuckSocket();
    const viewer = new Viewer(
      socket,
      () => clock.monotonic(),
      () => clock.now(),
      limit,
    );
    return { clock, socket, sent, viewer };
  }

  test('skips to the next keyframe once it owes too much, and resumes when it has read', () => {
    const { socket, sent, viewer } = viewerOf(1_000);
    viewer.message(init);
    sent.length = 0;
    viewer.message(fragment(true, 1, new Uint8Array(1_200)));
    viewer.message(fragment(false, 2));
    viewer.message(fragment(true, 3));
    expect(sent).toEqual([1]);
    socket.bufferedAmount = 0;
    viewer.message(fragment(false, 4));
    viewer.message(fragment(true, 5));
    viewer.message(fragment(false, 6));
    expect(sent).toEqual([1, 5, 6]);
  });

  test('skips after two seconds in which nothing was taken, and is let go after ten more', async () => {
    const { clock, socket, sent, viewer } = viewerOf(1_000_000);
    viewer.message(init);
    viewer.message(fragment(true, 1, new Uint8Array(300_000)));
    sent.length = 0;
    for (let second = 0; second < 4; second += 1) {
      await clock.advance(seconds(1));
      viewer.message(fragment(false, second + 10));
    }
    expect(sent).toEqual([10, 11]);
    await clock.advance(seconds(6));
    viewer.judge();
    expect(socket.closedWith).toBe(0);
    await clock.advance(seconds(4));
    viewer.judge();
    expect(socket.closedWith).toBe(1013);
  });
});
