/** A media plane that plays clips as fast as they last, and does what cameras do: stands still, begins anew, goes away. */
import type { MessagePort } from 'node:worker_threads';
import type { Fmp4Message, SinkSpec, StreamProfile, TrackKind } from '../../gateway/domain/media.ts';
import type { MediaPlane } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Clip, groupLength } from './clips.ts';

export class ClipMedia implements Pick<MediaPlane, 'prepare'> {
  readonly asked: Omit<SinkSpec, 'port'>[] = [];
  readonly clips: Record<StreamProfile, Clip>;
  sound: Clip | undefined;
  /** Pictures pass unsent. */
  still = false;
  readonly #lives = new Map<MessagePort, AbortController>();

  constructor(clips: Record<StreamProfile, Clip>) {
    this.clips = clips;
  }

  get open(): number {
    return this.#lives.size;
  }

  async prepare({ port, ...asked }: SinkSpec) {
    this.asked.push(asked);
    const end = () => {
      this.#lives.get(port)?.abort();
      this.#lives.delete(port);
      port.close();
    };
    return {
      start: () => void this.#play(port, asked.profile, asked.kind === 'fmp4' && asked.audio),
      [Symbol.asyncDispose]: async () => end(),
    };
  }

  /** Every stream begins anew, as after a change of its parameter sets. */
  renew(): void {
    for (const [port, life] of [...this.#lives]) {
      life.abort();
      void this.#play(port, 'sub', false);
    }
  }

  async #play(port: MessagePort, profile: StreamProfile, audio: boolean): Promise<void> {
    const life = new AbortController();
    this.#lives.set(port, life);
    const { signal } = life;
    const clip = this.clips[profile];
    post(port, { kind: 'init', track: 'video', codecs: clip.codecs, width: 320, height: 180, bytes: clip.init.slice() });
    if (audio && this.sound) post(port, { kind: 'init', track: 'audio', codecs: this.sound.codecs, bytes: this.sound.init.slice() });
    await Promise.all([this.#track(port, 'video', clip, signal), ...(audio && this.sound ? [this.#track(port, 'audio', this.sound, signal)] : [])]);
  }

  /** In step with the clock, over and over; times go on, since fragments are what they are, only until the clip ends. */
  async #track(port: MessagePort, track: TrackKind, clip: Clip, signal: AbortSignal): Promise<void> {
    const startedAt = systemClock.monotonic();
    let waiting = true;
    for (let index = 0; index < clip.fragments.length && !signal.aborted; index += 1) {
      const late = systemClock.monotonic() - startedAt - index * clip.step;
      if (late < 0) await systemClock.sleep(millis(-late), signal).catch(() => undefined); // aborted: the loop ends
      const keyframe = track === 'video' && index % groupLength === 0;
      if (this.still) waiting = true;
      else if (keyframe || track === 'audio') waiting = false;
      if (signal.aborted || waiting) continue;
      post(port, { kind: 'fragment', track, keyframe, capturedAt: systemClock.now(), bytes: clip.fragments[index]!.slice() });
    }
  }
}

function post(port: MessagePort, message: Fmp4Message & { readonly bytes: Uint8Array }): void {
  port.postMessage(message);
}
