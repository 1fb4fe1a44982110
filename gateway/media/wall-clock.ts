/**
 * When pictures and sound were taken: by the clock of the camera where its reports can be believed (onvif-rtsp §3.1), else by when they
 * arrived. Always the same for the same tick, but for slow corrections: players put their time lines right by it.
 */
import type { SenderClock } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';

/** The longest difference between a camera's clock and ours that is taken for network delay rather than for a wrong clock. */
const believable = 5_000;
/** A packet that comes early is right at once; that all come later than before is believed within about this many ms. */
const patience = 20_000;

/** What the tracks of one session have in common. */
export interface CameraClock {
  /** How far it is ahead of ours, ms, less the time that packets take; undefined: nobody knows. */
  ahead: number | undefined;
}

export class WallClock {
  readonly #clock: Clock;
  readonly #camera: CameraClock;
  readonly #millisPerTick: number;
  /** When tick 0 would have arrived, monotonic ms, and when that was put right last. */
  #arrival: number | undefined;
  #arrivedAt = 0;
  /** When tick 0 was, by the newest report that is believed; epoch ms. */
  #reported: number | undefined;

  constructor(clock: Clock, camera: CameraClock, clockRate: number) {
    this.#clock = clock;
    this.#camera = camera;
    this.#millisPerTick = 1_000 / clockRate;
  }

  /** The camera has said what time it was, by this track or another one. */
  get told(): boolean {
    return this.#reported !== undefined || this.#camera.ahead !== undefined;
  }

  arrived(ticks: number, now: number): void {
    const arrival = now - ticks * this.#millisPerTick;
    const late = arrival - (this.#arrival ?? arrival);
    this.#arrival = arrival - (late <= 0 ? 0 : late * (1 - Math.min(1, (now - this.#arrivedAt) / patience)));
    this.#arrivedAt = now;
  }

  /** What the camera's clock showed at that tick. To be told after the first arrival. */
  report(ticks: number, { wallClock, certain }: Pick<SenderClock, 'wallClock' | 'certain'>): void {
    const reported = wallClock - ticks * this.#millisPerTick;
    const ahead = reported - this.#byArrival;
    const believed = certain === true || Math.abs(ahead) <= believable;
    this.#reported = believed ? reported : undefined;
    // What is certain of one track says nothing of how long another one is under way.
    if (!certain) this.#camera.ahead = believed ? ahead : undefined;
  }

  /** Epoch ms. */
  at(ticks: number): number {
    return (this.#reported ?? this.#byArrival + (this.#camera.ahead ?? 0)) + ticks * this.#millisPerTick;
  }

  get #byArrival(): number {
    return (this.#arrival ?? 0) + this.#clock.now() - this.#clock.monotonic();
  }
}
