/** Onboarding: one visit to a camera that is not in the inventory yet, to see who it is before it is entered. */
import type { Camera } from '../domain/campus.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { CameraAdapter, CameraIntroduction, CameraSession, Clock, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { adapterOf, configOf, refusalOf } from './camera-life.ts';
import { shownCertificate } from './camera-loss.ts';
import type { CameraRefusals } from './camera-refusals.ts';
import { within } from './within.ts';

export interface IntroductionParts {
  readonly adapters: ReadonlyMap<string, CameraAdapter<unknown>>;
  readonly refusals: CameraRefusals;
  readonly clock: Clock;
  readonly log: Logger;
}

const visitWithin = seconds(15);

/**
 * Over TLS without a confirmed certificate it tells that certificate and asks nothing. A password that was refused here is not tried again for five
 * minutes, nor by the fleet. Throws as `CameraAdapter.connect`, and INVENTORY_INVALID for what cannot be a camera.
 */
export async function introduceCamera(camera: Camera, parts: IntroductionParts, signal: AbortSignal): Promise<CameraIntroduction> {
  const { adapters, refusals, clock, log } = parts;
  const adapter = adapterOf(camera, adapters);
  const config = configOf(camera, adapter);
  if (refusals.wait(camera, 'camera') > 0) throw refusalOf(camera);
  try {
    return await within(clock, { length: visitWithin }, signal, async (limit) => {
      await using session = await adapter.connect(camera, config, { clock, log }, limit);
      return { camera: await factsOf(session, limit) };
    });
  } catch (error) {
    if (isGatewayError(error, 'CAMERA_CREDENTIALS')) refusals.note(camera, 'camera');
    const certificate = camera.fingerprint256 === undefined && isGatewayError(error, 'CAMERA_CERTIFICATE') ? shownCertificate(error) : undefined;
    if (certificate) return { certificate };
    if (signal.aborted || !(error instanceof Error && error.name === 'TimeoutError')) throw error;
    throw new GatewayError('CAMERA_UNREACHABLE', `The camera at ${camera.address} did not tell who it is within ${visitWithin / 1_000} s.`, {
      cause: error,
    });
  }
}

async function factsOf(session: CameraSession, limit: AbortSignal): Promise<NonNullable<CameraIntroduction['camera']>> {
  const { model, firmware, serial, clockOffset, profiles } = session;
  const [main, sub] = [await session.streamAddress('main', limit), await session.streamAddress('sub', limit)];
  const snapshot = await session.snapshotAddress(limit).catch((error) => {
    if (isGatewayError(error)) return undefined; // a picture that the gateway does not need is no reason to refuse the camera
    throw error;
  });
  return {
    ...{ model, firmware, serial, profiles, streams: { main: main.url, sub: sub.url } },
    ...(clockOffset === undefined ? {} : { clockOffset }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}
