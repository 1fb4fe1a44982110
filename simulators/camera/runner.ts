/** Plays the cameras of a simulated campus: every one with its own picture, its account, and a place to be found on loopback. */
import { join } from 'node:path';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { CameraRunner } from '../campus.ts';
import { cameraFaults } from './faults.ts';
import { runCameraSimulator } from './simulator.ts';

const anyPort = (port: number) => ({ address: '127.0.0.1', port });

/** `cacheFolder`: encoded pictures are kept there, as encoding them costs seconds. */
export function cameraRunner(cacheFolder: string = join(process.cwd(), '.cache/simulated-cameras')): CameraRunner {
  return async (camera, account, { clock, log, discovery }) => {
    const simulator = await runCameraSimulator({
      ...{ id: camera.id, name: camera.name.en, cacheFolder, clock, log, main: camera.main, sub: camera.sub },
      ...account,
      ...(discovery ? { discovery } : {}),
      http: anyPort(camera.port),
      rtsp: anyPort(0),
      loopSeconds: 10,
      gopSeconds: 1,
    });
    return {
      address: simulator.onvifAddress,
      get signedRequests() {
        return simulator.counters.credentialed;
      },
      get refusedRequests() {
        const { http, rtsp } = simulator.counters;
        return http.refused + rtsp.refused;
      },
      get plays() {
        return simulator.counters.rtsp.plays;
      },
      event: (name, active) => simulator.event(name, active),
      async fault(name, on) {
        const known = cameraFaults.find((fault) => fault === name);
        if (!known)
          throw new GatewayError('REQUEST_INVALID', `A simulated camera has no fault ${JSON.stringify(name)}; it has ${cameraFaults.join(', ')}.`);
        await simulator.fault(known, on);
      },
      [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose](),
    };
  };
}
