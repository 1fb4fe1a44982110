/** Cards of incidents, panels and cameras in a real browser, on a real inventory: what each role is offered, what is refused, and where it is told. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../gateway/domain/campus.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Instant, instant } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import { listenForProblems, openBrowser } from '../support/browser.ts';
import { canary, type School, school } from '../support/http-school.ts';
import { peer } from '../support/peers.ts';

const found = peer('chromium');
const shots = 'test-results/desk';

describe.skipIf(found === undefined)('the desk', { timeout: 180_000 }, () => {
  /** ms that this clock is ahead: only time makes an alarm late. */
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: (): Instant => instant(systemClock.now() + ahead) };
  let campus: School;
  let browser: Browser;
  let page: Page;
  let problems: readonly string[] = [];
  const sessions = new Map<Role, string>();

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    campus = await school({
      webFolder: join(packageRoot, 'dist/web'),
      clock,
      evidence: { of: () => [], file: () => undefined, holder: () => undefined, fetched: async () => undefined },
    });
    browser = await openBrowser();
    page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    // What is refused here is refused on purpose.
    problems = await listenForProblems(page, (url) => /\/(rules|cameras|panels|incidents)\//.test(url));
    page.setDefaultTimeout(60_000); // each step takes seconds on a busy machine
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await campus?.[Symbol.asyncDispose]();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await page.screenshot({ path: `${shots}/failed-${Date.now()}.png` });
  });

  const goTo = (place: string) => page.goto(`${campus.origin(true)}/#${place}`);
  async function comeAs(role: Role, place: string): Promise<void> {
    const session = sessions.get(role) ?? (await campus.signIn(role, { plain: true }));
    sessions.set(role, session);
    const [name = '', value = ''] = session.split('=');
    await page.context().addCookies([{ name, value, url: campus.origin(true) }]);
    await page.goto('about:blank');
    await goTo(place);
    await page.locator('.desk-name').waitFor();
  }
  /** DESK_SHOTS=1 leaves pictures in test-results/desk, for whoever looks at them. */
  const shot = async (name: string) => process.env.DESK_SHOTS === '1' && page.screenshot({ path: `${shots}/${name}.png`, animations: 'disabled' });
  /** Both languages, and a window as narrow as a phone. */
  async function shotEachWay(name: string): Promise<void> {
    if (process.env.DESK_SHOTS !== '1') return;
    await shot(`${name}-zh`);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect
      .poll(() => page.evaluate<boolean>("[...document.querySelectorAll('.ant-drawer-content-wrapper')].every((one) => one.offsetWidth <= 390)"))
      .toBe(true);
    await shot(`${name}-narrow`);
    await page.setViewportSize({ width: 1440, height: 900 });
  }
  const inEnglish = async (how: boolean) => {
    await page.evaluate(`localStorage.setItem('campus-gateway.language', '${how ? 'en' : 'zh'}')`);
    await page.reload();
  };

  test('one who only watches opens an incident by keyboard, and is told whose the steps and the pictures are', async () => {
    const first = await campus.journal.press({ zoneName: '门卫室按钮' });
    await campus.journal.press({ incident: first.id, zoneName: '食堂按钮' });
    await comeAs('viewer', 'alarms');
    const link = page.getByRole('link', { name: '无声紧急报警' }).first();
    await link.focus();
    await page.keyboard.press('Enter');
    const card = page.getByTestId('incident');
    await card.getByText('同组报警：2 条').waitFor();
    await card.getByText('处警仅限管理员和值班员。').waitFor();
    await card.getByText('整个日志由管理员或技术员核对。').waitFor();
    for (const part of ['alarm-life', 'chain']) expect(await card.getByTestId(part).getByRole('button').count()).toBe(0);
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });
    expect(page.url()).toMatch(/#alarms$/);
    await expect.poll(() => page.evaluate('document.activeElement?.textContent')).toContain('无声紧急报警');
  });

  test('an incident that has not arrived for 15 s says whom to phone and what to say; all of it is taken on with one press', async () => {
    await comeAs('operator', 'alarms');
    await page.getByText('门卫室按钮').first().click();
    const card = page.getByTestId('incident');
    await card.getByText('同组报警：2 条').waitFor();
    expect(await card.getByText('110').count()).toBe(0);
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });
    ahead += 16_000;
    await page.getByText('门卫室按钮').first().click();
    await card.getByText('报警尚未送达警务平台，请立即拨打 110。').waitFor();
    await card.getByText(/请这样说：“这里是No. 1 School/).waitFor();
    await shotEachWay('incident-phone');
    await card.getByRole('button', { name: '确认全部 2 条' }).click();
    await card.getByText('已确认').nth(2).waitFor();
    // The other alarm of it is one press away, and has an address of its own.
    await card.getByRole('button', { name: /食堂按钮/ }).click();
    await card.getByRole('button', { name: /食堂按钮/, pressed: true }).waitFor();
    await inEnglish(true);
    await card.getByText('Alarms of this incident: 2').waitFor();
    await shot('incident-en');
    await inEnglish(false);
    await page.goto('about:blank');
    await goTo('alarms/00000000-0000-7000-8000-000000000000');
    await page.getByText('没有这条报警。').waitFor();
    await shot('incident-none');
  });

  test('each role is offered the commands that are its own; what does harm wants a reason and is confirmed', async () => {
    await comeAs('viewer', 'devices/gate-panel');
    await page.getByText('主机命令仅限管理员、值班员和技术员。').waitFor();
    await comeAs('technician', 'devices/gate-panel');
    const desk = page.getByTestId('panel-desk');
    await desk.getByRole('button', { name: /^布\s*防$/, disabled: true }).waitFor();
    await desk.getByText('灰色命令不在您的权限内').waitFor();
    expect(await desk.getByRole('button', { name: '同步状态' }).isEnabled()).toBe(true);
    await comeAs('operator', 'devices/gate-panel');
    await desk.getByRole('button', { name: /^撤\s*防$/ }).click();
    const dialog = page.locator('.ant-modal:visible');
    await dialog.getByText('撤防后入侵防区不再报警。').waitFor();
    const before = campus.commanded.length;
    await dialog.getByRole('button', { name: /^撤\s*防$/ }).click();
    await dialog.getByText('请填写原因。').waitFor();
    await dialog.getByText('请先确认。').waitFor();
    await shotEachWay('command-refused');
    expect(campus.commanded.length).toBe(before);
    await dialog.getByLabel('原因').fill('家长会');
    await dialog.getByLabel('我已了解后果并确认执行').check();
    await dialog.getByRole('button', { name: /^撤\s*防$/ }).click();
    // Nothing proves it: so it is not called done.
    await dialog.getByText('结果不明').waitFor();
    await shot('command-unknown');
    expect(campus.commanded.at(-1)).toMatch(/gate-panel disarm by .*: 家长会/);
    await page.keyboard.press('Enter'); // on the button that closes it
    await dialog.waitFor({ state: 'hidden' });
  });

  test('a desk that cannot be read says why, and is read again at a press', async () => {
    let refuse = true;
    await page.route('**/panels/*/commands', (route) =>
      refuse
        ? route.fulfill({
            status: 503,
            json: { code: 'JOURNAL_UNAVAILABLE', detail: 'x', words: { zh: '日志存储不可用。', en: 'The journal is not available.' } },
          })
        : route.continue(),
    );
    await goTo('devices');
    await goTo('devices/gate-panel');
    await page.getByText('日志存储不可用。').waitFor();
    await shot('desk-error');
    refuse = false;
    await page.getByRole('button', { name: /重\s*试/ }).click();
    await page.getByTestId('panel-desk').waitFor();
    await page.unroute('**/panels/*/commands');
  });

  test('a rule of the site is written in the panel’s card; what is wrong is told at its field, what is passed over beside the rule', async () => {
    await comeAs('administrator', 'devices/gate-panel');
    const rules = page.getByTestId('site-rules');
    await rules.getByText('没有规则：全部按标准代码表。').waitFor();
    await rules.getByRole('button', { name: '添加规则' }).click();
    const dialog = page.locator('.ant-modal:visible');
    await dialog.getByRole('button', { name: /保\s*存/ }).click();
    await dialog.getByText('请至少改变一项：类型、级别或演练。').waitFor();
    await dialog.getByLabel('代码').fill('120');
    await dialog.getByLabel('报警类型', { exact: true }).fill('Panic!');
    await dialog.getByRole('button', { name: /保\s*存/ }).click();
    const field = dialog.locator('.ant-form-item', { has: page.getByLabel('报警类型', { exact: true }) });
    await field.getByText('应为：报警类型，例如 panic.silent').waitFor();
    expect(await dialog.getByLabel('报警类型', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => page.evaluate("document.activeElement?.getAttribute('aria-invalid')")).toBe('true'); // whoever goes on typing mends it
    await shotEachWay('rule-wrong');
    await dialog.getByLabel('报警类型', { exact: true }).fill('burglary');
    await page.keyboard.press('Tab');
    await dialog.getByRole('button', { name: /保\s*存/ }).click();
    await dialog.waitFor({ state: 'hidden' });
    await rules.getByText('入侵报警').waitFor();
    await rules.getByText(/panic.audible 不会改为 burglary/).waitFor();
    expect(campus.inventory.current().rules).toEqual([{ id: 'gate-panel-1', panel: 'gate-panel', code: '120', type: 'burglary' }]);
    await shotEachWay('rules');
    await rules.getByRole('button', { name: /删\s*除/ }).click();
    await page
      .locator('.ant-popconfirm')
      .getByRole('button', { name: /删\s*除/ })
      .click();
    await rules.getByText('没有规则：全部按标准代码表。').waitFor();
    expect(campus.inventory.current().rules).toEqual([]);
  });

  test('a rule for a camera’s events has hours of the week, and leaves the rest of the camera as it is', async () => {
    const before = campus.inventory.current().cameras[0]!;
    await goTo('devices/gate');
    await inEnglish(true);
    const rules = page.getByTestId('camera-rules');
    await rules.getByText('No rule makes alarms of them.').waitFor();
    await rules.getByRole('button', { name: 'Add a rule' }).click();
    const dialog = page.locator('.ant-modal:visible');
    await dialog.getByLabel('Event').click();
    await page.locator('.ant-select-item-option', { hasText: 'Other event' }).click();
    await dialog.getByText('By a schedule').click();
    await dialog.getByLabel('Fri').uncheck();
    await dialog.getByLabel('From').fill('17:30');
    await dialog.getByRole('button', { name: 'Save' }).click();
    const topic = dialog.locator('.ant-form-item', { has: page.getByLabel('Topic') });
    await topic.getByText('Must be the topic of the event, for “Other event” alone').waitFor();
    await shot('camera-rule-wrong-en');
    await dialog.getByLabel('Topic').fill('Vendor/SmokeSeen');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await rules.getByText('Mon Tue Wed Thu 17:30–07:00').waitFor();
    expect(campus.inventory.current().cameras[0]).toEqual({
      ...before,
      events: [{ kind: 'other', topic: 'Vendor/SmokeSeen', schedule: ['mon-thu 17:30-07:00'] }],
    });
    expect(campus.inventory.current().cameras[0]?.credentials?.password.reveal()).toBe(canary);
    await inEnglish(false);
    await rules.getByText('周一 周二 周三 周四 17:30–07:00').waitFor();
    await shotEachWay('camera-rules');
  });

  test('nothing was refused by the content policy, and no page error was seen', () => {
    expect(problems).toEqual([]);
  });
});
