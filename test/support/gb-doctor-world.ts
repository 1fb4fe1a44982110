/** A link to a police platform with something wrong in it: what a case is made of, and where it happens. */

import type { Clock } from '../../gateway/domain/ports.ts';
import { instant, millis, minutes, seconds } from '../../gateway/domain/time.ts';
import type { Uplink } from '../../gateway/domain/uplink-ports.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { type Dice, diceFrom } from '../../simulators/platform/gb28181/dice.ts';
import type { GbPlatform, GbPlatformOptions } from '../../simulators/platform/gb28181/platform.ts';
import { gbDevice, until } from './gb-device.ts';
import { largeBox } from './gb-large-box.ts';
import { localPlatform } from './gb-platform.ts';
import { GbRegistrar, password, type Whim } from './gb-registrar.ts';

/** What the first sentence must have in it, each of them, and what must not be blamed. */
export interface Naming {
  readonly zh: readonly RegExp[];
  readonly en: readonly RegExp[];
  readonly never?: RegExp;
}

export interface DoctorCase {
  readonly name: string;
  readonly compares: 'ids' | 'domain' | 'realm' | 'charset' | 'transport' | 'address' | 'clock' | 'ports' | 'mtu' | 'asked' | 'answered';
  readonly cause: string;
  readonly named: (made: Made) => Naming;
  /** It asks addresses beyond this machine, and what they answer depends on the network there: not for every day. */
  readonly outside?: true;
  /** s of the clock between power-on and the technician's question. */
  readonly after?: number;
  make(world: World): Promise<Made>;
}

/** What came of a seed, for the words to be looked for. */
export interface Made {
  readonly uplink: Uplink;
  readonly said?: string;
}

/** Of the codes and the domain of the usual platform. */
export const regional = '3402000000';

export class World implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly dice: Dice;
  readonly box = largeBox(this.clock, 5);
  readonly #scope = new Scope();

  constructor(seed: number) {
    this.dice = diceFrom(seed);
  }

  own<Thing extends AsyncDisposable>(thing: Thing): Thing {
    return this.#scope.own(thing);
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.dice.between(0, 9)).join('');
  }

  one<Thing>(...things: readonly [Thing, ...Thing[]]): Thing {
    return things[this.dice.between(0, things.length - 1)] ?? things[0];
  }

  async platform(options: Partial<GbPlatformOptions> = {}): Promise<GbPlatform> {
    return this.own(await localPlatform({ clock: this.clock, seed: this.dice.between(1, 1_000), ...options }));
  }

  async registrar(whim: Whim, transport: 'UDP' | 'TCP' = 'UDP'): Promise<GbRegistrar> {
    const registrar = this.own(new GbRegistrar(this.clock));
    await registrar.open(transport);
    registrar.whim = whim;
    return registrar;
  }

  gateway(at: { readonly port: number }, changes: Readonly<Record<string, unknown>> = {}, secret = password): Uplink {
    return this.own(gbDevice(at, this.clock, { codes: this.box.codes, ...changes }, secret, this.box.door)).uplink;
  }

  until(claim: () => boolean, within: number = minutes(2)): Promise<void> {
    return until(this.clock, claim, within);
  }

  /** Half a second at a time, as SIP repeats itself no sooner, and the network has its turn in between. */
  async pass(length: number): Promise<void> {
    const end = this.clock.now() + length;
    const step = length > minutes(3) ? seconds(2) : millis(500);
    while (this.clock.now() < end) {
      await systemClock.sleep(millis(1));
      await this.clock.advance(step);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

/** Shows another time than the clock that it runs by. */
export const shifted = (clock: Clock, by: number): Clock => ({
  now: () => instant(clock.now() + by),
  monotonic: () => clock.monotonic(),
  sleep: (length, signal) => clock.sleep(length, signal),
  deadline: (length, ...signals) => clock.deadline(length, ...signals),
});
