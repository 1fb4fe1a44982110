/** Plays of a platform that is gone: for a minute each time, so that it may restart. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { until as soon } from '../../contract/media-plane.ts';
import { deliveryOf, pass, until } from '../../support/gb-device.ts';
import { liveSchool, type View, view } from '../../support/gb-live.ts';
import { never } from '../../support/sip-endpoint.ts';
import { alarm } from '../../support/spine.ts';

const patience = 120_000;
const shows = (one: View, frames: number) => soon(() => one.receiver.frames.length > frames, patience);

test('a platform that is gone twice within a minute keeps its calls; one that stays away for a minute does not', {
  timeout: patience,
}, async () => {
  const clock = new ManualClock();
  await using school = await liveSchool({ clock });
  const { uplink } = school.box;
  const one = await view(school);
  await shows(one, 5);
  const pause = async (length: number) => {
    for (const end = clock.now() + length; clock.now() < end; ) await pass(clock, 500);
  };
  const state = (wanted: string) => until(clock, () => uplink.link()?.state === wanted);
  const lose = async () => {
    school.registrar.registered = false;
    school.registrar.whim = ({ request }) => (request.method === 'REGISTER' ? 503 : undefined);
    await expect(uplink.deliver(deliveryOf(alarm()), never)).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
    await state('down');
  };
  await lose();
  school.registrar.whim = () => undefined;
  await state('up');
  await pause(50_000);
  await lose();
  await pause(30_000);
  await shows(one, one.receiver.frames.length + 10);
  await pause(35_000);
  await soon(async () => (await school.receivers()) === 0, patience);
  await one[Symbol.asyncDispose]();
});
