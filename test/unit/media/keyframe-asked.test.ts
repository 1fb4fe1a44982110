/** Whom a media plane asks for keyframes, and when no longer. */
import { expect, test } from 'vitest';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { gate, resolverOf, until } from '../../contract/media-plane.ts';
import { openTestCamera } from '../../support/rtsp-camera.ts';

test('a camera that sends nothing, and that nobody watches any more, is asked for nothing', async () => {
  await using camera = await openTestCamera({ send: () => undefined });
  const asked: string[] = [];
  await using plane = openMediaPlane({
    ...{ clock: systemClock, log: silentLogger, worker: false, resolve: resolverOf(camera), settings: { linger: millis(10) } },
    askKeyframe: (channel) => asked.push(channel),
  });
  const leaving = new AbortController();
  const opening = plane.keyframe({ channel: gate, profile: 'main' }, leaving.signal);
  opening.catch(() => undefined); // Told below.
  await until(() => asked.length > 0);
  leaving.abort();
  await expect(opening).rejects.toThrow();
  await until(() => camera.teardowns === 1);
  const before = asked.length;
  await systemClock.sleep(millis(1_300));
  expect(asked).toHaveLength(before);
});
