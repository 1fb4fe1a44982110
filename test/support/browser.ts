/** Chromium for the page tests, and an ear for everything that it should not have to say. */
import { type Browser, chromium, type Page } from 'playwright-core';

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `gesture`: sound needs a click first, as in everybody's browser. */
export function openBrowser({ gesture = false } = {}): Promise<Browser> {
  const policy = gesture ? 'document-user-activation-required' : 'no-user-gesture-required';
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...quiet, `--autoplay-policy=${policy}`] });
}

/** Page errors, console errors and violations of the content policy, as they come. */
export async function listenForProblems(page: Page, expected: (url: string) => boolean = () => false): Promise<readonly string[]> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    // Asked before the sign-in; and WebRTC, where the gateway has no place for it.
    const { url } = message.location();
    const foreseen = message.text().includes('401') || url.includes('/whep') || expected(url);
    if (message.type() === 'error' && !foreseen) problems.push(`console: ${message.text()} ${url}`);
  });
  await page.exposeFunction('violated', (what: string) => problems.push(`policy: ${what}`));
  await page.addInitScript({
    content: "addEventListener('securitypolicyviolation', (e) => violated(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile));",
  });
  return problems;
}
