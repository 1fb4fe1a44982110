import { expect, test } from 'vitest';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { instant } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { type Picture, Pictures } from '../../../gateway/media/pictures.ts';

const sei = Uint8Array.of(6, 5, 1, 0, 0x80);
const slice = (length: number) => Buffer.concat([Uint8Array.of(0x65, 0x88), Buffer.alloc(length, 0x55)]);

/** One packet of a camera whose clock stands at `ticks`. */
function unitOf(payload: Uint8Array, ticks: number, ends: boolean): AccessUnit {
  const wire = writeFrame(0, writeRtp({ marker: ends, payloadType: 96, sequence: 1, timestamp: ticks, ssrc: 1 }, payload));
  return { track: 'video', wire, packets: 1, ticks, capturedAt: instant(1), keyframe: false, starts: true, ends, last: 0 };
}

function open() {
  const out: Picture[] = [];
  let read = 0;
  const pictures = new Pictures((picture) => out.push(picture));
  pictures.describe({
    ...h264Video,
    units: (pieces) => {
      read += pieces.length;
      return h264Video.units(pieces);
    },
  });
  return { pictures, out, read: () => read };
}

test('markers that never end a picture do not make it read again without end', () => {
  const { pictures, out, read } = open();
  for (let count = 0; count < 1_000; count += 1) pictures.accept(unitOf(sei, 0, true));
  expect(read()).toBeLessThanOrEqual(16 * 1_000);
  pictures.accept(unitOf(slice(20), 3_600, true));
  expect(out.map(({ ticks }) => ticks)).toEqual([3_600]);
});

test('a clock that stands still does not make one endless picture, and the next one is shown', () => {
  const { pictures, out } = open();
  for (let count = 0; count < 400; count += 1) pictures.accept(unitOf(slice(60_000), 0, false));
  pictures.accept(unitOf(slice(20), 3_600, true));
  pictures.accept(unitOf(slice(20), 7_200, true));
  expect(out.map(({ ticks }) => ticks)).toEqual([3_600, 7_200]);
});
