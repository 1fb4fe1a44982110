/** Signed in for hours: nonces end, passwords are changed. */
import { describe, expect, test } from 'vitest';
import { playRtsp } from '../../../adapters/protocols/rtsp/client.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { until } from '../../contract/media-plane.ts';
import { openTestCamera, type TestCamera } from '../../support/rtsp-camera.ts';

const password = 'correct horse battery';
const deaf = { begin: () => undefined, packet: () => undefined, clock: () => undefined, garbage: () => undefined };
const keepalives = (camera: TestCamera) => camera.log.filter((line) => line.startsWith('GET_PARAMETER')).length;

function play(camera: TestCamera, signal: AbortSignal): Promise<void> {
  const credentials = { username: 'gateway', password };
  return playRtsp({ url: camera.url, credentials, timers: systemClock, within: 2_000, silence: 5_000 }, deaf, signal);
}

describe('a camera that is watched for long', () => {
  test('may renew its nonce as often as it likes', async () => {
    // Asked every second, and each time with a nonce that has ended.
    await using camera = await openTestCamera({ password, nonceValidFor: 300, session: 'abc123;timeout=2' });
    const life = new AbortController();
    const playing = play(camera, life.signal);
    await Promise.race([playing, until(() => keepalives(camera) >= 8)]);
    life.abort();
    await playing;
    expect(camera.log.filter((line) => line.startsWith('PLAY'))).toHaveLength(1);
  });

  test('and whose password is changed meanwhile gets the old one twice, no more', async () => {
    const passwords = { password };
    await using camera = await openTestCamera({
      get password() {
        return passwords.password;
      },
      session: 'abc123;timeout=2',
    });
    const playing = play(camera, new AbortController().signal);
    playing.catch(() => undefined);
    await until(() => keepalives(camera) >= 2);
    const before = camera.credentialed;
    passwords.password = 'another one';
    await expect(playing).rejects.toMatchObject({ reason: 'credentials' });
    expect(camera.credentialed - before).toBe(2);
  });
});
