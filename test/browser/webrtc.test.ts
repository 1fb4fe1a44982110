/** WebRTC in a real browser: the handshake by HTTP as the pages do it, the packets beside it. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { openWebRtc } from '../../gateway/assemble-webrtc.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { resolverOf, until } from '../contract/media-plane.ts';
import { type School, school } from '../support/http-school.ts';
import { peer } from '../support/peers.ts';
import { openTestCamera, type TestCamera } from '../support/rtsp-camera.ts';

const found = peer('chromium');
const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];

/** What the page runs: `watch` resolves with the answer's status and when the first picture showed; `figures` says how it goes. */
const pageScript = `
  let connection, video;
  globalThis.watch = async (url) => {
    connection?.close();
    connection = new RTCPeerConnection();
    video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true });
    document.body.append(video);
    connection.addTransceiver('video', { direction: 'recvonly' });
    connection.addTransceiver('audio', { direction: 'recvonly' });
    connection.ontrack = ({ track }) => {
      if (track.kind === 'video') video.srcObject = new MediaStream([track]);
    };
    await connection.setLocalDescription();
    const begun = performance.now();
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: connection.localDescription.sdp });
    const text = await answer.text();
    if (answer.status !== 201) return { status: answer.status, text };
    await connection.setRemoteDescription({ type: 'answer', sdp: text });
    const firstFrame = await new Promise((resolve) => {
      video.requestVideoFrameCallback(() => resolve(performance.now() - begun));
      setTimeout(() => resolve(Infinity), 20000);
    });
    return { status: 201, text, firstFrame, width: video.videoWidth, location: answer.headers.get('Location') };
  };
  globalThis.figures = async () => {
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue;
      return { lost: report.packetsLost, decoded: report.framesDecoded, state: connection.connectionState };
    }
    return { lost: 0, decoded: 0, state: connection.connectionState };
  };
`;

interface Watched {
  readonly status: number;
  readonly text: string;
  readonly firstFrame: number;
  readonly width: number;
  readonly location: string;
}

const watch = (page: Page, path: string) => page.evaluate(`watch(${JSON.stringify(path)})`) as Promise<Watched>;
const figures = (page: Page) => page.evaluate('figures()') as Promise<{ lost: number; decoded: number; state: string }>;

describe.skipIf(found === undefined)('WebRTC in Chromium', () => {
  const scope = new Scope();
  let camera: TestCamera;
  let campus: School;
  let browser: Browser;
  let page: Page;
  const viewers = () => desk.viewers;
  let desk: ReturnType<typeof openWebRtc>;

  beforeAll(async () => {
    camera = scope.own(await openTestCamera({ senderReports: true }));
    const media = scope.own(openMediaPlane({ resolve: resolverOf(camera), clock, log, worker: false }));
    desk = scope.own(openWebRtc({ enabled: true, viewers: 2, udp: { from: 0, to: 0 } }, { media, clock, log }));
    campus = scope.own(await school({ media, webrtc: desk }));
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...quiet, '--autoplay-policy=no-user-gesture-required'] });
    scope.defer(() => browser.close());
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const [name, value] = (await campus.signIn('viewer')).split('=');
    await context.addCookies([{ name: name!, value: value!, url: campus.origin(), secure: true, httpOnly: true, sameSite: 'Strict' }]);
    page = await context.newPage();
    await page.goto(`${campus.origin()}/healthz`);
    await page.evaluate(pageScript);
  }, 180_000);
  afterAll(() => scope[Symbol.asyncDispose]());

  /** Asked again while its thread only begins, and where a busy machine lost the handshake: as pages do. */
  const watched = async (path: string): Promise<Watched> => {
    for (let again = 0; again < 4; again += 1) {
      const seen = await watch(page, path);
      if (seen.status === 201 && Number.isFinite(seen.firstFrame)) return seen;
      if (seen.status !== 201 && seen.status !== 503) return seen;
      await page.evaluate((location) => location && fetch(location, { method: 'DELETE' }).then(() => undefined), seen.location);
      await until(() => viewers() === 0);
    }
    return watch(page, path);
  };

  test('shows a picture soon after the answer, goes on without loss, and ends when the page says so', async () => {
    const seen = await watched('/media/v1/channels/gate/whep?profile=main');
    expect(seen, seen.text).toMatchObject({ status: 201, width: 320 });
    expect(seen.firstFrame).toBeLessThan(20_000);
    await until(async () => (await figures(page)).decoded > 40);
    expect(await figures(page)).toMatchObject({ lost: 0, state: 'connected' });
    expect(viewers()).toBe(1);
    const status = await page.evaluate(async (location) => (await fetch(location, { method: 'DELETE' })).status, seen.location);
    expect(status).toBe(200);
    await until(() => viewers() === 0);
  });

  test('a viewer whose session has ended is cut off, and the camera is let go', async () => {
    expect((await watched('/media/v1/channels/gate/whep')).firstFrame).toBeLessThan(20_000);
    await page.evaluate(() => fetch('/api/v1/session', { method: 'DELETE' }));
    await until(() => viewers() === 0);
    await until(() => camera.playing === 0);
  });
});
