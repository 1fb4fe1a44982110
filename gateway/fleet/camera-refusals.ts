/**
 * Remembers which credentials a camera refused: nobody tries them again for five minutes or until they change, as cameras lock accounts
 * (onvif-rtsp §1.4; "locked, try after 5 minutes").
 */
import { createHash } from 'node:crypto';
import type { Camera } from '../domain/campus.ts';
import { isGatewayError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis, minutes, seconds } from '../domain/time.ts';
import { within } from './within.ts';

/** What makes a sign-in the same one, whatever the camera is called here. */
export type SignIn = Pick<Camera, 'address' | 'credentials'>;

export interface CameraRefusals {
  /** `door`: what refused them: the camera as a whole, or its streams alone. */
  note(signIn: SignIn, door: 'camera' | 'stream'): void;
  /** How long these credentials must still wait; 0: they may be tried. */
  wait(signIn: SignIn, door: 'camera' | 'stream'): Millis;
  /**
   * The cameras of one recorder share its address and account. While nobody knows whether that is taken, one of them tries and the others wait; a
   * refusal, or silence, is then theirs as well. Throws what `attempt` throws.
   */
  trial<Result>(signIn: SignIn, signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result>;
}

const refusalPause = minutes(5);
/** Longer than an attempt may take. */
const longestTrial = seconds(15);

export function openCameraRefusals(clock: Clock): CameraRefusals {
  const until = new Map<string, number>();
  /** Accounts that were taken when last tried. */
  const taken = new Set<string>();
  /** Running trials: resolved with what went wrong, or with nothing. */
  const trials = new Map<string, Promise<unknown>>();
  const nameOf = (signIn: SignIn, door: string) => `${door} ${credentialsKey(signIn)}`;
  return {
    note(signIn, door) {
      for (const [name, end] of until) if (end <= clock.monotonic()) until.delete(name);
      until.set(nameOf(signIn, door), clock.monotonic() + refusalPause);
      if (door === 'camera') taken.delete(credentialsKey(signIn));
    },
    wait: (signIn, door) => millis(Math.max(0, (until.get(nameOf(signIn, door)) ?? 0) - clock.monotonic())),
    async trial(signIn, signal, attempt) {
      const account = credentialsKey(signIn);
      for (let other = trials.get(account); other && !taken.has(account); other = trials.get(account)) {
        const running = other;
        const failure = await within(clock, { length: longestTrial }, signal, () => running);
        if (sharedByAll(failure)) throw failure;
      }
      if (taken.has(account)) return attempt();
      const own = attempt();
      trials.set(
        account,
        own.then(
          () => undefined,
          (failure: unknown) => failure,
        ),
      );
      try {
        const result = await own;
        taken.add(account);
        return result;
      } finally {
        trials.delete(account);
      }
    },
  };
}

/** True for what the device or the account is to blame for, and not the settings of the one camera that tried. */
function sharedByAll(failure: unknown): boolean {
  return isGatewayError(failure, 'CAMERA_CREDENTIALS', 'CAMERA_UNREACHABLE') || (failure instanceof Error && failure.name === 'TimeoutError');
}

/** Tells two sets of credentials at one address apart without keeping the password. */
function credentialsKey({ address, credentials }: SignIn): string {
  return digestOf([address, credentials?.username, passwordOf(credentials)]);
}

/** Everything that a session depends on: a camera whose key changed is connected anew. */
export function connectionKey(camera: Camera): string {
  return digestOf([camera.adapter, camera.settings, listensTo(camera), camera.fingerprint256, credentialsKey(camera)]);
}

/** Which of its events are alarms is looked up with each of them; whether any is decides what the session listens to. */
const listensTo = ({ events = [] }: Camera) => events.length > 0;

const digestOf = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64');

function passwordOf(credentials: Camera['credentials']): string | undefined {
  return credentials === undefined || !credentials.password.readable ? undefined : credentials.password.reveal();
}
