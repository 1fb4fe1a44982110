/** The pages in a real browser, against the demo school: sign-in, overview, devices, alarms, live picture, wall. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, openDemo } from '../../gateway/commands/demo.ts';
import { hours } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { listenForProblems, openBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { peer } from '../support/peers.ts';

const found = peer('chromium');
const shots = 'test-results/pages';

describe.skipIf(found === undefined)('the pages', () => {
  const ending = new AbortController();
  let problems: readonly string[] = [];
  let demo: Demo;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    demo = await openDemo({ clock: systemClock, log: silentLogger, print: () => undefined, pressAfter: hours(1), usualPorts: false }, ending.signal);
    browser = await openBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    problems = await listenForProblems(page);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  const address = (path: string) => `http://127.0.0.1:${demo.gateway.plain?.port}${path}`;

  test('a new box is claimed with its code, and then says in one sentence whether all is well', async () => {
    await page.goto(address('/'));
    await page.getByLabel('认领码').fill('AAAA-AAAA-AAAA-AAAA');
    await page.getByLabel('用户名').fill('teacher');
    await page.getByLabel('密码', { exact: true }).fill('correct horse battery');
    await page.getByRole('button', { name: /创\s*建/ }).click();
    await page.getByText('认领码不正确。').waitFor();
    await page.getByLabel('认领码').fill(demo.gateway.claimCode ?? '');
    await page.screenshot({ path: `${shots}/claim.png` });
    await page.getByRole('button', { name: /创\s*建/ }).click();
    await page.getByTestId('verdict').waitFor();
    // Nothing has been delivered yet, so nothing proves that the police side is there.
    await page.locator('.verdict-unknown').waitFor();
    demo.panels.get('perimeter')?.arm();
    await page.locator('.verdict-normal').waitFor({ timeout: 60_000 }); // once the recorders have their first half minute, too
    await page.screenshot({ path: `${shots}/overview.png` });
  }, 300_000);

  test('devices show their state and reason, in both languages', async () => {
    await page.goto(address('/#devices'));
    await page.getByText('校门').first().waitFor();
    await page.getByRole('columnheader', { name: '名称' }).waitFor();
    await page.getByRole('link', { name: '校门' }).click();
    await page.getByText(/^\d+ 秒 \/ 35 秒$/).waitFor(); // its recording
    await page.screenshot({ path: `${shots}/camera.png` });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('Last proven').first().waitFor();
    await page.screenshot({ path: `${shots}/devices.png` });
    await page.getByRole('link', { name: '校门' }).click();
    await page.getByRole('columnheader', { name: 'Packets lost' }).waitFor();
    await page
      .getByText(/^H\.264 \(avc1/)
      .first()
      .waitFor();
    await page
      .getByText(/^\d+\.\d per s$/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '中文' }).click();
  });

  test('a panel is told from its card: done is what it has confirmed, and nothing is sent to one that is gone', async () => {
    await page.goto(address('/#devices/perimeter'));
    const desk = page.getByTestId('panel-desk');
    const tell = async (name: RegExp, outcome: string) => {
      await desk.getByRole('button', { name }).click();
      const dialog = page.locator('.ant-modal:visible');
      await dialog.getByLabel('原因').fill('家长会');
      if (await dialog.getByRole('checkbox').isVisible()) await dialog.getByRole('checkbox').check();
      await dialog.getByRole('button', { name }).click();
      await dialog.getByText(outcome, { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
    };
    await desk.getByTestId('armed').getByText('外出布防').waitFor(); // as it was armed at its own keypad
    await tell(/^撤\s*防$/, '已执行');
    await desk.getByTestId('armed').getByText('撤防').waitFor();
    await tell(/^旁路 1 北围墙$/, '已执行');
    await desk.getByText('▲ 已旁路，无法报警').waitFor();
    await page.screenshot({ path: `${shots}/panel.png` });
    await tell(/^取消旁路 1 北围墙$/, '已执行');
    demo.panels.get('perimeter')?.goOffline();
    await desk.getByText('未连接').waitFor();
    await tell(/^同步状态$/, '未发送');
    const log = desk.getByTestId('command-log').getByRole('row');
    expect((await log.allTextContents()).filter((row) => row.includes('teacher') && row.includes('家长会'))).toHaveLength(4);
    await page.screenshot({ path: `${shots}/panel-gone.png` });
    demo.panels.get('perimeter')?.comeBack();
    await desk.getByText('已连接').waitFor();
  }, 60_000);

  test('the live view plays a moving picture, all of it in view on a small screen too', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(address('/#live'));
    await page.locator('.tile[data-state="playing"]').waitFor();
    await moving(page, '.tile video', 1);
    const box = await page.locator('.single .tile').boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(800);
    expect(box?.height).toBeGreaterThan(500);
    await page.screenshot({ path: `${shots}/live.png` });
  });

  test('the wall shows four moving pictures, and the alarm once, with its camera', async () => {
    await page.goto(address('/wall'));
    await page.locator('.grid .tile[data-state="playing"]').nth(3).waitFor();
    await moving(page, '.grid .tile video', 4);
    // Nobody can see a page that is hidden: what it draws has not been shown.
    const seen = (how: string) => page.evaluate(`${how}; document.dispatchEvent(new Event('visibilitychange'))`);
    await seen("Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' })");
    demo.panels.get('guard-room')?.trip('1');
    const cell = page.locator('.alarm-open');
    await cell.waitFor();
    expect(await page.locator('.alarm-open').count()).toBe(1);
    expect(await cell.textContent()).toContain('门卫室紧急按钮');
    await cell.locator('.badge-delivered').waitFor();
    const screens = () =>
      page.evaluate<string[]>(`fetch('/api/v1/alarms?limit=1').then(async (answer) =>
        (await answer.json()).alarms[0].receipts.filter(({ hop }) => hop === 'shown').map(({ screen }) => screen))`);
    expect(await screens()).toEqual([]);
    await seen('delete document.visibilityState');
    await eventually(async () => expect(await screens()).toEqual(['wall']));
    await cell.locator('.tile[data-state="playing"]').waitFor();
    await page.screenshot({ path: `${shots}/wall.png` });
    const shown = () => demo.school.police.ledger().filter(({ body }) => body.includes('"alarm.raised"')).length;
    expect(shown()).toBe(1);
  }, 180_000);

  test('the overview does not say that nothing needs anybody while an alarm waits for somebody', async () => {
    await page.goto(address('/#overview'));
    await page.getByText('未确认报警：1。请查看并确认。').click();
    expect(page.url()).toContain('#alarms');
  });

  test('the alarm page shows the ladder of receipts, and an acknowledged alarm leaves the wall', async () => {
    await page.goto(address('/#alarms'));
    await page.getByText('门卫室紧急按钮').first().click();
    await page.getByText('平台确认').first().waitFor();
    // Each hop with its way: the panel, the uplink, the screen; this page shows the alarm too by now.
    const ladder = page.getByTestId('ladder');
    for (const rung of [/触发\s*门卫室/, /入库/, /发出/, /已显示.*大屏/, /已显示.*控制台/]) await ladder.getByText(rung).first().waitFor();
    // The clip is watched while it is recorded: from half a minute before the press.
    const seen = page.getByTestId('evidence');
    await seen.getByText('录制中').first().waitFor();
    await seen.locator('img').first().waitFor();
    const opened = Date.now();
    await page.evaluate("document.querySelector('.evidence video').play()");
    const shownSoFar = () => page.evaluate<number>("document.querySelector('.evidence video').currentTime");
    await expect.poll(shownSoFar, { interval: 100 }).toBeGreaterThan(0.2);
    console.info(`a clip that grows plays ${Date.now() - opened} ms after it was asked to`);
    const [still, clip] = await page.evaluate<{ from: number; pressed: number; kept: number }[]>(`(async () => {
      const json = async (path) => (await fetch('/api/v1' + path)).json();
      const { alarms: [{ id, occurredAt, receivedAt }] } = await json('/alarms?limit=1');
      const kept = (await json('/events?kind=evidence.kept')).map(({ event }) => event).find((event) => event.medium === 'still');
      const pieces = await json('/alarms/' + id + '/evidence');
      const of = (medium) => ({ ...pieces.find((piece) => piece.medium === medium), pressed: Date.parse(occurredAt ?? receivedAt) });
      return [{ ...of('still'), kept: kept.receivedAt }, of('clip')];
    })()`);
    expect(clip!.from).toBeLessThanOrEqual(clip!.pressed - 30_000);
    console.info(`the clip begins ${clip!.pressed - clip!.from} ms before the press, its still was kept ${still!.kept - still!.pressed} ms after it`);
    await seen
      .getByText(/^SHA-256 [0-9a-f]{64}$/)
      .first()
      .waitFor();
    await page.getByTestId('chain').getByText('自入库以来未被改动').waitFor();
    await page.getByRole('button', { name: '核对整个日志' }).click();
    await page
      .getByTestId('chain')
      .getByText(/^日志第 1 条至第 \d+ 条全部完好。$/)
      .waitFor();
    await page.screenshot({ path: `${shots}/alarm.png` });
    await page.getByText('现在', { exact: true }).click();
    await page.locator('.live-tiles .tile[data-state="playing"]').waitFor({ timeout: 20_000 });
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: /确\s*认/ })
      .first()
      .click();
    await page.getByText('已确认').first().waitFor();
    await page.goto(address('/wall'));
    await page.locator('.alarm-none').waitFor();
  });

  test('an alarm is led to its end on its page; one person alone cannot close it, and is told why in both languages', async () => {
    await page.goto(address('/#alarms'));
    await page.getByText('门卫室紧急按钮').first().click();
    const life = page.getByTestId('alarm-life');
    const press = (name: RegExp) => life.getByRole('button', { name }).click();
    await press(/派\s*警/);
    await life.getByLabel('派出单位或车辆').fill('7 号车');
    await press(/记\s*录/);
    await life.getByText('7 号车').waitFor();
    await press(/已到场/);
    await press(/填写处置结果/);
    await life.getByLabel('处置结果').click();
    await page.getByText('误操作').click();
    await life.getByLabel('说明（可不填）').fill('学生误碰');
    await page.screenshot({ path: `${shots}/alarm-resolve.png` });
    await press(/记\s*录/);
    await life.getByText('误操作: 学生误碰').waitFor();
    await press(/结\s*案/);
    await life.getByText('一级报警须由两人结案').waitFor();
    await page.screenshot({ path: `${shots}/alarm-life.png` });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('门卫室紧急按钮').first().click();
    await press(/Close/);
    await life.getByText('closed by two people').waitFor();
    await page.screenshot({ path: `${shots}/alarm-life-en.png` });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '中文' }).click();
    await page.goto(address('/wall'));
  }, 180_000);

  test('a picture that stops is marked within seconds, and plays again by itself', async () => {
    await page.locator('.grid .tile[data-state="playing"]').nth(3).waitFor();
    await demo.school.cameras.get('cam-gate')?.running.fault('off', true);
    await page.locator('.tile[data-channel="cam-gate"]:not([data-state="playing"])').waitFor();
    await page.screenshot({ path: `${shots}/stale.png` });
    await demo.school.cameras.get('cam-gate')?.running.fault('off', false);
    await page.locator('.tile[data-channel="cam-gate"][data-state="playing"]').waitFor({ timeout: 40_000 });
  }, 180_000);

  test('nothing was refused by the content policy, and no page error was seen', () => {
    const asked = /409 \(Conflict\).*\/steps$/; // by one person who closes alone
    expect(problems.filter((problem) => !asked.test(problem))).toEqual([]);
  });
});

/** The decoded pictures of at least `count` videos advance: soon, as a tile may still change its way, or wait for the machine. */
async function moving(page: Page, selector: string, count: number): Promise<void> {
  const script = `[...document.querySelectorAll('${selector}')].map((video) => {
    const { totalVideoFrames } = video.getVideoPlaybackQuality();
    const more = totalVideoFrames - (video.counted ?? totalVideoFrames);
    video.counted = totalVideoFrames;
    return more;
  })`;
  const advancing = async () => (await page.evaluate<number[]>(script)).filter((more) => more > 5).length;
  await expect.poll(advancing, { interval: 2_000 }).toBeGreaterThanOrEqual(count);
}
