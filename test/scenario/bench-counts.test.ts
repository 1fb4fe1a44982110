/** The bench's own instruments: they count what comes, and find out what is lost. In small, with the picture of our fixture. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { gapsOf, starvedOf } from '../support/measure-viewers.ts';
import { peer } from '../support/peers.ts';
import { markIn, systemMillis } from '../support/picture-mark.ts';
import { cameraAccount, type FarmOptions, openCameraFarm, openFloorRelay, openRtspViewers, watchRtsp } from '../support/stream-programs.ts';

const clip = fileURLToPath(new URL('../fixtures/media/ffmpeg-main-320x240.h264', import.meta.url));
const cameras = [1, 2];
const length = 4;
/** Seconds of it in which the machine may be busy with others. */
const busy = 2.5;

async function relayed(options: Pick<FarmOptions, 'drop' | 'pace'>) {
  await using farm = await openCameraFarm({ cameras: cameras.length, clip, ...options });
  await using relay = await openFloorRelay(farm);
  await using viewers = await watchRtsp({ port: relay.port, cameras, account: cameraAccount }, seconds(60));
  viewers.mark();
  await systemClock.sleep(seconds(length));
  return await viewers.tell();
}

describe.skipIf(peer('g++') === undefined)('the instruments of the stream bench', { timeout: 300_000 }, () => {
  test.each(['burst', 'paced'] as const)('count every picture of %s cameras, and see no gap where there is none', async (pace) => {
    const seen = await relayed({ pace });
    expect(gapsOf(seen)).toBe(0);
    expect(starvedOf(seen, length - busy)).toBe(0);
    expect(seen.first.count).toBeGreaterThanOrEqual(cameras.length * (length - busy) * 24);
    expect(seen.first.p50).toBeGreaterThan(0);
    expect(seen.whole.p50).toBeGreaterThanOrEqual(pace === 'paced' ? 5 : 0);
  });

  test('find out that packets are lost', async () => {
    const seen = await relayed({ drop: 7 });
    expect(seen.viewers.every(({ sequenceGaps }) => sequenceGaps > 0)).toBe(true);
    expect(seen.viewers.some(({ pictureGaps }) => pictureGaps > 0)).toBe(true);
  });

  test('find out a viewer that gets nothing', async () => {
    await using farm = await openCameraFarm({ cameras: 1, clip });
    await using viewers = await watchRtsp({ port: farm.port, cameras: [1], account: cameraAccount }, seconds(60));
    viewers.stall(0, 0);
    viewers.mark();
    await systemClock.sleep(seconds(1));
    expect(starvedOf(await viewers.tell(), 1)).toBe(1);
  });

  test('let in nobody without the password of the cameras', async () => {
    await using farm = await openCameraFarm({ cameras: 1, clip });
    await using viewers = openRtspViewers({ ...cameraAccount, password: 'wrong' });
    viewers.join({ port: farm.port, cameras: [1] });
    await expect(viewers.playing(seconds(1))).rejects.toThrow('1 of 1 viewers saw no keyframe');
  });
});

test('a mark is read from the middle of a fragment, and nothing is read where it is cut off', () => {
  const sent = Math.floor(systemMillis());
  const digits = `${(BigInt(sent) * 1_000_000n).toString(16).padStart(16, '0')}${(4_711).toString(16).padStart(16, '0')}`;
  const fragment = Buffer.from(`....mdat....campus-benchmark${digits}\x80....`, 'latin1');
  expect(markIn(fragment)).toEqual({ sentAt: sent, picture: 4_711 });
  expect(markIn(fragment.subarray(0, -10))).toBeUndefined();
  expect(markIn(Buffer.from('mdat'))).toBeUndefined();
});
