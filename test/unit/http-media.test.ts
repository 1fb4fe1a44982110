import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mediaHeaderBytes } from '../../gateway/domain/api.ts';
import type { Fmp4Message } from '../../gateway/domain/media.ts';
import { seconds } from '../../gateway/domain/time.ts';
import type { StreamFragment } from '../../gateway/http/sockets/shared-stream.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type School, school } from '../support/http-school.ts';
import { fragment, init, listen, readPicture } from '../support/http-stand-ins.ts';

let campus: School;
let cookie: string;
beforeEach(async () => {
  campus = await school();
  cookie = await campus.signIn('viewer');
});
afterEach(() => campus[Symbol.asyncDispose]());

const wish = { kind: 'watch', id: 7, channel: 'gate', profile: 'sub', audio: false, purpose: 'local', urgent: false } as const;

/** A page that is open and has asked for `asks`. */
async function page(...asks: readonly unknown[]) {
  const socket = campus.socket('/media/v1/live', { cookie });
  const heard = listen(socket);
  expect(await heard.refused).toBe(101);
  const say = (ask: unknown) => socket.send(typeof ask === 'string' ? ask : JSON.stringify(ask));
  for (const ask of asks) say(ask);
  const texts = () => heard.messages.filter(({ kind }) => kind !== 'beat');
  return { ...heard, socket, say, texts };
}

