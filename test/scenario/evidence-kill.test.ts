/** kill -9 in the middle of a clip. At random moments: `npm run chaos -- --faults clip`. */
import { expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { killInClip } from '../support/clip-kill.ts';
import { peer } from '../support/peers.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { freshFolder } from '../support/spine.ts';

test('what was recorded before a kill -9 is kept to its last whole picture, says that it was cut, has the hash that it says, and plays', async () => {
  await using scope = new Scope();
  await using camera = await openTestCamera();
  const ffprobe = peer('ffprobe');
  const order = { folder: freshFolder(scope), url: camera.url, moment: { growths: 3 }, lasting: seconds(300), ffprobe };
  const { alarm, pieces, told, ...found } = await killInClip(order);
  expect(found).toMatchObject({ untrue: 0, complaints: '', unfinished: 0 });
  const clip = pieces[1]!;
  expect(clip.state).toBe('cut-short');
  expect(clip.reason?.en).toMatch(
    /The gateway broke off while it recorded: what had been written was kept\. It ends [\d.]+ s (before|after) the press\.$/,
  );
  // Nothing that anybody had been told of is lost.
  expect(clip.bytes).toBeGreaterThanOrEqual(told);
  expect(clip.from!).toBeLessThan(clip.to!);
  expect(clip.from!).toBeLessThan(alarm.receivedAt);
}, 120_000);
