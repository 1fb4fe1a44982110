/** The simulated camera's RTSP door, playing recorded bytes: no encoder is needed, and every named fault can be had. */
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import { h264Nal, h264NalType } from '../../adapters/protocols/h26x/nal.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import type { CameraFault } from '../../simulators/camera/faults.ts';
import { lockout } from '../../simulators/camera/lockout.ts';
import type { Recording } from '../../simulators/camera/recording.ts';
import { openRtspDoor } from '../../simulators/camera/rtsp.ts';
import type { RtspCounters } from '../../simulators/camera/rtsp-answer.ts';
import { openSound } from '../../simulators/camera/sound.ts';
import { CameraStream } from '../../simulators/camera/stream.ts';
import { parameterSets, pictures } from './rtsp-camera.ts';

const recording: Recording = {
  settings: {
    codec: 'h264',
    camera: 'door',
    caption: 'DOOR',
    width: 320,
    height: 240,
    framesPerSecond: 25,
    kbps: 150,
    loopSeconds: 4,
    gopSeconds: 1,
  },
  parameterSets,
  pictures: pictures.map((nals) => ({
    keyframe: nals.some((nal) => h264NalType(nal) === h264Nal.idr),
    nals: nals.filter((nal) => h264NalType(nal) !== h264Nal.sei),
  })),
  stills: [],
};

export const doorAccount = { username: 'admin', password: 'canary-77' } as const;

export interface TestDoor extends AsyncDisposable {
  readonly url: string;
  readonly faults: Set<CameraFault>;
  readonly counters: Readonly<RtspCounters>;
}

/** H.264 of 25 pictures a second with a keyframe every second, and PCMA. */
export async function openTestDoor(faults: readonly CameraFault[], sessionTimeout: Millis = seconds(60)): Promise<TestDoor> {
  const standing = new Set(faults);
  const sound = await openSound('pcma', 'door', '', () => Promise.reject(new Error('G.711 needs no encoder.')));
  const stream = new CameraStream({ recording, sound, clock: systemClock, wallClock: () => systemClock.now(), faults: standing });
  const door = openRtspDoor({
    listen: { address: '127.0.0.1', port: 0 },
    streams: new Map([['main', stream]]),
    digest: new DigestDoor({ realm: 'a door', now: () => systemClock.now() }),
    passwordOf: (name) => (name === doorAccount.username ? doorAccount.password : undefined),
    lockout: lockout(systemClock, () => false),
    ...{ faults: standing, sessionTimeout, clock: systemClock },
  });
  await door.listener.open();
  const life = new AbortController();
  const lives = [door.run(life.signal), stream.run(life.signal)];
  return {
    url: `rtsp://127.0.0.1:${door.listener.port}/main`,
    faults: standing,
    counters: door.counters,
    [Symbol.asyncDispose]: async () => {
      life.abort();
      await door.listener.close();
      await Promise.all(lives);
    },
  };
}
