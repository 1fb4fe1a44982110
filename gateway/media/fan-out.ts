/**
 * One stream to many viewers: one write per viewer and access unit. A viewer that cannot follow skips to the next keyframe;
 * one that does not come back is closed. The camera never waits for a viewer.
 */
import type { SenderClock, StreamDescription, StreamPurpose, TrackKind } from '../domain/media.ts';
import type { WireOutlet, WireSpan } from '../domain/media-ports.ts';
import type { Clock } from '../domain/ports.ts';
import { millis, seconds } from '../domain/time.ts';
import type { PictureGroup } from '../runtime/picture-group.ts';
import type { UplinkBudget } from '../runtime/uplink-budget.ts';
import type { AccessUnit } from './access-unit.ts';
import { gopCache, withWire } from './gop-cache.ts';
import type { OwedBytes } from './owed-bytes.ts';
import type { MediaSettings } from './settings.ts';

const freshFor = seconds(2);
/** Of many who join together, each sees its first picture before any of them is given the rest: for so long. */
const firstPicturesFor = millis(80);

/** One viewer, with what it owes. */
export interface Viewer {
  readonly outlet: WireOutlet;
  live: boolean;
  /** Since when it skips because it was slow; undefined: it is live, or waits for its first keyframe. */
  behindSince: number | undefined;
  /** What it owed after the last look; less at the next one is progress. */
  owed: number;
  movedAt: number;
  /** Extra bytes that it may owe until it has taken the burst it started with. */
  burst: number;
  /** What it was not yet given of the group that it started with, and of what came since. */
  rest: AccessUnit[];
  readonly joinedAt: number;
  /** Asked anew each time: an alarm changes what a viewer is for. */
  purpose(): StreamPurpose;
  close(reason: string): void;
}

export class FanOut {
  readonly #clock: Clock;
  readonly #settings: MediaSettings;
  readonly #viewers = new Set<Viewer>();
  readonly #cache: PictureGroup<AccessUnit>;
  readonly #budget: OwedBytes;
  readonly #uplink: UplinkBudget;
  #grewAt = Number.NEGATIVE_INFINITY;
  /** Pictures that viewers did not get. */
  skipped = 0;

  constructor(clock: Clock, settings: MediaSettings, budget: OwedBytes, uplink: UplinkBudget) {
    this.#clock = clock;
    this.#settings = settings;
    this.#budget = budget;
    this.#uplink = uplink;
    this.#cache = gopCache(settings.cacheBytes, () => this.#owing());
  }

  /** The group since the last keyframe, however old. */
  get cached(): readonly AccessUnit[] {
    return this.#cache.items;
  }

