/**
 * One stream to many viewers: one write per viewer and access unit. A viewer that cannot follow skips to the next keyframe;
 * one that takes nothing at all is closed. The camera never waits for a viewer.
 */
import type { SenderClock, StreamDescription, TrackKind } from '../domain/media.ts';
import type { WireOutlet, WireSpan } from '../domain/media-ports.ts';
import type { Clock } from '../domain/ports.ts';
import type { AccessUnit } from './access-unit.ts';
import { GopCache } from './gop-cache.ts';
import type { MediaSettings } from './settings.ts';

interface Viewer {
  readonly outlet: WireOutlet;
  live: boolean;
  /** What it owed after the last write; less at the next one is progress. */
  owed: number;
  movedAt: number;
  /** Extra bytes that it may owe until it has taken the burst it started with. */
  burst: number;
}

export class FanOut {
  readonly #clock: Clock;
  readonly #settings: MediaSettings;
  readonly #viewers = new Set<Viewer>();
  readonly #cache: GopCache;
  /** Pictures that viewers did not get. */
  skipped = 0;

  constructor(clock: Clock, settings: MediaSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#cache = new GopCache(settings.cacheBytes);
  }

  get cached(): readonly AccessUnit[] {
    return this.#cache.units;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Sends the cached group at once; what comes next goes to it from the same `deliver` that fills the cache: nothing twice, nothing missed. */
  join(outlet: WireOutlet): Disposable {
    const viewer: Viewer = { outlet, live: false, owed: 0, movedAt: this.#clock.monotonic(), burst: this.#cache.bytes };
    this.#viewers.add(viewer);
    if (this.#cache.units.length > 0) {
      viewer.live = true;
      this.#write(viewer, this.#cache.units);
    }
    return { [Symbol.dispose]: () => void this.#viewers.delete(viewer) };
  }

  deliver(unit: AccessUnit): void {
    this.#cache.push(unit);
    const now = this.#clock.monotonic();
    const spans = [unit];
    for (const viewer of this.#viewers) if (this.#ready(viewer, unit, now)) this.#write(viewer, spans);
  }

  described(description: StreamDescription, fresh: boolean): void {
    for (const viewer of [...this.#viewers]) viewer.outlet.described(description, fresh);
  }

  report(track: TrackKind, clock: SenderClock, packets: number, octets: number): void {
    for (const viewer of this.#viewers) if (viewer.live) viewer.outlet.report(track, clock, packets, octets);
  }

  /** The session with the camera is over: its group must not be shown to anyone any more. */
  forget(): void {
    this.#cache.clear();
    for (const viewer of this.#viewers) viewer.live = false;
  }

  closeAll(reason: string): void {
    for (const viewer of [...this.#viewers]) {
      this.#viewers.delete(viewer);
      viewer.outlet.close(reason);
    }
  }

  #ready(viewer: Viewer, unit: AccessUnit, now: number): boolean {
    const { viewerBytes, viewerStalled, viewerLost } = this.#settings;
    const backlog = viewer.outlet.backlog;
    if (backlog === 0) viewer.burst = 0;
    if (backlog === 0 || backlog < viewer.owed) viewer.movedAt = now;
    viewer.owed = backlog;
    const still = now - viewer.movedAt;
    if (still > viewerLost) {
      this.#viewers.delete(viewer);
      viewer.outlet.close('takes nothing');
      return false;
    }
    if (unit.track === 'audio') return viewer.live;
    // Never in the middle of a picture: what has begun goes out whole.
    if (viewer.live && unit.starts && (backlog > viewerBytes + viewer.burst || still > viewerStalled)) viewer.live = false;
    if (!viewer.live && unit.keyframe && backlog <= viewerBytes / 4) viewer.live = true;
    if (!viewer.live && unit.starts) this.skipped += 1;
    return viewer.live;
  }

  #write(viewer: Viewer, spans: readonly WireSpan[]): void {
    viewer.outlet.write(spans);
    viewer.owed = viewer.outlet.backlog;
  }
}
