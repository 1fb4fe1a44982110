/** The platform simulator's page, over HTTP as a browser asks for it. */
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { expect, test } from 'vitest';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { openPlatformPage } from '../../../simulators/platform/gb28181/page/server.ts';
import { eventually } from '../../support/eventually.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { cameraId, cameraItem, deviceId, openGbDevice } from '../../support/simple-gb-device.ts';

const never = new AbortController().signal;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function ask(url: string, options: RequestOptions & { readonly form?: string } = {}): Promise<Answer> {
  const { form, ...others } = options;
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...others }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', reject);
    asked.end(form);
  });
}

async function openPage() {
  const platform = await localPlatform({ welcome: { subscriptions: [] } });
  const items = [cameraItem(1), { ...cameraItem(2), name: '<script>alert(1)</script>', status: 'OFF' as const }];
  const device = await openGbDevice({ platform: platform.address, transport: 'TCP', items, pace: 5 });
  await device.register();
  await eventually(() => expect(platform.catalogue(deviceId)?.items).toHaveLength(2));
  const page = await openPlatformPage({ platform, clock: systemClock, listen: { address: '127.0.0.1', port: 0 } }, never);
  const { origin } = new URL(page.url);
  const cookie = (await ask(page.url)).headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  const signed = { headers: { cookie, 'accept-language': 'en' } };
  const post = (path: string, form: string, headers = {}) =>
    ask(origin + path, { method: 'POST', headers: { ...signed.headers, 'content-type': 'application/x-www-form-urlencoded', ...headers }, form });
  return {
    platform,
    page,
    origin,
    signed,
    post,
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
      await device[Symbol.asyncDispose]();
    },
  };
}

test('nobody gets in without the token, by a foreign name, or from a foreign page', async () => {
  await using open = await openPage();
  const { origin, signed, post, page } = open;
  expect((await ask(`${origin}/`)).status).toBe(401);
  expect((await ask(`${origin}/?token=wrong`)).status).toBe(401);
  expect((await ask(`${origin}/living`, { headers: { cookie: 'platform=wrong' } })).status).toBe(401);
  expect((await ask(`${origin}/`, { headers: { ...signed.headers, host: 'evil.example' } })).status).toBe(403);
  expect((await post('/misbehave', 'name=lossy', { origin: 'http://evil.example' })).status).toBe(403);
  expect(open.platform.misbehaving()).toEqual([]);
  expect((await ask(page.url)).headers).toMatchObject({ location: '/', 'set-cookie': [expect.stringMatching(/HttpOnly; SameSite=Strict$/)] });
});

test('shows devices, tree, messages and complaints in both languages, and nothing of theirs as HTML', async () => {
  await using open = await openPage();
  const english = await ask(`${open.origin}/`, open.signed);
  const chinese = await ask(`${open.origin}/`, { headers: { ...open.signed.headers, 'accept-language': 'zh-CN' } });
  expect([english.text, chinese.text].map((text) => /<h1>(.*?)<\/h1>/.exec(text)?.[1])).toEqual([
    'GB/T 28181 platform simulator',
    'GB/T 28181 平台模拟器',
  ]);
  for (const shown of [deviceId, cameraId(1), '校门口 1', '校园网关', 'REGISTER sip:', '&lt;script&gt;alert(1)&lt;/script&gt;']) {
    expect(english.text).toContain(shown);
  }
  expect(english.text).not.toMatch(/<script>|style=|\son\w+=/);
  expect(english.text).not.toContain('response="');
  expect(english.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self'/);
  expect((await ask(`${open.origin}/living`, open.signed)).text).toContain('校门口 1');
});

test('plays, steers, hangs up and misbehaves on a click; a player gets the stream with the key of the play alone', async () => {
  await using open = await openPage();
  const { origin, platform, post, page, signed } = open;
  expect((await post('/act', `do=play+${deviceId}+${cameraId(1)}&transport=tcp-passive&stream=1`)).status).toBe(303);
  const [play] = platform.plays();
  expect(play?.order).toEqual({ channel: cameraId(1), transport: 'tcp-passive', stream: 1 });
  const url = /http:\S+/.exec(page.watchLine(play!))?.[0] ?? '';
  expect((await ask(`${origin}/watch/wrong`)).status).toBe(404);
  const watched = ask(url);
  await eventually(() => expect(play!.counters().keyframes).toBeGreaterThan(3));
  await post('/act', `do=ptz-left+${deviceId}+${cameraId(1)}`);
  expect((await ask(`${origin}/living`, signed)).text).toContain('h264');
  await post('/act', `do=bye+${deviceId}+${cameraId(1)}`);
  expect(Buffer.from((await watched).text, 'latin1').subarray(0, 3)).toEqual(Buffer.of(0, 0, 1));
  expect(platform.plays()).toEqual([]);
  await post('/misbehave', 'name=lossy&name=utf-8');
  expect(platform.misbehaving()).toEqual(['lossy', 'utf-8']);
  await post('/misbehave', '');
  expect(platform.misbehaving()).toEqual([]);
});

test('says what went wrong with a click, once', async () => {
  await using open = await openPage();
  await open.post('/act', 'do=dance');
  expect((await ask(`${open.origin}/`, open.signed)).text).toContain('role="alert">&quot;dance&quot; is nothing that can be done here.');
  expect((await ask(`${open.origin}/`, open.signed)).text).not.toContain('role="alert"');
});
