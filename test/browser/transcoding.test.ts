/** A camera with nothing but H.265, in a browser that plays none (Debian's Chromium): real camera, media plane, ffmpeg and pages. */
import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId } from '../../gateway/domain/ids.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import type { CameraSimulator } from '../../simulators/camera/simulator.ts';
import { listenForProblems, openBrowser } from '../support/browser.ts';
import { password as operatorPassword, school } from '../support/http-school.ts';
import { peer } from '../support/peers.ts';
import { cameraShop, password, username } from '../support/simulated-camera.ts';

const ready = peer('chromium') !== undefined && peer('ffmpeg') !== undefined;
const shots = 'test-results/transcoding';

describe.skipIf(!ready)('a camera with nothing but H.265', () => {
  let browser: Browser;
  let shop: Awaited<ReturnType<typeof cameraShop>>;
  let camera: CameraSimulator;

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    shop = await cameraShop();
    const picture = { width: 320, height: 180, framesPerSecond: 10, codec: 'h265', kbps: 200 } as const;
    [browser, camera] = await Promise.all([openBrowser(), shop.open({ main: picture, sub: picture, loopSeconds: 4, gopSeconds: 1 })]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await camera?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
  });

  async function open(slots: number) {
    const media = openMediaPlane({
      ...{ clock: systemClock, log: silentLogger, worker: false, settings: { transcoding: { slots } } },
      resolve: async (_channel, profile) => ({ camera: cameraId(camera.id), profile, url: camera.rtspAddress[profile], username, password }),
    });
    const campus = await school({ media, webFolder: `${packageRoot}/dist/web` });
    const origin = `http://127.0.0.1:${campus.plainPort}`;
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    await context.request.post(`${origin}/api/v1/session`, { data: { name: 'operator', password: operatorPassword }, headers: { origin } });
    const page = await context.newPage();
    const problems = await listenForProblems(page);
    await page.addInitScript({ content: "localStorage.setItem('campus-gateway.language', 'en');" });
    await page.goto(`${origin}/#live`);
    return {
      ...{ media, page, problems },
      async [Symbol.asyncDispose]() {
        await context.close();
        await campus[Symbol.asyncDispose]();
        await media[Symbol.asyncDispose]();
      },
    };
  }

  test('is seen as it moves, by a slot for transcoding, and the figures say so', async () => {
    await using seen = await open(1);
    const { page, media } = seen;
    await page.locator('.tile[data-state="playing"]').waitFor({ timeout: 40_000 });
    const frames = () => page.evaluate<number>("document.querySelector('.tile video.shown').getVideoPlaybackQuality().totalVideoFrames");
    const before = await frames();
    await expect.poll(frames).toBeGreaterThan(before + 5);
    await page.locator('.ant-switch').click();
    await page.getByText('avc1.42c01f (sub, transcoded by the gateway)').waitFor();
    const millisBehind = async () => Number.parseInt((await page.locator('.tile-figures dd').nth(3).textContent()) ?? '', 10);
    await expect.poll(millisBehind).toBeGreaterThan(0);
    expect(await millisBehind()).toBeLessThan(30_000);
    expect((await media.figures()).transcoding.used).toBe(1);
    await page.screenshot({ path: `${shots}/slot.png` });
    expect(seen.problems).toEqual([]);
  }, 180_000);

  test('is no black tile without slots: it says which codec it is, and what would help', async () => {
    await using seen = await open(0);
    const { page } = seen;
    await page.locator('.tile[data-state="unplayable"]').waitFor({ timeout: 40_000 });
    await page.getByText('codec not supported here: H.265').waitFor();
    await page.getByText('Converting pictures is switched off on this gateway.').waitFor();
    await page.getByText("Set the camera's sub-stream to H.264.").waitFor();
    await page.screenshot({ path: `${shots}/no-slot.png` });
    expect(seen.problems).toEqual([]);
  }, 180_000);
});
