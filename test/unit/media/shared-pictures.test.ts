/** A group that a viewer of whole pictures begins with comes in two parts: what is to be known of all of it must be known with the first. */
import { expect, test } from 'vitest';
import { videoTools } from '../../../adapters/protocols/codecs.ts';
import { instant } from '../../../gateway/domain/time.ts';
import type { AccessUnit } from '../../../gateway/media/access-unit.ts';
import { FanOut } from '../../../gateway/media/fan-out.ts';
import { OwedBytes } from '../../../gateway/media/owed-bytes.ts';
import { usualMediaSettings } from '../../../gateway/media/settings.ts';
import { PictureViewer, SharedPictures } from '../../../gateway/media/shared-pictures.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';
import { wireOf } from '../../support/rtp-captures.ts';

function joined({ sound }: { readonly sound: boolean }): string[] {
  const clock = new ManualClock();
  const out = new FanOut(clock, usualMediaSettings, new OwedBytes(1e6), UplinkBudget.open(0, clock));
  const pictures = new SharedPictures();
  pictures.describe(videoTools('h264'));
  const span = (number: number, track: 'video' | 'audio' = 'video'): AccessUnit => {
    const keyframe = track === 'video' && number === 0;
    const [wire] = wireOf([Buffer.of(keyframe ? 0x65 : 0x41, 0x80, number)], { sequence: number, timestamp: number });
    return { track, wire: wire!, packets: 1, ticks: number, capturedAt: instant(number), keyframe, starts: true, ends: true, last: 0 };
  };
  for (let number = 0; number < 20; number += 1) out.deliver(out.keep(span(number)));
  if (sound) out.deliver(out.keep(span(20, 'audio')));
  const said: string[] = [];
  const outlet = {
    described: () => undefined,
    picture: ({ ticks }: { readonly ticks: number }) => void said.push(`${ticks}`),
    sound: () => void said.push('sound'),
    clock: () => undefined,
    quiet: () => void said.push('quiet'),
    flush: () => undefined,
    backlog: 0,
    close: () => undefined,
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
