/** The sound beside a picture: its own element on the same time line, put back where the picture is whenever it strays. */
import type { Silence } from './mode.ts';
import { Source, TrackPipe } from './track-pipe.ts';

export interface Sound {
  push(bytes: Uint8Array<ArrayBuffer>): void;
  /** Goes where the picture is. */
  follow(): void;
  close(): void;
}

/** Seconds. Further away it jumps; what is left of it is caught up by playing a little faster or slower, which nobody hears. */
const straysAfter = 0.25;
const near = 0.04;
const mostHaste = 0.05;

/** Undefined where it cannot be played here: `silent` has been told. */
export function openSound(codecs: string, picture: HTMLVideoElement, silent: (why: Silence) => void): Sound | undefined {
  const type = `audio/mp4; codecs="${codecs}"`;
  if (!Source?.isTypeSupported(type)) {
    silent('codec');
    return undefined;
  }
  const element = document.createElement('audio');
  let closed = false;
  let told = false;
  const tell = (why: Silence) => {
    if (!told && !closed) silent(why);
    told = true;
  };
  const pipe = new TrackPipe(element, type, () => tell('codec'));
  return {
    push: (bytes) => pipe.push(bytes),
    follow() {
      const { newest } = pipe;
      if (!newest || closed) return;
      const at = picture.currentTime;
      const behind = at - element.currentTime;
      if (Math.abs(behind) > straysAfter && at >= newest.start && at <= newest.end) element.currentTime = at;
      const haste = Math.abs(behind) < near ? 0 : Math.max(-mostHaste, Math.min(mostHaste, behind));
      element.playbackRate = picture.playbackRate * (1 + haste);
      if (element.paused) element.play().catch(() => tell('blocked')); // a page that nobody has clicked stays silent
    },
    close() {
      closed = true;
      pipe.close();
      element.removeAttribute('src');
      element.load();
    },
  };
}
