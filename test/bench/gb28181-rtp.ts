/** What a police platform is sent, for minutes on end: every packet of it is held against the standard by the platform simulator. */
import { channelId, uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, minutes as minutesOf, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import type { Play } from '../../simulators/platform/gb28181/live/play.ts';
import { openGbPlatform } from '../../simulators/platform/gb28181/platform.ts';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import type { Bench } from './alarms.ts';
import { picture } from './outputs/played-cameras.ts';
import { openPlayedSchool } from './outputs/played-school.ts';

const device = '34020000001180000001';
const password = 'only-for-this-bench';
const codes = { 'h264-aac': '34020000001310000001', 'h265-pcmu': '34020000001310000002' } as const;
type CameraName = keyof typeof codes;
const wanted = [
  { camera: 'h264-aac', transport: 'udp', named: 'H.264 and AAC by UDP' },
  { camera: 'h264-aac', transport: 'tcp-passive', named: 'H.264 and AAC by TCP' },
  { camera: 'h265-pcmu', transport: 'udp', named: 'H.265 and G.711 by UDP' },
  { camera: 'h265-pcmu', transport: 'tcp-passive', named: 'H.265 and G.711 by TCP' },
] as const;
/** Of the pictures that a camera makes, those that may be missing: its pace is not that of our clock. */
const missing = 0.02;
const within = seconds(60);
const never = new AbortController().signal;

export async function benchGbRtp({ quick, seed, minutes = quick ? 0.25 : 10 }: Bench): Promise<readonly Figure[]> {
  const listen = { address: '127.0.0.1', port: 0 };
  const welcome = { queries: false, subscriptions: [] };
  await using platform = await openGbPlatform({ clock: systemClock, log: silentLogger, listen, passwords: password, welcome, seed });
  await using _school = await openPlayedSchool((store) =>
    store.putUplink({
      ...{ id: uplinkId('city'), name: 'City', adapter: 'gb28181', secret: new Secret(password), enabled: true },
      settings: {
        platform: { code: platform.id, ...platform.address },
        local: { address: '127.0.0.1', port: 0 },
        codes: { device, channels: Object.fromEntries(Object.entries(codes).map(([name, code]) => [channelId(name), code])) },
      },
    }),
  );
  await until('the gateway has registered', () => platform.devices().some(({ online }) => online));
  const plays: { readonly named: string; readonly play: Play }[] = [];
  for (const { camera, transport, named } of wanted) plays.push({ named, play: await platform.play(device, order(camera, transport), never) });
  await until('every call shows a keyframe', () => plays.every(({ play }) => play.firstKeyframeAfter !== undefined));
  const before = plays.map(({ play }) => play.counters());
  const begun = systemClock.monotonic();
  await systemClock.sleep(minutesOf(minutes));
  const passed = (systemClock.monotonic() - begun) / 1_000;
  const after = plays.map(({ play }) => play.counters());
  const ended = plays.map(({ play }) => play.ended.aborted);
  for (const { play } of plays)
    for (const { rule, packet, what } of play.violations())
      console.error(`${play.order.channel} ${play.order.transport}: ${rule} at packet ${packet}: ${what}`);
  await Promise.all(plays.map(({ play }) => play.bye(never)));
  const complaints = platform.complaints();
  for (const { rule, sentence } of complaints) console.error(`${rule}: ${sentence}`);
  const dose = `${Math.round(passed)} s of ${picture.width}x${picture.height}`;
  return [
    ...plays.flatMap(({ named }, index) => {
      const [then, now] = [before[index]!, after[index]!];
      const frames = now.frames - then.frames;
      return figuresOf({ test: `gb28181-rtp, ${named}`, dose, seed }, [
        { metric: 'errors that the checker found', value: now.violations, unit: 'count', limit: 0 },
        { metric: 'packets lost', value: now.lost, unit: 'count', limit: 0 },
        { metric: 'calls that ended by themselves', value: ended[index] ? 1 : 0, unit: 'count', limit: 0 },
        { metric: 'pictures missing', value: Math.max(0, 1 - frames / (passed * picture.framesPerSecond)) * 100, unit: '%', limit: missing * 100 },
        { metric: 'packets', value: now.packets - then.packets, unit: 'count' },
        { metric: 'pictures', value: frames, unit: 'count' },
        { metric: 'keyframes', value: now.keyframes - then.keyframes, unit: 'count' },
        { metric: 'pieces of sound', value: now.sounds - then.sounds, unit: 'count' },
      ]);
    }),
    ...figuresOf({ test: 'gb28181-rtp', dose, seed }, [
      { metric: 'complaints of the platform', value: complaints.length, unit: 'count', limit: 0 },
      { metric: 'calls without sound', value: after.filter(({ sounds }) => sounds === 0).length, unit: 'count', limit: 0 },
    ]),
  ];
}

const order = (camera: CameraName, transport: 'udp' | 'tcp-passive') => ({ channel: codes[camera], transport });

async function until(what: string, claim: () => boolean): Promise<void> {
  const limit = systemClock.monotonic() + within;
  while (!claim()) {
    if (systemClock.monotonic() > limit) throw new Error(`Not within ${within / 1_000} s: ${what}.`);
    await systemClock.sleep(millis(50));
  }
}
