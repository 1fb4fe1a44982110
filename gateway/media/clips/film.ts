/** What a recording puts into its file: the pictures of one stream, from a keyframe on, and their sound. Knows of no disk. */
import type { StreamDescription } from '../../domain/media.ts';
import type { Gap } from '../../domain/recording.ts';
import type { Instant } from '../../domain/time.ts';
import type { AccessUnit } from '../access-unit.ts';
import { AudioFragments } from '../audio-fragments.ts';
import type { MediaParts } from '../ports.ts';
import { longestStep } from '../recorder-ring.ts';
import { VideoFragments, type VideoInit } from '../video-fragments.ts';

export interface FilmParts {
  readonly parts: Pick<MediaParts, 'codecs' | 'clips'>;
  /** Of the stream as it is just now. */
  readonly described: () => StreamDescription | undefined;
  /** Of a monotonic time. */
  readonly wall: (at: number) => Instant;
  /** Does any wait to be accepted? */
  readonly sound: () => boolean;
}

export class Film {
  readonly #about: FilmParts;
  readonly #frames: VideoFragments;
  #described: StreamDescription | undefined;
  #sound: AudioFragments | undefined;
  /** Of the file: others do not go into it. */
  #init: { readonly pictures: Uint8Array; readonly sound: Uint8Array | undefined } | undefined;
  #fragments = 0;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Nothing but a keyframe can come next. */
  #awaitsKeyframe = true;
  /** When its first picture came, and its last, monotonic. */
  first: number | undefined;
  last: number | undefined;
  readonly gaps: Gap[] = [];
  /** The camera sends another picture format: nothing more goes into it. */
  over = false;

  constructor(about: FilmParts) {
    this.#about = about;
    this.#frames = new VideoFragments((message) => {
      if (message.kind === 'init') this.#begin(message);
      else this.#keep(message.bytes, 'video');
    });
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.#size;
  }

  /** What was made since the last time. */
  take(): Buffer {
    const piece = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    return piece;
  }

  /** `at`: of its arrival, monotonic. */
  accept(unit: AccessUnit, at: number): void {
    if (this.over) return;
    if (unit.track === 'audio') this.#hear(unit);
    else this.#see(unit, at);
  }

  #see(unit: AccessUnit, at: number): void {
    const last = this.last;
    const late = last !== undefined && at - last > longestStep;
    if (late && !this.#awaitsKeyframe) {
      this.#frames.pause();
      this.#awaitsKeyframe = true;
    }
    if (this.#awaitsKeyframe && !unit.keyframe) return;
    this.#awaitsKeyframe = false;
    if (unit.keyframe) this.#describe();
    this.first ??= at;
    this.#frames.accept(unit);
    if (this.over) return;
    const { wall } = this.#about;
    if (late) this.gaps.push({ from: wall(last), to: wall(at) });
    this.last = at;
  }

  #hear(unit: AccessUnit): void {
    const { anchor } = this.#frames;
    const fragment = anchor && this.#sound?.fragment(unit, anchor);
    if (fragment) this.#keep(fragment.bytes, 'audio');
  }

  #describe(): void {
    const { described, parts } = this.#about;
    const description = described();
    if (!description || description === this.#described) return;
    this.#described = description;
    this.#frames.describe(description.video, parts.codecs.video(description.video.codec));
    if (this.#init?.sound) this.#goOn(this.#init.sound);
  }

  /** After the camera was away: sound of another kind does not go into the file, and the pictures go on. */
  #goOn(before: Uint8Array): void {
    const opened = this.#open();
    const same = opened && Buffer.compare(before, opened.init.bytes) === 0;
    this.#sound = same ? (this.#sound ?? opened) : undefined;
  }

  #open(): AudioFragments | undefined {
    const track = this.#described?.audio;
    try {
      return track && new AudioFragments(track, this.#about.parts.codecs.audio(track));
    } catch {
      return undefined; // it cannot be read, as the stream has told
    }
  }

  #begin({ bytes }: VideoInit): void {
    if (this.#init) {
      if (Buffer.compare(this.#init.pictures, bytes) !== 0) this.over = true;
      return;
    }
    const { clips } = this.#about.parts;
    // A track with nothing in it would make players wait.
    if (this.#about.sound()) this.#sound = this.#open();
    const sound = this.#sound?.init.bytes;
    this.#init = { pictures: bytes, sound };
    this.#push(Buffer.from(sound ? clips.initOfBoth(bytes, sound) : bytes));
    this.#push(Buffer.from(clips.referenceTime(this.#about.wall(this.first!))));
  }

  /** Copied: what a fragment lies in is used again. */
  #keep(fragment: Uint8Array, track: 'video' | 'audio'): void {
    if (this.over) return;
    const own = Buffer.from(fragment);
    this.#about.parts.clips.placeFragment(own, this.#fragments, track);
    this.#fragments += 1;
    this.#push(own);
  }

  #push(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }
}
