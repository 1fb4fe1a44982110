/** Where the simulated camera looks: pan and tilt from -1 to 1, zoom from 0 to 1, moving as time passes. */
export interface Direction {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

export interface Preset {
  readonly token: string;
  readonly name: string;
  readonly position: Direction;
}

/** Full speed, in units per second: from end to end in four seconds. */
const fullSpeed = 0.5;
const axes = ['pan', 'tilt', 'zoom'] as const;
const still: Direction = { pan: 0, tilt: 0, zoom: 0 };
export const mostPresets = 32;

interface Movement {
  readonly from: Direction;
  readonly startedAt: number;
  /** Units per second, per axis. */
  readonly velocity: Direction;
  /** ms after the start, per axis. */
  readonly lasts: Direction;
}

export class Ptz {
  readonly #now: () => number;
  readonly #presets = new Map<string, Preset>();
  #movement: Movement;
  #made = 0;
  #home: Direction = still;

  /** `now` in ms, never jumping. */
  constructor(now: () => number) {
    this.#now = now;
    this.#movement = { from: still, startedAt: now(), velocity: still, lasts: still };
    this.savePreset('Home');
    this.savePreset('Gate');
  }

  get position(): Direction {
    const { from, startedAt, velocity, lasts } = this.#movement;
    const passed = this.#now() - startedAt;
    return perAxis((axis) => within(axis, from[axis] + (velocity[axis] * Math.min(passed, lasts[axis])) / 1_000));
  }

  moving(...which: readonly (typeof axes)[number][]): boolean {
    const { velocity, lasts, startedAt } = this.#movement;
    const passed = this.#now() - startedAt;
    const position = this.position;
    const atEnd = (axis: (typeof axes)[number]) => position[axis] === (velocity[axis] > 0 ? 1 : axis === 'zoom' ? 0 : -1);
    return which.some((axis) => velocity[axis] !== 0 && passed < lasts[axis] && !atEnd(axis));
  }

  get presets(): readonly Preset[] {
    return [...this.#presets.values()];
  }

  /** Speeds from -1 to 1; an axis that is not named goes on as it was. Ends by itself after `timeout` ms. */
  drive(speed: Partial<Direction>, timeout: number): void {
    const { velocity, lasts, startedAt } = this.#movement;
    const passed = this.#now() - startedAt;
    this.#begin(
      perAxis((axis) => (speed[axis] === undefined ? velocity[axis] : clamp(speed[axis] ?? 0, -1, 1) * fullSpeed)),
      perAxis((axis) => (speed[axis] === undefined ? Math.max(0, lasts[axis] - passed) : timeout)),
    );
  }

  /** To a position; an axis that is not named stays where it is. */
  goTo(target: Partial<Direction>): void {
    const from = this.position;
    const distance = perAxis((axis) => (target[axis] === undefined ? 0 : within(axis, target[axis] ?? 0) - from[axis]));
    this.#begin(
      perAxis((axis) => Math.sign(distance[axis]) * fullSpeed),
      perAxis((axis) => (Math.abs(distance[axis]) / fullSpeed) * 1_000),
    );
  }

  goBy(translation: Partial<Direction>): void {
    const from = this.position;
    this.goTo(perAxis((axis) => from[axis] + (translation[axis] ?? 0)));
  }

  stop(panTilt: boolean, zoom: boolean): void {
    this.drive({ ...(panTilt ? { pan: 0, tilt: 0 } : {}), ...(zoom ? { zoom: 0 } : {}) }, 0);
  }

  /** Undefined: there is no such token, or no room for another. */
  savePreset(name: string, token?: string): Preset | undefined {
    if (token !== undefined ? !this.#presets.has(token) : this.#presets.size >= mostPresets) return undefined;
    if (token === undefined) this.#made += 1;
    const preset = { token: token ?? `preset_${this.#made}`, name, position: this.position };
    this.#presets.set(preset.token, preset);
    return preset;
  }

  removePreset(token: string): boolean {
    return this.#presets.delete(token);
  }

  goToPreset(token: string): boolean {
    const preset = this.#presets.get(token);
    if (preset) this.goTo(preset.position);
    return preset !== undefined;
  }

  goHome(): void {
    this.goTo(this.#home);
  }

  saveHome(): void {
    this.#home = this.position;
  }

  #begin(velocity: Direction, lasts: Direction): void {
    this.#movement = { from: this.position, startedAt: this.#now(), velocity, lasts };
  }
}

const perAxis = (value: (axis: (typeof axes)[number]) => number): Direction => ({ pan: value('pan'), tilt: value('tilt'), zoom: value('zoom') });
const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
const within = (axis: (typeof axes)[number], value: number) => clamp(value, axis === 'zoom' ? 0 : -1, 1);
