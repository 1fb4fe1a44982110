/** Small simulated cameras for adapter tests, and one entered in an inventory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onvif } from '../../adapters/cameras/onvif/adapter.ts';
import type { OnvifConfig } from '../../adapters/cameras/onvif/settings.ts';
import type { Camera } from '../../gateway/domain/campus.ts';
import { cameraId } from '../../gateway/domain/ids.ts';
import type { CameraSession, Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type CameraSimulator, type CameraSimulatorOptions, runCameraSimulator } from '../../simulators/camera/simulator.ts';
import { freePorts } from './free-ports.ts';

export const context = { clock: systemClock, log: silentLogger };
/** Limits of 10 s pass in two. */
export const hasty: Clock = {
  ...systemClock,
  sleep: (length, during) => systemClock.sleep(millis(length / 5), during),
  deadline: (length, ...signals) => systemClock.deadline(millis(length / 5), ...signals),
};
export const username = 'gateway';
export const password = '校门 <1>&"';

/** Where pictures are kept, so that the second camera of a file need not encode; gone when disposed. */
export async function cameraShop() {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'camera-adapter-'));
  return {
    async open(more: Partial<CameraSimulatorOptions> = {}): Promise<CameraSimulator> {
      // It may be switched off and on.
      const [http, rtsp] = (await freePorts(2)).map((port) => ({ address: '127.0.0.1', port }));
      return runCameraSimulator({
        ...{ id: 'gate', name: 'Gate', username, password, http: http!, rtsp: rtsp!, cacheFolder, strictTokens: true, ...context },
        main: { width: 320, height: 180, framesPerSecond: 5 },
        sub: { width: 160, height: 90, framesPerSecond: 5 },
        loopSeconds: 2,
        ...more,
      });
    },
    [Symbol.asyncDispose]: () => rm(cacheFolder, { recursive: true }),
  };
}

export function entered(address: string, more: Partial<Camera> = {}): Camera {
  return {
    ...{ id: cameraId('gate'), name: 'Gate', adapter: 'onvif', address, settings: {}, enabled: true, maintenance: false },
    credentials: { username, password: new Secret(password) },
    ...more,
  };
}

export function signInTo(
  { onvifAddress }: Pick<CameraSimulator, 'onvifAddress'>,
  more: Partial<Camera> = {},
  { clock = systemClock as Clock, config = {} as Partial<OnvifConfig> } = {},
): Promise<CameraSession> {
  return onvif.connect(entered(onvifAddress, more), { otherHosts: 'refuse', ...config }, { ...context, clock }, new AbortController().signal);
}
