/** Remembers which credentials a camera refused, so that nobody tries them again too soon (issue: at most 2 requests, then 5 minutes). */
import { GatewayError } from '../domain/errors.ts';
import type { StreamAddress } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';

export class Refusals {
  readonly #clock: Clock;
  readonly #pause: Millis;
  readonly #refused = new Map<string, { readonly credentials: string; readonly until: number; readonly error: GatewayError }>();

  constructor(clock: Clock, pause: Millis) {
    this.#clock = clock;
    this.#pause = pause;
  }

  note(address: StreamAddress, error: GatewayError): void {
    this.#refused.set(address.camera, { credentials: credentialsOf(address), until: this.#clock.monotonic() + this.#pause, error });
  }

  /** Throws the camera's refusal while the pause lasts and the credentials are the same. */
  check(address: StreamAddress): void {
    const refusal = this.#refused.get(address.camera);
    if (!refusal) return;
    if (refusal.credentials !== credentialsOf(address) || this.#clock.monotonic() >= refusal.until) {
      this.#refused.delete(address.camera);
      return;
    }
    throw new GatewayError('CAMERA_CREDENTIALS', refusal.error.message, { cause: refusal.error, context: { camera: address.camera } });
  }
}

function credentialsOf(address: StreamAddress): string {
  return JSON.stringify([address.username, address.password]);
}
