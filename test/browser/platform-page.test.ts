/** The platform simulator's page in a real browser, as a technician uses it: who is here, what it shows, is there a picture, did the alarm come. */
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openPlatformPage } from '../../simulators/platform/gb28181/page/server.ts';
import { listenForProblems, openBrowser } from '../support/browser.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { peer } from '../support/peers.ts';
import { cameraId, cameraItem, deviceId, openGbDevice } from '../support/simple-gb-device.ts';

const shots = 'test-results/platform';
const never = new AbortController().signal;

test.skipIf(peer('chromium') === undefined)(
  'a technician sees a device come, its cameras, a picture without faults, an alarm, and its text stays selected',
  { timeout: 300_000 },
  async () => {
    mkdirSync(shots, { recursive: true });
    await using platform = await localPlatform();
    await using served = await openPlatformPage({ platform, clock: systemClock, listen: { address: '127.0.0.1', port: 0 } }, never);
    const browser = await openBrowser();
    await using _closed = { [Symbol.asyncDispose]: () => browser.close() };
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN' });
    const page = await context.newPage();
    const problems = await listenForProblems(page);
    const shoot = (name: string) => page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });

    await page.goto(served.url);
    await page.getByText(/还没有设备注册。请在网关里填写/).waitFor();
    expect(page.url()).not.toContain('token');
    await shoot('idle');

    const items = [cameraItem(1), { ...cameraItem(2), status: 'OFF' as const }];
    await using device = await openGbDevice({ platform: platform.address, transport: 'TCP', items, pace: 40 });
    await device.register();
    const row = page.getByRole('row').filter({ hasText: deviceId });
    await row.getByText('在线').waitFor();
    await shoot('registered');

    await page.locator('li .off').getByText('校门口 2').waitFor();
    await page.getByRole('heading', { name: /^目录 .*\(2\)/ }).waitFor();
    await row.getByText(/Alarm/).waitFor();
    await shoot('catalogue');

    await page.getByLabel('点播传输').selectOption('tcp-passive');
    await page
      .getByRole('listitem')
      .filter({ hasText: cameraId(1) })
      .getByRole('button', { name: '播放' })
      .click();
    const play = page.locator('.play');
    const good = /h264.*首个关键帧 \d+ ms.* [1-9]\d* 帧.* 0 丢失.*违规: ?无/is;
    await play.filter({ hasText: good }).waitFor();
    expect(await page.getByLabel('点播传输').inputValue()).toBe('tcp-passive');
    await play.getByText(/^ffplay .*http:\/\/127\.0\.0\.1:\d+\/watch\//).selectText();
    await systemClock.sleep(seconds(3));
    expect(await page.evaluate<string>('String(getSelection())')).toMatch(/^ffplay /);
    await page.getByRole('heading', { level: 1 }).click(); // lets go of it
    await play.filter({ hasText: good }).waitFor();
    await shoot('playing');

    await device.notify(
      'Alarm',
      '<AlarmPriority>1</AlarmPriority><AlarmMethod>2</AlarmMethod><AlarmTime>2026-11-26T08:00:00</AlarmTime><AlarmDescription>门卫室一键报警</AlarmDescription>',
    );
    await page.getByRole('cell', { name: /门卫室一键报警/ }).waitFor();
    await shoot('alarm');

    await page.getByRole('button', { name: '挂断' }).click();
    await page.getByText('没有播放。').waitFor();
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByText('Nothing is played.').waitFor();
    await shoot('english');
    expect(problems).toEqual([]);
  },
);
