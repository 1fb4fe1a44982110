import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { playRtsp } from '../../../adapters/protocols/rtsp/client.ts';
import { RtspFailure } from '../../../adapters/protocols/rtsp/failure.ts';
import { headerOf, type RtspRequest, writeResponse } from '../../../adapters/protocols/rtsp/message.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { until } from '../../contract/media-plane.ts';
import { type CameraOptions, openTestCamera } from '../../support/rtsp-camera.ts';

const nobody = { begin: () => undefined, packet: () => undefined, clock: () => undefined, garbage: () => undefined };
const patience = { timers: systemClock, within: 20_000, silence: 20_000 };
/** For cameras that keep silent. */
const hasty = { ...patience, within: 500, silence: 500 };

/** What the session ended with. */
async function failureAt(url: string, credentials?: { username: string; password: string }, limits = patience): Promise<RtspFailure> {
  try {
    await playRtsp({ url, ...limits, ...(credentials ? { credentials } : {}) }, nobody, AbortSignal.timeout(60_000));
  } catch (error) {
    if (error instanceof RtspFailure) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

/** A camera that answers one method with bytes of its own. */
function answering(method: string, bytes: (request: RtspRequest) => Uint8Array): CameraOptions {
  return {
    override: (request, socket) => {
      if (request.method !== method) return false;
      socket.write(bytes(request));
      return true;
    },
  };
}

const reply = (status: number, headers: Record<string, string>, body?: string) => (request: RtspRequest) =>
  writeResponse({ status, headers: { CSeq: headerOf(request, 'cseq')!, ...headers }, ...(body === undefined ? {} : { body }) });

describe('a hostile camera', () => {
  test.each<[string, CameraOptions, string, typeof patience?]>([
    ['answers DESCRIBE with an endless header', answering('DESCRIBE', () => Buffer.alloc(64 * 1024, 'RTSP/1.0 200 OK x')), 'reply'],
    [
      'announces a body of 4 GB',
      answering('DESCRIBE', () => Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4294967295\r\n\r\n')),
      'reply',
    ],
    [
      'cuts its answer short and goes silent',
      answering('DESCRIBE', () => Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 100\r\n\r\nv=0')),
      'unreachable',
      hasty,
    ],
    ['answers with HTML', answering('OPTIONS', () => Buffer.from('<html>login</html>')), 'reply'],
    ['describes garbage', answering('DESCRIBE', reply(200, {}, '\u0000\u0001 nothing')), 'reply'],
    ['describes nothing', answering('DESCRIBE', reply(200, {})), 'reply'],
    ['has no video', { sdp: 'v=0\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n' }, 'unsupported'],
    ['answers 404', answering('DESCRIBE', reply(404, {})), 'reply'],
    ['answers SETUP without a session', answering('SETUP', reply(200, { Transport: 'RTP/AVP/TCP' })), 'reply'],
    ['names channel 999', answering('SETUP', reply(200, { Session: '1', Transport: 'RTP/AVP/TCP;interleaved=999-1000' })), 'reply'],
    ['offers only UDP', answering('SETUP', reply(461, {})), 'unsupported'],
    ['redirects to another host', answering('DESCRIBE', reply(302, { Location: 'rtsp://169.254.169.254/x' })), 'redirect'],
    ['redirects without end', answering('DESCRIBE', (request) => reply(302, { Location: request.uri })(request)), 'reply'],
    ['asks for Basic', answering('DESCRIBE', reply(401, { 'WWW-Authenticate': 'Basic realm="cam"' })), 'credentials'],
    [
      'refuses for ever as stale',
      answering('DESCRIBE', reply(401, { 'WWW-Authenticate': 'Digest realm="c", nonce="n", stale=true' })),
      'credentials',
    ],
    ['plays and sends nothing', answering('PLAY', reply(200, {})), 'ended', { ...patience, silence: 500 }],
    ['answers PLAY with noise', answering('PLAY', () => Buffer.from([0x24, 0, 0, 1, 9, 0xff, 0xff])), 'unreachable', hasty],
    ['sends nothing but noise', answering('PLAY', (request) => Buffer.concat([reply(200, {})(request), Buffer.alloc(300_000, 0xaa)])), 'reply'],
  ])('that %s', async (_, options, reason, limits = patience) => {
    await using camera = await openTestCamera(options);
    const failure = await failureAt(camera.url, { username: 'admin', password: 'secret' }, limits);
    expect(failure.reason).toBe(reason);
    expect(camera.credentialed).toBeLessThanOrEqual(2);
    expect(failure.message).not.toContain('secret');
    await until(() => camera.connections === 0);
  });

  test('that drips one byte at a time runs into the deadline', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      const drip = setInterval(() => socket.write('R'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const started = Date.now();
    const failure = await failureAt(`rtsp://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}/`, undefined, hasty);
    expect(failure.reason).toBe('unreachable');
    expect(Date.now() - started).toBeLessThan(20_000);
    server.close();
  });

  test('that is not there is unreachable', async () => {
    const camera = await openTestCamera();
    await camera[Symbol.asyncDispose]();
    expect((await failureAt(camera.url)).reason).toBe('unreachable');
  });
});

/** Plays until `enough` packets came, then leaves. */
async function playSome(options: CameraOptions, enough = 5, within = 60_000) {
  await using camera = await openTestCamera(options);
  const life = new AbortController();
  let packets = 0;
  let clocks = 0;
  const player = {
    begin: () => undefined,
    packet: () => {
      packets += 1;
      if (packets >= enough) life.abort();
    },
    clock: () => {
      clocks += 1;
    },
    garbage: () => undefined,
  };
  const credentials = { username: 'admin', password: 'p' };
  const limit = setTimeout(() => life.abort(), within);
  await playRtsp({ url: camera.url, ...patience, credentials }, player, life.signal);
  clearTimeout(limit);
  await until(() => camera.connections === 0);
  return { packets, clocks, log: camera.log, teardowns: camera.teardowns, credentialed: camera.credentialed };
}

describe('an odd camera still plays', () => {
  test.each<[string, CameraOptions]>([
    ['that uses other channels than asked (quirk 12)', { channels: [6, 7] }],
    ['that answers RTP/AVP without /TCP', { transport: 'RTP/AVP;unicast;interleaved=0-1' }],
    ['that sends no transport parameters at all', { transport: 'RTP/AVP/TCP' }],
    ['that never answers keepalives (quirk 2)', { session: 'x;timeout=1', override: (request) => request.method === 'GET_PARAMETER' }],
    ['that asks for Digest', { password: 'p' }],
  ])('%s', async (_, options) => {
    const played = await playSome(options, 40);
    expect(played.packets).toBeGreaterThanOrEqual(40);
    expect(played.teardowns).toBe(1);
  });

  test('that lists GET_PARAMETER and answers 454 is kept alive with OPTIONS (quirk 3)', async () => {
    const { log } = await playSome(
      {
        session: 'x;timeout=1',
        override: (request, socket) => {
          if (request.method !== 'GET_PARAMETER') return false;
          socket.write(writeResponse({ status: 454, headers: { CSeq: headerOf(request, 'cseq') } }));
          return true;
        },
      },
      1_000_000,
      3_000,
    );
    expect(log.filter((line) => line.startsWith('GET_PARAMETER'))).toHaveLength(1);
    expect(log.filter((line) => line.startsWith('OPTIONS')).length).toBeGreaterThan(1);
  });

  test('control URLs that point elsewhere stay on the connection (quirk 15), and sender reports are heard', async () => {
    const sdp =
      'v=0\r\na=control:rtsp://192.0.2.9/other\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 h264/90000\r\na=control:rtsp://192.0.2.9/other/t1\r\n';
    const { log, clocks } = await playSome({ sdp, senderReports: true }, 20);
    expect(log.find((line) => line.startsWith('SETUP'))).toMatch(/^SETUP rtsp:\/\/127\.0\.0\.1:\d+\/other\/t1$/);
    expect(log.find((line) => line.startsWith('PLAY'))).toMatch(/^PLAY rtsp:\/\/127\.0\.0\.1:\d+\/other$/);
    expect(clocks).toBeGreaterThan(0);
  });
});
