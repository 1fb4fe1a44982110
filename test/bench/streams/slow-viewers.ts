/** Half of the viewers of one camera stop reading: the others must not notice, and those must be skipped, then closed. */
import { seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf } from '../../support/measure-figures.ts';
import { gapsOf, type Seen, starvedOf, type ViewerSeen } from '../../support/measure-viewers.ts';
import { type FarmOptions, openCameraFarm, openRtspViewers } from '../../support/stream-programs.ts';
import { openGatewayUnderLoad } from './gateway-under-load.ts';
import { sumOf, viewersPlayWithin } from './window.ts';

const each = 10;
/** Stand still for good; stand still for a while; read. */
const healthy = 2 * each;
/** 10 Mbps, and small windows: what the kernel holds for a viewer must not hide from the gateway that it stands still. */
const fillerBytes = 40_000;
const windowBytes = 32 * 1_024;
const pause = seconds(6);
const whole = seconds(20);

export async function benchSlowViewers(camera: Pick<FarmOptions, 'clip' | 'drop'>, seed: number): Promise<readonly Figure[]> {
  await using farm = await openCameraFarm({ cameras: 1, ...camera, fillerBytes });
  await using loaded = await openGatewayUnderLoad(farm);
  const { gateway, key } = loaded;
  await using viewers = openRtspViewers(key);
  viewers.join({ port: gateway.rtspPort, cameras: Array.from({ length: 2 * each }, () => 1), window: windowBytes });
  viewers.join({ port: gateway.rtspPort, cameras: Array.from({ length: healthy }, () => 1) });
  await viewers.playing(viewersPlayWithin);
  await systemClock.sleep(seconds(1));
  viewers.mark();
  viewers.stall(0, 2 * each - 1);
  const resident: number[] = [gateway.residentMegabytes()];
  const began = systemClock.monotonic();
  let resumed = false;
  while (systemClock.monotonic() - began < whole) {
    if (!resumed && systemClock.monotonic() - began > pause) {
      viewers.resume(each, 2 * each - 1);
      resumed = true;
    }
    await systemClock.sleep(seconds(0.5));
    resident.push(gateway.residentMegabytes());
  }
  const skipped = sumOf([...(await gateway.metric('stream_skipped_frames_total')).values()]);
  // What the kernel still holds for those that were closed must be read before they can see it.
  viewers.resume(0, each - 1);
  await systemClock.sleep(seconds(2));
  const seen = await viewers.tell();
  const read = only(seen, 2 * each, 2 * each + healthy);
  const lost = only(seen, 0, each);
  const back = only(seen, each, 2 * each);
  const count = (among: Seen, is: (viewer: ViewerSeen) => boolean) => among.viewers.filter(is).length;
  return figuresOf(
    { test: 'streams, slow viewers', dose: `${2 * each} of ${4 * each} viewers stop reading, half of them for ${pause / 1_000} s`, seed },
    [
      { metric: 'gaps at those that read', value: gapsOf(read), unit: 'count', limit: 0 },
      { metric: 'of those that read, got too few pictures', value: starvedOf(read, whole / 1_000), unit: 'count', limit: 0 },
      { metric: 'of those that stopped for good, still connected', value: count(lost, ({ closed }) => !closed), unit: 'count', limit: 0 },
      { metric: 'of those that came back, closed', value: count(back, ({ closed }) => closed), unit: 'count', limit: 0 },
      { metric: 'of those that came back, never skipped', value: count(back, ({ pictureGaps }) => pictureGaps === 0), unit: 'count', limit: 0 },
      { metric: 'pictures skipped', value: skipped, unit: 'count' },
      { metric: 'resident memory, growth at most', value: mostOf(resident) - (resident[0] ?? Number.NaN), unit: 'MB', limit: 64 },
    ],
  );
}

function only({ viewers, ...seen }: Seen, from: number, to: number): Seen {
  return { ...seen, viewers: viewers.slice(from, to) };
}
