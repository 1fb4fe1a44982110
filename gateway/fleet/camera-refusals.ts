/**
 * Remembers which credentials a camera refused: nobody tries them again for five minutes or until they change, as cameras lock accounts
 * (onvif-rtsp §1.4; "locked, try after 5 minutes").
 */
import { createHash } from 'node:crypto';
import type { Camera } from '../domain/campus.ts';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis, minutes } from '../domain/time.ts';

export interface CameraRefusals {
  /** `door`: what refused them: the camera as a whole, or its streams alone. */
  note(camera: Camera, door: 'camera' | 'stream'): void;
  /** How long these credentials must still wait; 0: they may be tried. */
  wait(camera: Camera, door: 'camera' | 'stream'): Millis;
}

export const refusalPause = minutes(5);

export function openCameraRefusals(clock: Clock): CameraRefusals {
  const refused = new Map<string, { readonly credentials: string; readonly until: number }>();
  return {
    note(camera, door) {
      refused.set(`${door} ${camera.id}`, { credentials: credentialsKey(camera), until: clock.monotonic() + refusalPause });
    },
    wait(camera, door) {
      const name = `${door} ${camera.id}`;
      const refusal = refused.get(name);
      if (!refusal) return millis(0);
      const left = refusal.until - clock.monotonic();
      if (left > 0 && refusal.credentials === credentialsKey(camera)) return millis(left);
      refused.delete(name);
      return millis(0);
    },
  };
}

/** Tells two sets of credentials at one address apart without keeping the password. */
function credentialsKey({ address, credentials }: Camera): string {
  return digestOf([address, credentials?.username, passwordOf(credentials)]);
}

/** Everything that a session depends on: a camera whose key changed is connected anew. */
export function connectionKey(camera: Camera): string {
  return digestOf([camera.adapter, camera.settings, camera.fingerprint256, credentialsKey(camera)]);
}

const digestOf = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64');

function passwordOf(credentials: Camera['credentials']): string | undefined {
  return credentials === undefined || !credentials.password.readable ? undefined : credentials.password.reveal();
}
