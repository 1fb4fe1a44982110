/** A wall of sixteen cameras in Chromium, the gateway and the cameras beside it: what it costs, what it drops, how soon it tells of a cut. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { type Demo, openDemo } from '../../gateway/commands/demo.ts';
import { hours, type Millis, millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { listenForProblems, openBrowser } from './browser.ts';

export interface WallOptions {
  readonly cameras: number;
  /** Of the sub-streams, which a wall of sixteen shows. */
  readonly picture: { readonly width: number; readonly height: number; readonly framesPerSecond: number };
  /** The page keeps every message that it hears. */
  readonly leaky?: boolean;
}

export interface WallMemory {
  /** Of the page, after a collection. */
  readonly heap: number;
  /** Of all processes of the browser; pages that they share (the program itself above all) count once. */
  readonly resident: number;
}

export interface CutSeen {
  /** From the last picture on the screen to the mark, by the page's own clock. */
  readonly marked: Millis;
  /** From the camera's return to its picture. */
  readonly back: Millis;
}

export interface MeasuredWall extends AsyncDisposable {
  readonly page: Page;
  readonly demo: Demo;
  readonly problems: readonly string[];
  /** Resolves once all tiles play. */
  playing(within: Millis): Promise<void>;
  /** Pictures since the wall was opened, over every tile and every video element. */
  pictures(): Promise<{ readonly shown: number; readonly dropped: number }>;
  memory(): Promise<WallMemory>;
  /** Takes the power from a camera for so long. */
  cut(camera: string, length: Millis): Promise<CutSeen>;
}

const mebibyte = 1024 * 1024;
const account = { name: 'teacher', password: 'correct horse battery' };
export const wallCamera = (number: number): string => `cam-${String(number).padStart(2, '0')}`;

/** Written in the page: its figures, and each state of a tile with the age of its newest picture. */
const diary = `
  localStorage.setItem('campus-gateway.wall.layout', '16');
  window.wall = { shown: 0, dropped: 0, marked: {} };
  const newest = new WeakMap();
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (seen) {
    return ask.call(this, (...about) => { const tile = this.closest('.tile'); if (tile) newest.set(tile, performance.now()); seen(...about); });
  };
  new MutationObserver((all) => {
    for (const { target } of all) {
      if (target.dataset.state === 'stale') window.wall.marked[target.dataset.channel] = performance.now() - newest.get(target);
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-state'] });
  const counted = new WeakMap();
  const count = () => {
    for (const video of document.querySelectorAll('.tile video.shown')) {
      const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
      const before = counted.get(video) ?? { totalVideoFrames: 0, droppedVideoFrames: 0 };
      window.wall.shown += totalVideoFrames - before.totalVideoFrames;
      window.wall.dropped += droppedVideoFrames - before.droppedVideoFrames;
      counted.set(video, { totalVideoFrames, droppedVideoFrames });
    }
  };
  setInterval(count, 500);`;

const leak = `
  const kept = [];
  addEventListener('load', () => { window.kept = kept; });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    if (!this.leaks) this.addEventListener('message', ({ data }) => kept.push(data));
    this.leaks = true;
    send.call(this, text);
  };`;

export async function openMeasuredWall({ cameras, picture, leaky = false }: WallOptions): Promise<MeasuredWall> {
  await using opening = new Scope();
  const folder = await mkdtemp(join(tmpdir(), 'wall-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const campusFile = join(folder, 'campus.json');
  await writeFile(campusFile, JSON.stringify(campusOf(cameras, picture)));
  const ending = new AbortController();
  opening.defer(() => ending.abort());
  const quiet = { clock: systemClock, log: silentLogger, print: () => undefined };
  const demo = opening.own(await openDemo({ ...quiet, campusFile, pressAfter: hours(24), usualPorts: false }, ending.signal));
  const browser = await openBrowser();
  opening.defer(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const origin = `http://127.0.0.1:${demo.gateway.plain?.port}`;
  const claimed = await context.request.post(`${origin}/api/v1/claim`, { data: { code: demo.gateway.claimCode, ...account }, headers: { origin } });
  if (!claimed.ok()) throw new Error(`The claim was answered with ${claimed.status()}.`);
  const page = await context.newPage();
  const problems = await listenForProblems(page);
  await page.addInitScript({ content: leaky ? diary + leak : diary });
  await page.goto(`${origin}/wall`);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  const whole = await browser.newBrowserCDPSession();
  const tile = (channel: string) => page.locator(`.grid .tile[data-channel="${channel}"]`);
  const scope = opening.release();
  return {
    page,
    demo,
    problems,
    playing: (within) =>
      page
        .locator('.grid .tile[data-state="playing"]')
        .nth(cameras - 1)
        .waitFor({ timeout: within }),
    pictures: () => page.evaluate<{ shown: number; dropped: number }>('({ shown: window.wall.shown, dropped: window.wall.dropped })'),
    memory: async () => ({ heap: await heapOf(devtools), resident: await residentOf(whole) }),
    async cut(camera, length) {
      const { running } = demo.school.cameras.get(camera)!;
      await running.fault('off', true);
      await systemClock.sleep(length);
      const marked = await page.evaluate<number | undefined>(`window.wall.marked['${camera}']`);
      await running.fault('off', false);
      const backSince = systemClock.monotonic();
      await tile(camera).and(page.locator('[data-state="playing"]')).waitFor({ timeout: 60_000 });
      return { marked: millis(marked ?? Number.NaN), back: millis(systemClock.monotonic() - backSince) };
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function campusOf(count: number, picture: WallOptions['picture']) {
  const both = (text: string) => ({ zh: text, en: text });
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return {
    campus: { id: 'wall-school', name: both('Wall school'), address: both('1 Wall Road') },
    cameras: numbers.map((number) => ({
      ...{ id: wallCamera(number), name: both(`Camera ${number}`), channel: number },
      // The larger one is the main stream; tiles show the other.
      main: { width: 2 * picture.width, height: 2 * picture.height, framesPerSecond: 1 },
      sub: picture,
    })),
    panels: [{ id: 'panel', name: both('Panel'), zones: [{ id: '1', name: both('Button'), code: '120', cameras: [wallCamera(1)] }] }],
  };
}

async function heapOf(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN) / mebibyte;
}

async function residentOf(browser: CDPSession): Promise<number> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const known = new Set(await readdir('/proc'));
  let bytes = 0;
  for (const { id } of processInfo) {
    if (!known.has(String(id))) continue;
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => ''); // it has just ended
    bytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }
  return bytes / mebibyte;
}
