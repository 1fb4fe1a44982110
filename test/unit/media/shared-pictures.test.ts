/** A group that a viewer of whole pictures begins with comes in two parts: what is to be known of all of it must be known with the first. */
import { expect, test } from 'vitest';
import { videoTools } from '../../../adapters/protocols/codecs.ts';
import { packetiseH264 } from '../../../adapters/protocols/rtp/h264-payload.ts';
import { instant } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { FanOut } from '../../../gateway/media/fan-out.ts';
import { OwedBytes } from '../../../gateway/media/owed-bytes.ts';
import { usualMediaSettings } from '../../../gateway/media/settings.ts';
import { PictureViewer, SharedPictures } from '../../../gateway/media/shared-pictures.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';
import { wireOf } from '../../support/rtp-captures.ts';

function openFan() {
  const clock = new ManualClock();
  const out = new FanOut(clock, usualMediaSettings, new OwedBytes(1e6), UplinkBudget.open(0, clock));
  const pictures = new SharedPictures();
  pictures.describe(videoTools('h264'));
  return { out, pictures };
}

const quietOutlet = {
  described: () => undefined,
  sound: () => undefined,
  clock: () => undefined,
  quiet: () => undefined,
  flush: () => undefined,
  backlog: 0,
  close: () => undefined,
};

function joined({ sound }: { readonly sound: boolean }): string[] {
  const { out, pictures } = openFan();
  const span = (number: number, track: 'video' | 'audio' = 'video'): AccessUnit => {
    const keyframe = track === 'video' && number === 0;
    const [wire] = wireOf([Buffer.of(keyframe ? 0x65 : 0x41, 0x80, number)], { sequence: number, timestamp: number });
    return { track, wire: wire!, packets: 1, ticks: number, capturedAt: instant(number), keyframe, starts: true, ends: true, last: 0 };
  };
  for (let number = 0; number < 20; number += 1) out.deliver(out.keep(span(number)));
  if (sound) out.deliver(out.keep(span(20, 'audio')));
  const said: string[] = [];
  const outlet = {
    ...quietOutlet,
    picture: ({ ticks }: { readonly ticks: number }) => void said.push(`${ticks}`),
    sound: () => void said.push('sound'),
    quiet: () => void said.push('quiet'),
  };
  using _use = pictures.use(out.cached);
  out.join(new PictureViewer(outlet, pictures, out.joinable), () => 'local');
  out.sweep();
  return said;
}

test('that its camera sends no sound is told before the first picture, which announces what there is', () => {
  expect(joined({ sound: false }).slice(0, 3)).toEqual(['quiet', '0', '1']);
});

test('nothing of the kind where there is sound', () => {
  const said = joined({ sound: true });
  expect(said).not.toContain('quiet');
  expect([said.length, said.at(-1)]).toEqual([21, 'sound']);
});

test('pictures that were put together out of pieces are whole when they are shown, also the rest of a group that has ended', () => {
  const { out, pictures } = openFan();
  let sequence = 0;
  const deliver = (number: number, keyframe: boolean) => {
    const unit = Buffer.alloc(5_000, number);
    unit[0] = keyframe ? 0x65 : 0x41;
    const pieces = wireOf(packetiseH264([unit], 1_400), { sequence, timestamp: number });
    sequence += pieces.length;
    const wire = Buffer.concat(pieces);
    const whole = { track: 'video', wire, packets: pieces.length, ticks: number, capturedAt: instant(number), keyframe } as const;
    const kept = out.keep({ ...whole, starts: true, ends: true, last: 0 });
    pictures.accept(kept);
    out.deliver(kept);
  };
  const join = () => {
    const shown: string[] = [];
    const picture = ({ ticks, units }: { readonly ticks: number; readonly units: readonly Uint8Array[] }) => {
      const [unit = Buffer.alloc(0)] = units;
      shown.push(`${ticks}: ${unit.length} bytes of ${[...new Set(unit.subarray(1))].join(', ')}`);
    };
    out.join(new PictureViewer({ ...quietOutlet, picture }, pictures, out.joinable), () => 'local');
    return shown;
  };
  using _use = pictures.use(out.cached);
  for (let number = 1; number < 30; number += 1) deliver(number, number % 10 === 1);
  // It joins late in a group, and is given the rest of it when the next keyframe comes.
  const shown = join();
  const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => `${first + index}: 5000 bytes of ${first + index}`);
  expect(shown).toEqual(from(21, 1));
  for (let number = 30; number < 60; number += 1) deliver(number, number % 10 === 1);
  expect(shown).toEqual(from(21, 39));
});