  /** The same for whoever joins now: nothing where it has stopped growing, as of a camera that went away. It would be taken for live. */
  get joinable(): readonly AccessUnit[] {
    return this.#clock.monotonic() - this.#grewAt < freshFor ? this.#cache.items : [];
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /**
   * Sends the first picture of the cached group at once, and the rest of it a moment later, together with what has come since: of many who join
   * together, each sees something soon. Nothing twice, nothing missed.
   */
  join(outlet: WireOutlet, purpose: () => StreamPurpose): Disposable {
    const viewer: Viewer = {
      outlet,
      live: false,
      behindSince: undefined,
      owed: 0,
      movedAt: this.#clock.monotonic(),
      burst: this.#cache.bytes,
      rest: [],
      joinedAt: this.#clock.monotonic(),
      purpose,
      close: (reason) => {
        if (this.#leave(viewer)) outlet.close(reason);
      },
    };
    this.#viewers.add(viewer);
    this.#budget.add(viewer);
    const group = this.joinable;
    if (group.length > 0 && this.#uplink.take(this.#cache.bytes, purpose())) {
      viewer.live = true;
      const first = firstPicture(group);
      viewer.rest = group.slice(first);
      this.#write(viewer, group.slice(0, first));
    }
    return { [Symbol.dispose]: () => void this.#leave(viewer) };
  }

  /** Into the group that viewers begin with: its bytes last for as long as a viewer owes them; where they are `recorded`, for good. To be delivered next. */
  keep(unit: AccessUnit, recorded = false): AccessUnit {
    const kept = this.#cache.push(unit);
    if (recorded) this.#cache.lend();
    return kept ?? withWire(unit, Buffer.from(unit.wire));
  }

  /** `now`: monotonic ms. */
  deliver(unit: AccessUnit, now: number = this.#clock.monotonic()): void {
    if (unit.track === 'video') this.#grewAt = now;
    const spans = [unit];
    for (const viewer of this.#viewers) {
      const ready = this.#ready(viewer, unit, now);
      if (viewer.rest.length > 0) {
        if (ready && !unit.keyframe && now - viewer.joinedAt < firstPicturesFor) {
          viewer.rest.push(unit);
          continue;
        }
        this.#catchUp(viewer);
      }
      if (ready) this.#write(viewer, spans);
    }
    this.#budget.keep();
  }

  described(description: StreamDescription, fresh: boolean): void {
    for (const viewer of [...this.#viewers]) viewer.outlet.described(description, fresh);
  }

  report(track: TrackKind, clock: SenderClock, packets: number, octets: number): void {
    for (const viewer of this.#viewers) if (viewer.live) viewer.outlet.report(track, clock, packets, octets);
  }

  /** The session with the camera is over: its group must not be shown to anyone any more. */
  forget(): void {
    for (const viewer of this.#viewers) {
      viewer.live = false;
      viewer.rest = [];
    }
    this.#cache.clear();
  }

  /** Also while no picture comes: a viewer that takes nothing must not stay unseen. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const viewer of this.#viewers) if (this.#look(viewer, now) && viewer.rest.length > 0) this.#catchUp(viewer);
  }

  closeAll(reason: string): void {
    for (const viewer of [...this.#viewers]) viewer.close(reason);
  }

  /** True while the viewer is still with us. */
  #look(viewer: Viewer, now: number): boolean {
    const { viewerBytes, viewerStalled, viewerLost } = this.#settings;
    const { backlog } = viewer.outlet;
    if (backlog === 0 && viewer.rest.length === 0) viewer.burst = 0;
    if (backlog === 0 || backlog < viewer.owed) viewer.movedAt = now;
    this.#owes(viewer, backlog);
    const still = now - viewer.movedAt;
    const slow = backlog > viewerBytes + viewer.burst || still > viewerStalled;
    if (slow) viewer.behindSince ??= now;
    else if (backlog <= viewerBytes / 4) viewer.behindSince = undefined;
    const behind = viewer.behindSince === undefined ? 0 : now - viewer.behindSince;
    if (still <= viewerLost && behind <= viewerLost) return true;
    viewer.close(still > viewerLost ? 'takes nothing' : 'too slow for this stream');
    return false;
  }

  #ready(viewer: Viewer, unit: AccessUnit, now: number): boolean {
    if (!this.#look(viewer, now)) return false;
    if (unit.track === 'audio') return viewer.live && this.#uplink.take(unit.wire.length, viewer.purpose());
    // Never in the middle of a picture: what has begun goes out whole.
    if (viewer.live && unit.starts && viewer.behindSince !== undefined) viewer.live = false;
    if (!viewer.live && unit.keyframe && viewer.behindSince === undefined) viewer.live = true;
    // What the link towards the police side cannot carry is left out as for a slow viewer: up to the next keyframe.
    if (viewer.live && !this.#uplink.take(unit.wire.length, viewer.purpose())) {
      this.#catchUp(viewer); // that much it was granted
      viewer.live = false;
    }
    if (!viewer.live && unit.starts) this.skipped += 1;
    return viewer.live;
  }

  #catchUp(viewer: Viewer): void {
    const { live, rest } = viewer;
    viewer.rest = [];
    if (live) this.#write(viewer, rest);
  }

  #write(viewer: Viewer, spans: readonly WireSpan[]): void {
    viewer.outlet.write(spans);
    this.#owes(viewer, viewer.outlet.backlog);
  }

  #owing(): boolean {
    for (const { outlet, rest } of this.#viewers) if (outlet.backlog > 0 || rest.length > 0) return true;
    return false;
  }

  #owes(viewer: Viewer, bytes: number): void {
    this.#budget.change(bytes - viewer.owed);
    viewer.owed = bytes;
  }

  #leave(viewer: Viewer): boolean {
    if (!this.#viewers.delete(viewer)) return false;
    viewer.rest = [];
    if (viewer.owed > 0) this.#cache.lend(); // it may take some of that yet
    this.#budget.remove(viewer);
    return true;
  }
}

/** How many spans it has, with the sound that lies among them. */
function firstPicture(group: readonly AccessUnit[]): number {
  const [first] = group;
  const end = group.findIndex(({ track, ticks }) => track === 'video' && ticks !== first?.ticks);
  return end < 0 ? group.length : end;
}
