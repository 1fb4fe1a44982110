/**
 * JPEGs of keyframes: the most urgent first, few at once in all, several by one ffmpeg. Whoever wants the same picture of about the same moment
 * shares it, and no keyframe is made into a picture twice while it is remembered.
 */
import type { Severity } from '../domain/alarm.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { Keyframe, Snapshot, StreamProfile } from '../domain/media.ts';
import type { Clock, MediaPlane } from '../domain/ports.ts';
import { between, type Instant, millis, seconds } from '../domain/time.ts';

/** A picture to be made. */
export interface Negative {
  readonly keyframe: Keyframe;
  /** In pixels; absent: as large as the stream. */
  readonly width?: number;
}

export interface SnapshotParts {
  readonly media: Pick<MediaPlane, 'keyframe'>;
  readonly clock: Clock;
  /**
   * One answer for each, in their order; one that cannot be made does not cost the others theirs. Throws TRANSCODER_MISSING; each answer may be
   * MEDIA_UNSUPPORTED or MEDIA_UNAVAILABLE.
   */
  jpegsOf(negatives: readonly Negative[], signal: AbortSignal): Promise<readonly PromiseSettledResult<Uint8Array>[]>;
}

export interface SnapshotWish {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly width?: number | undefined;
  /** The picture of that moment; absent: the newest. */
  readonly at?: Instant;
  /** Of the alarm that it is for: the most severe first, then in turn. Absent: of no alarm, and after all that are. */
  readonly severity?: Severity;
}

export interface Snapshots {
  /** Throws what `MediaPlane.keyframe` and `jpegsOf` throw. */
  take(wish: SnapshotWish): Promise<Snapshot>;
}

/** Wishes whose moments are nearer than this are for the same picture. */
const sameMoment = seconds(1);
/** Of one picture, from its turn to the JPEG. Not bound to one caller, who may leave: others share the answer. */
const within = seconds(20);
/** ffmpegs. A third would only take time from the first two, and from alarms. */
const mostAtOnce = 2;
/** Pictures of one ffmpeg: most of what the first one costs is its start. */
const mostTogether = 8;
/** Keyframes that are at hand, or will be in a moment: what else is wanted takes no memory yet. */
const mostAhead = 16;
/** A keyframe that takes longer comes when it comes: others are not kept waiting for its company. */
const prompt = millis(150);
const remembered = 16;
const afterAlarms = 5;

class Exposure {
  readonly wish: SnapshotWish;
  readonly key: string;
  readonly moment: Instant;
  /** 1: for the most severe alarm. */
  rank: number;
  /** Until it is developed. */
  keyframe: Keyframe | undefined;
  /** Of the keyframe, since it came. */
  capturedAt: Instant | undefined;
  readonly snapshot: Promise<Snapshot>;
  over = false;
  resolve: (snapshot: Snapshot | Promise<Snapshot>) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor(wish: SnapshotWish, now: Instant) {
    const { channel, profile, width, at, severity } = wish;
    this.wish = wish;
    this.key = `${channel}/${profile}/${width ?? ''}`;
    this.moment = at ?? now;
    this.rank = severity ?? afterAlarms;
    this.snapshot = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }

  isFor({ key, moment }: Exposure): boolean {
    return this.key === key && Math.abs(between(this.moment, moment)) < sameMoment;
  }
}

export function openSnapshots(parts: SnapshotParts): Snapshots {
  const darkroom = new Darkroom(parts);
  return { take: (wish) => darkroom.take(wish) };
}

class Darkroom {
  readonly #parts: SnapshotParts;
  /** All that are under way, and the newest of those that are over: oldest first. */
  readonly #known = new Set<Exposure>();
  readonly #waiting: Exposure[] = [];
  readonly #exposed: Exposure[] = [];
  /** Keyframes that will be there in a moment. */
  #awaited = 0;
  #developing = 0;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  take(wish: SnapshotWish): Promise<Snapshot> {
    const exposure = new Exposure(wish, this.#parts.clock.now());
    const shared = this.#find((other) => other.isFor(exposure));
    if (shared) {
      shared.rank = Math.min(shared.rank, exposure.rank);
      return shared.snapshot;
    }
    this.#known.add(exposure);
    this.#waiting.push(exposure);
    exposure.snapshot.then(
      () => this.#remember(exposure),
      () => this.#known.delete(exposure),
    );
    this.#goOn();
    return exposure.snapshot;
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && this.#awaited + this.#exposed.length < mostAhead) {
      for (const next of mostUrgent(this.#waiting, 1)) void this.#expose(next);
    }
    for (;;) {
      const free = mostAtOnce - this.#developing;
      const ready = this.#exposed.length;
      if (free === 0 || ready === 0 || (this.#awaited > 0 && ready < mostTogether)) return;
      void this.#develop(mostUrgent(this.#exposed, Math.min(mostTogether, Math.ceil(ready / free))));
    }
  }

  async #expose(exposure: Exposure): Promise<void> {
    const { media, clock } = this.#parts;
    const { channel, profile, at } = exposure.wish;
    this.#awaited += 1;
    const answered = new AbortController();
    const noLongerAwaited = () => {
      this.#awaited -= 1;
      this.#goOn();
    };
    void clock.sleep(prompt, answered.signal).then(noLongerAwaited, noLongerAwaited);
    try {
      const ago = at === undefined ? {} : { ago: millis(Math.max(0, between(at, clock.now()))) };
      const keyframe = await media.keyframe({ channel, profile, ...ago }, clock.deadline(within));
      const { capturedAt } = keyframe;
      const twin = this.#find((other) => other.key === exposure.key && other.capturedAt === capturedAt);
      if (twin) {
        twin.rank = Math.min(twin.rank, exposure.rank);
        exposure.resolve(twin.snapshot);
      } else {
        Object.assign(exposure, { keyframe, capturedAt });
        this.#exposed.push(exposure);
      }
    } catch (error) {
      exposure.reject(error);
    }
    answered.abort();
    this.#goOn(); // it may come when nobody awaits it any more
  }

  async #develop(exposures: readonly Exposure[]): Promise<void> {
    const { clock, jpegsOf } = this.#parts;
    this.#developing += 1;
    const negatives = exposures.flatMap(({ keyframe, wish: { width } }) =>
      keyframe ? [{ keyframe, ...(width === undefined ? {} : { width }) }] : [],
    );
    for (const exposure of exposures) exposure.keyframe = undefined;
    try {
      const jpegs = await jpegsOf(negatives, clock.deadline(within));
      for (const [index, jpeg] of jpegs.entries()) {
        const { resolve, reject } = exposures[index]!;
        if (jpeg.status === 'fulfilled') resolve({ jpeg: jpeg.value, capturedAt: negatives[index]!.keyframe.capturedAt });
        else reject(jpeg.reason);
      }
    } catch (error) {
      for (const { reject } of exposures) reject(error);
    }
    this.#developing -= 1;
    this.#goOn();
  }

  #find(fits: (exposure: Exposure) => boolean): Exposure | undefined {
    for (const exposure of this.#known) if (fits(exposure)) return exposure;
    return undefined;
  }

  #remember(made: Exposure): void {
    made.over = true;
    const over = [...this.#known].filter((exposure) => exposure.over);
    for (const oldest of over.slice(0, -remembered)) this.#known.delete(oldest);
  }
}

/** Takes them out of the line: the most urgent, and of those the first. */
function mostUrgent(line: Exposure[], most: number): readonly Exposure[] {
  line.sort((one, other) => one.rank - other.rank);
  return line.splice(0, most);
}
