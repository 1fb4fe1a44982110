/** The player in a real browser, against a media plane that plays clips: what it shows, and what it says when it cannot. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import { listenForProblems, openBrowser } from '../support/browser.ts';
import { ClipMedia } from '../support/clip-media.ts';
import { type Clip, soundClip, videoClip } from '../support/clips.ts';
import { password, type School, school } from '../support/http-school.ts';
import { peer } from '../support/peers.ts';
import { openRelay, type Relay } from '../support/relay.ts';

const ready = peer('chromium') !== undefined && peer('ffmpeg') !== undefined;
const shots = 'test-results/player';

/** Writes down each state of a tile, with the age of the newest picture. */
const diary = `window.diary = []; let newest = 0;
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (seen) {
    return ask.call(this, (...about) => { newest = performance.now(); seen(...about); });
  };
  new MutationObserver((all) => {
    for (const { target } of all) if (target.dataset.state) window.diary.push([target.dataset.state, performance.now() - newest]);
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-state'] });`;

describe.skipIf(!ready)('the player', () => {
  let browser: Browser;
  let h264: Clip;
  let h265: Clip;
  let sound: Clip;
  let media: ClipMedia;
  let campus: School;
  let relay: Relay;
  let page: Page;
  let problems: readonly string[];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    [browser, h264, h265, sound] = await Promise.all([openBrowser({ gesture: true }), videoClip('h264'), videoClip('h265'), soundClip()]);
  }, 300_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    media = new ClipMedia({ main: h264, sub: h264 });
    campus = await school({ media, webFolder: `${packageRoot}/dist/web` });
    relay = await openRelay(campus.plainPort ?? 0);
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    const origin = `http://127.0.0.1:${relay.port}`;
    await context.request.post(`${origin}/api/v1/session`, { data: { name: 'operator', password }, headers: { origin } });
    page = await context.newPage();
    problems = await listenForProblems(page);
    await page.addInitScript({ content: "localStorage.setItem('campus-gateway.language', 'en');" });
  });
  afterEach(async () => {
    await page.context().close();
    await relay[Symbol.asyncDispose]();
    await campus[Symbol.asyncDispose]();
  });

  const open = (path = '/#live') => page.goto(`http://127.0.0.1:${relay.port}${path}`);
  const tile = (state: string, within: Millis = seconds(30)) => page.locator(`.tile[data-state="${state}"]`).first().waitFor({ timeout: within });
  const note = () => page.locator('.tile-note').first();
  const evaluate = <Value>(script: string) => page.evaluate<Value>(script);
  const frames = () => evaluate<number>("document.querySelector('.tile video.shown').getVideoPlaybackQuality().totalVideoFrames");
  const moves = async () => {
    const before = await frames();
    await expect.poll(frames).toBeGreaterThan(before + 3);
  };
  const choose = (stream: 'main' | 'sub') => page.locator('.ant-segmented-item-label', { hasText: stream }).click();
  const cleanAtEnd = () => expect(problems).toEqual([]);

  test('shows the sub-stream in a small tile, the main one in a large one, and the time of the picture on the screen', async () => {
    await open();
    await tile('playing');
    await moves();
    expect(media.asked).toMatchObject([{ profile: 'sub', audio: false }]);
    const clock = await page.locator('.tile-clock').textContent();
    const behind = (Date.now() - new Date(`${new Date().toDateString()} ${clock}`).getTime()) / 1_000;
    expect(behind).toBeGreaterThan(-1);
    expect(behind).toBeLessThan(30);
    await page.setViewportSize({ width: 1400, height: 900 });
    await expect.poll(() => media.asked.at(-1)?.profile).toBe('main');
    await expect.poll(() => media.open).toBe(1);
    await moves();
    await page.locator('.ant-switch').click();
    await page.getByText('avc1.42').waitFor();
    const millisBehind = async () => Number.parseInt((await page.locator('.tile-figures dd').nth(3).textContent()) ?? '', 10);
    await expect.poll(millisBehind).toBeGreaterThan(20);
    expect(await millisBehind()).toBeLessThan(20_000);
    await page.screenshot({ path: `${shots}/figures.png` });
    cleanAtEnd();
  }, 180_000);

  test('says that a picture stands still at 3 s, greys it at 5 s, and shows it again by itself', async () => {
    await page.addInitScript({ content: diary });
    await open();
    await tile('playing');
    await moves();
    media.still = true;
    await tile('stale');
    await page.getByText(/STALE \d+ s/).waitFor();
    await page.getByText('no signal (camera)').waitFor();
    await page.screenshot({ path: `${shots}/stale.png` });
    expect(await evaluate("getComputedStyle(document.querySelector('.tile video.shown')).filter")).toContain('grayscale');
    // By the page's own clock, from the last picture on: not before its time. How much later is for `npm run bench -- wall`.
    const ages = await evaluate<Record<string, number>>('Object.fromEntries(window.diary)');
    expect(ages.stalling).toBeGreaterThan(2_900);
    expect(ages.stalling).toBeLessThan(15_000);
    expect(ages.stale).toBeGreaterThan(4_500);
    expect(ages.stale).toBeLessThan(20_000);
    await systemClock.sleep(seconds(3));
    media.still = false;
    await tile('playing');
    await moves();
    cleanAtEnd();
  }, 180_000);

  test('says that the link is lost, keeps the last picture, and comes back', async () => {
    await open();
    await tile('playing');
    await moves();
    relay.cut();
    await page.getByText('link lost (gateway)').waitFor();
    expect(await evaluate("document.querySelector('.tile video.shown').videoWidth")).toBe(320);
    await page.screenshot({ path: `${shots}/link-lost.png` });
    relay.mend();
    await tile('playing', seconds(30));
    await moves();
  }, 180_000);

  test('plays the H.264 stream where the browser cannot play the H.265 one, and says so', async () => {
    media.clips.main = h265;
    await open();
    await choose('main');
    await note().waitFor();
    expect(await note().textContent()).toBe('codec not supported here (H.265): using the other stream');
    await tile('playing');
    await moves();
    await page.screenshot({ path: `${shots}/fallback.png` });
    await expect.poll(() => media.open).toBe(1); // the other one is let go
    cleanAtEnd();
  }, 180_000);

  test('believes no browser that only claims to play H.265', async () => {
    media.clips.main = h265;
    await page.addInitScript({
      content: `MediaSource.isTypeSupported = () => true;
        navigator.mediaCapabilities.decodingInfo = async () => ({ supported: true, smooth: true, powerEfficient: true });`,
    });
    await open();
    await choose('main');
    await note().waitFor();
    expect(await note().textContent()).toContain('H.265');
    await tile('playing');
  }, 180_000);

  test('says which codec is the trouble where no stream can be played', async () => {
    media.clips.main = h265;
    media.clips.sub = h265;
    await open();
    await tile('unplayable');
    await page.getByText('codec not supported here: H.265').waitFor();
    await page.screenshot({ path: `${shots}/unplayable.png` });
    cleanAtEnd();
  }, 180_000);

  test('begins anew with a stream that does, without a black moment', async () => {
    await open();
    await tile('playing');
    await moves();
    media.clips.sub = { ...h264, fragments: h264.fragments.slice(0, 300) };
    media.renew();
    await systemClock.sleep(seconds(1));
    await tile('playing');
    await moves();
    expect(await evaluate("document.querySelectorAll('.tile video').length")).toBe(1);
    cleanAtEnd();
  }, 180_000);

  test('plays the sound once its button is clicked, on the time of the picture', async () => {
    media.sound = sound;
    await page.addInitScript({
      content: `window.sounds = []; const make = document.createElement.bind(document);
        document.createElement = (name, ...more) => { const made = make(name, ...more); if (name === 'audio') window.sounds.push(made); return made; };`,
    });
    await open();
    await tile('playing');
    await page.getByRole('button', { name: 'Turn the sound on' }).click();
    await expect.poll(() => media.asked.at(-1)).toMatchObject({ audio: true });
    const apart = () =>
      evaluate<number>(`(() => { const sound = window.sounds.at(-1); const picture = document.querySelector('.tile video.shown');
        return sound && !sound.paused && sound.currentTime > 0 ? Math.abs(sound.currentTime - picture.currentTime) : 99; })()`);
    await expect.poll(apart).toBeLessThan(0.3);
    expect(await page.locator('.tile-note').count()).toBe(0);
    await page.getByRole('button', { name: 'Turn the sound off' }).click();
    await expect.poll(() => media.asked.at(-1)).toMatchObject({ audio: false });
    await moves();
    cleanAtEnd();
  }, 180_000);

  test('plays the picture and says why nothing is heard where a camera has no sound', async () => {
    await open();
    await tile('playing');
    await page.getByRole('button', { name: 'Turn the sound on' }).click();
    await page.getByText('This camera brings no sound that can be played.').waitFor();
    await moves();
    cleanAtEnd();
  }, 180_000);

  test('jumps to live after the page was held up', async () => {
    await open();
    await tile('playing');
    await moves();
    await evaluate('(() => { const until = performance.now() + 5000; while (performance.now() < until); })()');
    const ahead = () =>
      evaluate<number>(
        "(() => { const v = document.querySelector('.tile video.shown'); return v.buffered.end(v.buffered.length - 1) - v.currentTime; })()",
      );
    await expect.poll(ahead).toBeLessThan(1);
    await tile('playing');
  }, 180_000);

  test('stops a tile that nobody can see after 5 s, and shows it again when it is seen', async () => {
    await open();
    await tile('playing');
    await evaluate("document.querySelector('.page').style.marginTop = '3000px'");
    await systemClock.sleep(seconds(2));
    expect(media.open).toBe(1);
    await expect.poll(() => media.open).toBe(0);
    await evaluate("document.querySelector('.page').style.marginTop = ''");
    await tile('playing');
    await moves();
    expect(media.open).toBe(1);
    cleanAtEnd();
  }, 180_000);
});
