/** A stream's pictures, put together once for all viewers that want whole ones; not at all while there are none. */
import type { SenderClock, StreamDescription, TrackKind } from '../domain/media.ts';
import type { WireOutlet, WireSpan } from '../domain/media-ports.ts';
import { Pages } from '../runtime/pages.ts';
import type { AccessUnit } from './access-unit.ts';
import { type Picture, Pictures } from './pictures.ts';
import type { VideoTools } from './ports.ts';

/** One viewer that takes whole pictures, and sound as it is on the wire. */
export interface PictureOutlet {
  /** Before the first picture, and at every change. */
  described(description: StreamDescription): void;
  picture(picture: Picture): void;
  sound(span: WireSpan): void;
  /** The wall clock of one RTP timestamp. */
  clock(track: TrackKind, clock: SenderClock): void;
  /** The stream has brought no sound for a while. */
  quiet(): void;
  /** What was handed over since the last time belongs into one write. */
  flush(): void;
  readonly backlog: number;
  /** The hub is done with this viewer. */
  close(reason: string): void;
}

/** A picture group of more spans than this, without a sound among them, is of a camera that sends none. */
const longEnough = 12;

/** A group of more bytes than any that is kept for those who join. */
const mostBytes = 16 * 1024 * 1024;

const none: readonly Picture[] = [];

export class SharedPictures {
  /** Of this group, and of the one before: whoever has just joined may be given the rest of that one together with the next keyframe. */
  #pages = new Pages();
  #pagesBefore = new Pages();
  readonly #pictures = new Pictures(
    (picture) => this.#made.push(picture),
    (bytes) => this.#pages.take(bytes),
  );
  /** What each span has completed. */
  readonly #completed = new WeakMap<WireSpan, readonly Picture[]>();
  #made: Picture[] = [];
  #users = 0;

  /** From now on every span that is accepted is read. `group`: those since the last keyframe, which the viewer may be given first. */
  use(group: readonly AccessUnit[]): Disposable {
    if (this.#users === 0) {
      this.#pictures.reset();
      for (const unit of group) this.#read(unit);
    }
    this.#users += 1;
    return {
      [Symbol.dispose]: () => {
        this.#users -= 1;
        if (this.#users === 0) this.#letGo();
      },
    };
  }

  describe(video: VideoTools): void {
    this.#pictures.describe(video);
  }

  /** To be called before the span is handed to viewers. */
  accept(unit: AccessUnit): void {
    if (this.#users > 0) this.#read(unit);
  }

  /** The session with the camera is over. */
  pause(): void {
    this.#pictures.pause();
  }

  completedBy(span: WireSpan): readonly Picture[] {
    return this.#completed.get(span) ?? none;
  }

  #read(unit: AccessUnit): void {
    if (unit.track === 'audio') return;
    if (unit.keyframe || this.#pages.length > mostBytes) this.#turn();
    this.#pictures.accept(unit);
    if (this.#made.length === 0) return;
    this.#completed.set(unit, this.#made);
    this.#made = [];
  }

  #turn(): void {
    [this.#pages, this.#pagesBefore] = [this.#pagesBefore, this.#pages];
    this.#pages.clear();
  }

  #letGo(): void {
    this.#pictures.pause();
    this.#pages = new Pages();
    this.#pagesBefore = new Pages();
  }
}

/** The viewer as a fan-out knows it: with its backlog, its place in the line and its budget. */
export class PictureViewer implements WireOutlet {
  readonly #outlet: PictureOutlet;
  readonly #pictures: SharedPictures;
  /** Where a group without sound begins. */
  readonly #quietFrom: WireSpan | undefined;

  /** `group`: what it may be given first, if not all at once. */
  constructor(outlet: PictureOutlet, pictures: SharedPictures, group: readonly WireSpan[]) {
    this.#outlet = outlet;
    this.#pictures = pictures;
    if (group.length > longEnough && !group.some(({ track }) => track === 'audio')) this.#quietFrom = group[0];
  }

  get backlog(): number {
    return this.#outlet.backlog;
  }

  described(description: StreamDescription): void {
    this.#outlet.described(description);
  }

  write(spans: readonly WireSpan[]): void {
    if (this.#quietFrom && spans[0] === this.#quietFrom) this.#outlet.quiet();
    for (const span of spans) {
      if (span.track === 'audio') this.#outlet.sound(span);
      else for (const picture of this.#pictures.completedBy(span)) this.#outlet.picture(picture);
    }
    this.#outlet.flush();
  }

  report(track: TrackKind, clock: SenderClock): void {
    this.#outlet.clock(track, clock);
  }

  /** Nobody is there to read it. */
  notice(): void {}

  close(reason: string): void {
    this.#outlet.close(reason);
  }
}