describe('the media socket', () => {
  test('carries the init segment and each fragment with its watch and moment, as the contract says', async () => {
    const { until, binary, texts } = await page(wish);
    await campus.media.send(init);
    await campus.media.send(fragment(true, 1_000.5));
    await campus.media.send(fragment(false, 1_040));
    await until(() => binary.length === 3);
    expect(texts()).toEqual([{ kind: 'init', id: 7, track: 'video', codecs: 'avc1.42e01f', width: 640, height: 360 }]);
    expect(binary.map(readPicture)).toMatchObject([
      { kind: 0, track: 0, id: 7, first: 1 },
      { kind: 2, track: 0, id: 7, at: 1_000.5, first: 9 },
      { kind: 1, track: 0, id: 7, at: 1_040, first: 9 },
    ]);
  });

  test('tells the time of the gateway as soon as it opens', async () => {
    const { until, messages } = await page();
    await until(() => messages.length > 0);
    expect(messages[0].kind).toBe('beat');
    expect(Math.abs(messages[0].at - Date.now())).toBeLessThan(10_000);
  });

  test('takes a stream from the media plane once for all pages, and gives a late page the current group at once', async () => {
    const first = await page(wish);
    await campus.media.send(init);
    for (const [keyframe, at] of [
      [true, 1],
      [false, 2],
      [true, 3],
      [false, 4],
    ] as const)
      await campus.media.send(fragment(keyframe, at));
    await first.until(() => first.binary.length === 5);
    const late = await page({ ...wish, id: 1, urgent: true });
    await late.until(() => late.binary.length === 3);
    expect(late.binary.map((wire) => readPicture(wire).at).slice(1)).toEqual([3, 4]);
    expect(campus.media.asked).toMatchObject([{ channel: 'gate', profile: 'sub', kind: 'fmp4', audio: false }]);
    first.say({ kind: 'leave', id: 7 });
    late.socket.close();
    await expect.poll(() => campus.media.closed).toBe(1);
  });

  test('keeps the picture when the media plane dies, and goes on with a new init segment', async () => {
    const { until, binary, texts } = await page(wish);
    await campus.media.send(init);
    await campus.media.send(fragment(true, 1));
    await until(() => binary.length === 2);
    // As a dead worker leaves it: closed without a word. Its successor is not there at once.
    campus.media.refuse(2);
    campus.media.ports[0]?.close();
    await expect.poll(() => campus.media.ports.length).toBe(2);
    await campus.media.send(init);
    await campus.media.send(fragment(true, 2));
    await until(() => binary.length === 4);
    expect(binary.map(readPicture).map(({ kind }) => kind)).toEqual([0, 2, 0, 2]);
    expect(texts().map(({ kind }) => kind)).toEqual(['init', 'init']);
  });

  test('never gives a late page the group of a camera that went away', async () => {
    const first = await page(wish);
    await campus.media.send(init);
    await campus.media.send(fragment(true, 1));
    await first.until(() => first.binary.length === 2);
    await systemClock.sleep(seconds(2.1));
    first.say({ ...wish, id: 8 });
    await first.until(() => first.binary.length === 3);
    await campus.media.send(fragment(true, 2));
    await first.until(() => first.binary.length === 5);
    expect(first.binary.slice(2).map((wire) => [readPicture(wire).id, readPicture(wire).kind, readPicture(wire).at > 2])).toEqual([
      [8, 0, true],
      [7, 2, false],
      [8, 2, false],
    ]);
  });

  test('carries the sound on a track of its own, to those who asked for it', async () => {
    const { until, binary, texts } = await page({ ...wish, audio: true });
    await campus.media.send(init);
    await campus.media.send({ kind: 'init', track: 'audio', codecs: 'flac', bytes: new Uint8Array([4]) });
    await campus.media.send({ ...(fragment(false, 1) as StreamFragment), track: 'audio' }); // before the first picture: of no use
    await campus.media.send(fragment(true, 2));
    await campus.media.send({ ...(fragment(false, 3) as StreamFragment), track: 'audio' });
    await until(() => binary.length === 4);
    expect(texts()).toMatchObject([{ track: 'video' }, { kind: 'init', id: 7, track: 'audio', codecs: 'flac' }]);
    expect(binary.map((wire) => [readPicture(wire).kind, readPicture(wire).track, readPicture(wire).first])).toEqual([
      [0, 0, 1],
      [0, 1, 4],
      [2, 0, 9],
      [1, 1, 9],
    ]);
    expect(campus.media.asked).toMatchObject([{ audio: true }]);
  });

  test('carries several pictures side by side, and each goes when it is left', async () => {
    const { until, binary, say } = await page(wish, { ...wish, id: 8, profile: 'main' });
    await expect.poll(() => campus.media.ports.length).toBe(2);
    const [sub, main] = campus.media.ports;
    for (const port of [sub, main]) {
      port?.postMessage(init);
      port?.postMessage(fragment(true, 1));
    }
    await until(() => binary.length === 4);
    say({ kind: 'leave', id: 7 });
    await expect.poll(() => campus.media.closed).toBe(1);
    main?.postMessage(fragment(false, 2));
    await until(() => binary.length === 5);
    expect(readPicture(binary[4]!)).toMatchObject({ id: 8, at: 2 });
  });

  test('says why a picture ended, in both languages, and keeps the socket for the others', async () => {
    const { until, texts, socket } = await page(wish);
    await campus.media.send({ kind: 'ended', reason: 'The camera does not answer.' });
    await until(() => texts().length === 1);
    expect(texts()).toEqual([
      {
        ...{ kind: 'ended', id: 7, code: 'MEDIA_UNAVAILABLE', detail: 'The camera does not answer.' },
        reason: { zh: '视频暂不可用。', en: 'The picture is not available now.' },
      },
    ]);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('asks for H.264 where the page plays nothing else, and hands on that it is transcoded, or why it is not', async () => {
    const { until, texts, say } = await page({ ...wish, urgent: true, plays: { h265: false } });
    await campus.media.send({ ...init, transcoded: true } as Fmp4Message);
    await until(() => texts().length === 1);
    expect(texts()[0]).toMatchObject({ kind: 'init', transcoded: true });
    await campus.media.send({ kind: 'ended', reason: 'It went to an alarm.', code: 'TRANSCODER_BUSY' });
    await until(() => texts().length === 2);
    expect(texts()[1]).toMatchObject({ kind: 'ended', code: 'TRANSCODER_BUSY', detail: 'It went to an alarm.' });
    say({ ...wish, plays: { h265: true } });
    await expect.poll(() => campus.media.asked.length).toBe(2);
    expect(campus.media.asked[0]).toMatchObject({ h264: { urgent: true } });
    expect(campus.media.asked[1]).not.toHaveProperty('h264');
  });

  test('knows no channel that is not there, and no more pictures than a wall has', async () => {
    const { until, texts } = await page({ ...wish, id: 1, channel: 'other' }, ...Array.from({ length: 49 }, (_, id) => ({ ...wish, id: id + 2 })));
    await until(() => texts().length === 2);
    expect(texts()).toMatchObject([
      { kind: 'ended', id: 1, code: 'NOT_FOUND' },
      { kind: 'ended', id: 50, code: 'TOO_MANY_REQUESTS' },
    ]);
  });

  test.each<[string, unknown]>([
    ['no JSON', 'nonsense'],
    ['JSON that is no ask', []],
    ['half an ask', { kind: 'watch', id: 1 }],
    ['a profile that is none', { ...wish, profile: 'hd' }],
    ['an id that is none', { ...wish, id: -1 }],
    ['more than an ask', { ...wish, more: 1 }],
    ['too much at once', 'x'.repeat(2_000)],
    ['an ask in a binary message', Buffer.from(JSON.stringify(wish))],
  ])('closes to a page that says %s', async (_what, ask) => {
    const { socket, say, closed } = await page();
    if (Buffer.isBuffer(ask)) socket.send(ask);
    else say(ask);
    expect([1008, 1009]).toContain((await closed).code);
    expect(campus.media.asked).toEqual([]);
  });

  test('closes to a page that asks without end', async () => {
    const { closed } = await page(...Array.from({ length: 200 }, () => ({ kind: 'leave', id: 1 })));
    expect((await closed).code).toBe(1008);
  });

  test('ends with the session, and opens nothing for one that has ended', async () => {
    const { until, binary, say, closed } = await page(wish);
    await campus.media.send(init);
    await until(() => binary.length === 1);
    await campus.call('DELETE', '/api/v1/session', { cookie });
    say({ ...wish, id: 8, profile: 'main' });
    expect((await closed).code).toBe(4401);
    expect(campus.media.asked).toHaveLength(1);
  });

  test('is not delayed by a page that does not read, which later goes on with a keyframe and whole pictures', async () => {
    const reads = await page(wish);
    const deaf = await page(wish);
    await campus.media.send(init);
    await Promise.all([reads, deaf].map(({ until, binary }) => until(() => binary.length === 1)));
    deaf.socket.pause();
    const bytes = new Uint8Array(200_000);
    const count = 120;
    const startedAt = performance.now();
    for (let at = 0; at < count; at += 1) {
      await campus.media.send(fragment(at % 10 === 0, at, bytes));
      await reads.until(() => reads.binary.length === at + 2);
    }
    expect(reads.binary.slice(1).map((wire) => readPicture(wire).at)).toEqual(Array.from({ length: count }, (_, at) => at));
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    deaf.socket.resume();
    await systemClock.sleep(seconds(1)); // lets it take what it owes
    await campus.media.send(fragment(true, count, bytes));
    await campus.media.send(fragment(false, count + 1, bytes));
    await deaf.until(() => deaf.binary.length > 0 && readPicture(deaf.binary.at(-1)!).at === count + 1);
    const seen = deaf.binary.slice(1).map((wire) => ({ ...readPicture(wire), whole: wire.length === mediaHeaderBytes + bytes.length }));
    expect(seen.every(({ whole }) => whole)).toBe(true);
    expect(seen.length).toBeLessThan(count);
    for (const [index, { at, kind }] of seen.entries()) if (index > 0 && at !== seen[index - 1]!.at + 1) expect(kind).toBe(2);
  });
});
