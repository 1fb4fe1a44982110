/** The simulated camera's own behaviour, where no encoder is needed to see it. */
import { expect, test } from 'vitest';
import { parseRtp } from '../../adapters/protocols/rtp/packet.ts';
import { millis } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import type { Recording } from '../../simulators/camera/recording.ts';
import { CameraStream } from '../../simulators/camera/stream.ts';

/** Ten pictures a second, every fifth a keyframe; each is one NAL unit that tells its place. */
const recording: Recording = {
  settings: { camera: 'c', caption: 'C', width: 64, height: 64, framesPerSecond: 10, kbps: 1, loopSeconds: 2, gopSeconds: 0.5 },
  parameterSets: [],
  pictures: Array.from({ length: 20 }, (_, place) => ({ keyframe: place % 5 === 0, nals: [Uint8Array.of(place % 5 === 0 ? 0x65 : 0x41, place)] })),
  stills: [],
};

test('a camera that stalled goes on with a keyframe, its timestamps as late as the pause was long', async () => {
  const clock = new ManualClock();
  let stalled = false;
  const stream = new CameraStream({ recording, clock, wallClock: () => clock.now(), stalled: () => stalled });
  const life = new AbortController();
  const running = stream.run(life.signal);
  const seen: { readonly keyframe: boolean; readonly timestamp: number }[] = [];
  stream.join({
    rtp: 0,
    rtcp: 1,
    send: (bytes) => {
      if (bytes[1] !== 0) return;
      const packets: ReturnType<typeof parseRtp>[] = [];
      for (let from = 0; from < bytes.length; from += 4 + bytes.readUInt16BE(from + 2)) {
        packets.push(parseRtp(bytes.subarray(from + 4, from + 4 + bytes.readUInt16BE(from + 2))));
      }
      const last = packets.at(-1)!;
      seen.push({ keyframe: last.payload.at(-1)! % 5 === 0, timestamp: last.timestamp }); // the slice stands last, also where NAL units were aggregated
    },
  });
  await clock.advance(millis(700));
  expect(seen.slice(0, 7).map(({ keyframe }) => keyframe)).toEqual([true, false, false, false, false, true, false]);
  stalled = true;
  const before = seen.length;
  await clock.advance(millis(1_000));
  expect(seen).toHaveLength(before);
  stalled = false;
  await clock.advance(millis(600));
  expect(seen.slice(before, before + 6).map(({ keyframe }) => keyframe)).toEqual([true, false, false, false, false, true]);
  expect((seen[before]!.timestamp - seen[before - 1]!.timestamp + 2 ** 32) % 2 ** 32).toBe(9_000 * 11);
  life.abort();
  await clock.advance(millis(100));
  await running;
});
