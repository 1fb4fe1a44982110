/** Puts a stream's pictures together out of its spans. */
import type { Instant } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';
import type { VideoTools } from './ports.ts';

export interface Picture {
  /** NAL units, parameter sets and SEI among them; they last as long as the spans that they came in. */
  readonly units: readonly Uint8Array[];
  readonly keyframe: boolean;
  readonly ticks: number;
  readonly capturedAt: Instant;
  /** Of all that were put together, the how-manieth: where one is missing, the ones behind it mean nothing. */
  readonly number: number;
}

/** A picture has no more than this, bytes; a camera whose clock stands still would make one of all it ever sends. */
const mostBytes = 8 * 1024 * 1024;
/** Markers before a picture's first slice: delimiter, parameter sets and SEI, and some to spare. */
const mostEarlyMarkers = 16;

/** Room for so many bytes. */
export type Room = (bytes: number) => Buffer;

export class Pictures {
  readonly #out: (picture: Picture) => void;
  readonly #room: Room | undefined;
  #video: VideoTools | undefined;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #first: { readonly ticks: number; readonly capturedAt: Instant } | undefined;
  #key = false;
  /** The camera sets the marker before the picture is complete: then only the next timestamp ends one. */
  #markersLie = false;
  #emitted = -1;
  #count = 0;

  /** `room`: where what lies in pieces is put together; absent: somewhere new each time. */
  constructor(out: (picture: Picture) => void, room?: Room) {
    this.#out = out;
    this.#room = room;
  }

  /** What comes from now on is of this codec. */
  describe(video: VideoTools): void {
    this.#video = video;
  }

  /** The session with the camera is over; the next one starts with a keyframe. */
  pause(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#first = undefined;
    this.#key = false;
  }

  reset(): void {
    this.pause();
    this.#emitted = -1;
  }

  accept(unit: AccessUnit): void {
    if (this.#first && unit.ticks !== this.#first.ticks) this.#close();
    if (unit.ticks === this.#emitted) {
      // More of a picture that its marker had ended: too late for this one, a lesson for the next.
      this.#markersLie ||= unit.ends;
      return;
    }
    this.#first ??= unit;
    this.#pieces.push(unit.wire);
    this.#bytes += unit.wire.length;
    if (this.#bytes > mostBytes) {
      this.#emitted = unit.ticks;
      this.#count += 1;
      this.pause();
      return;
    }
    this.#key ||= unit.keyframe;
    if (unit.ends && !this.#markersLie) this.#close(true);
    // It waits for more, its bytes do not.
    if (this.#pieces.length > 0) this.#pieces[this.#pieces.length - 1] = Buffer.from(unit.wire);
  }

  /** Hands over the picture that is there. `byMarker`: keep it open if it holds no picture data yet (a marker on parameter sets or SEI, quirk 19). */
  #close(byMarker = false): void {
    const { ticks, capturedAt } = this.#first!;
    const video = this.#video!;
    const units = video.units(this.#pieces, this.#room);
    const hasPicture = video.hasPicture(units);
    if (byMarker && !hasPicture) {
      // All of it is read again with the next marker: not for ever.
      if (this.#pieces.length >= mostEarlyMarkers) this.pause();
      return;
    }
    const keyframe = this.#key;
    this.pause();
    if (!hasPicture) return;
    this.#emitted = ticks;
    this.#count += 1;
    this.#out({ units, keyframe, ticks, capturedAt, number: this.#count });
  }
}
