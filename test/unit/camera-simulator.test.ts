/** The simulated camera's own behaviour, where no encoder is needed to see it. */
import { expect, test } from 'vitest';
import { parseRtp } from '../../adapters/protocols/rtp/packet.ts';
import { millis } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import type { CameraFault } from '../../simulators/camera/faults.ts';
import type { Recording } from '../../simulators/camera/recording.ts';
import { CameraStream } from '../../simulators/camera/stream.ts';

/** Ten pictures a second, every fifth a keyframe; each is one NAL unit that tells its place. */
const recording: Recording = {
  settings: { codec: 'h264', camera: 'c', caption: 'C', width: 64, height: 64, framesPerSecond: 10, kbps: 1, loopSeconds: 2, gopSeconds: 0.5 },
  parameterSets: [],
  pictures: Array.from({ length: 20 }, (_, place) => ({ keyframe: place % 5 === 0, nals: [Uint8Array.of(place % 5 === 0 ? 0x65 : 0x41, place)] })),
  stills: [],
};

test('a camera that stalled goes on with a keyframe, its timestamps as late as the pause was long', async () => {
  const clock = new ManualClock();
  const faults = new Set<CameraFault>();
  const stream = new CameraStream({ recording, clock, wallClock: () => clock.now(), faults });
  const life = new AbortController();
  const running = stream.run(life.signal);
  const seen: { readonly keyframe: boolean; readonly timestamp: number }[] = [];
  stream.join({
    video: {
      rtp: ({ packets }) => {
        const last = parseRtp(packets.at(-1)!);
        seen.push({ keyframe: last.payload.at(-1)! % 5 === 0, timestamp: last.timestamp }); // the slice stands last, also where NAL units were aggregated
      },
      rtcp: () => undefined,
    },
  });
  await clock.advance(millis(700));
  expect(seen.slice(0, 7).map(({ keyframe }) => keyframe)).toEqual([true, false, false, false, false, true, false]);
  faults.add('stalled');
  const before = seen.length;
  await clock.advance(millis(1_000));
  expect(seen).toHaveLength(before);
  faults.delete('stalled');
  await clock.advance(millis(600));
  expect(seen.slice(before, before + 6).map(({ keyframe }) => keyframe)).toEqual([true, false, false, false, false, true]);
  expect((seen[before]!.timestamp - seen[before - 1]!.timestamp + 2 ** 32) % 2 ** 32).toBe(9_000 * 11);
  life.abort();
  await clock.advance(millis(100));
  await running;
});
