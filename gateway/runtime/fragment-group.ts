/** The fragments of a stream since its last keyframe: what somebody who joins now must see first. */
import type { Fmp4Message } from '../domain/media.ts';
import { GroupBuffer } from './group-buffer.ts';

export type Fragment = Extract<Fmp4Message, { kind: 'fragment' }>;
type Entry = Omit<Fragment, 'bytes'> & { readonly end: number };

export class FragmentGroup {
  readonly #most: number;
  readonly #bytes = new GroupBuffer();
  #entries: Entry[] = [];

  /** Beyond so many bytes a group is not kept: who joins waits for the next keyframe. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Their bytes stay as they are for whoever holds them. */
  get fragments(): readonly Fragment[] {
    let start = 0;
    return this.#entries.map(({ end, kind, track, keyframe, capturedAt }) => {
      const bytes = this.#bytes.lend(start, end);
      start = end;
      return { kind, track, keyframe, capturedAt, bytes };
    });
  }

  /** Copies it; true where it is kept. */
  push({ kind, track, keyframe, capturedAt, bytes }: Fragment): boolean {
    if (keyframe) this.clear();
    else if (this.#entries.length === 0) return false;
    if (this.#bytes.length + bytes.length > this.#most) {
      this.clear();
      return false;
    }
    this.#bytes.append(bytes);
    this.#entries.push({ kind, track, keyframe, capturedAt, end: this.#bytes.length });
    return true;
  }

  clear(): void {
    this.#entries = [];
    this.#bytes.clear();
  }
}
