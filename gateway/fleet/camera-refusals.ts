/**
 * Remembers which credentials a camera refused: nobody tries them again for five minutes or until they change, as cameras lock accounts
 * (onvif-rtsp §1.4; "locked, try after 5 minutes").
 */
import { createHash } from 'node:crypto';
import type { Camera } from '../domain/campus.ts';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis, minutes } from '../domain/time.ts';

/** What makes a sign-in the same one, whatever the camera is called here. */
export type SignIn = Pick<Camera, 'address' | 'credentials'>;

export interface CameraRefusals {
  /** `door`: what refused them: the camera as a whole, or its streams alone. */
  note(signIn: SignIn, door: 'camera' | 'stream'): void;
  /** How long these credentials must still wait; 0: they may be tried. */
  wait(signIn: SignIn, door: 'camera' | 'stream'): Millis;
}

export const refusalPause = minutes(5);

export function openCameraRefusals(clock: Clock): CameraRefusals {
  const until = new Map<string, number>();
  const nameOf = (signIn: SignIn, door: string) => `${door} ${credentialsKey(signIn)}`;
  return {
    note(signIn, door) {
      for (const [name, end] of until) if (end <= clock.monotonic()) until.delete(name);
      until.set(nameOf(signIn, door), clock.monotonic() + refusalPause);
    },
    wait: (signIn, door) => millis(Math.max(0, (until.get(nameOf(signIn, door)) ?? 0) - clock.monotonic())),
  };
}

/** Tells two sets of credentials at one address apart without keeping the password. */
function credentialsKey({ address, credentials }: SignIn): string {
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
