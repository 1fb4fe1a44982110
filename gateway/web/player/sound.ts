/** The sound beside a picture: its own element on the same time line, put back where the picture is whenever it strays. */
import type { Silence } from './mode.ts';
import { Source, TrackPipe } from './track-pipe.ts';

export interface Sound {
  push(bytes: Uint8Array<ArrayBuffer>): void;
  /** Goes where the picture is. */
  follow(): void;
  close(): void;
}

/** Seconds; less is heard by few. */
const straysAfter = 0.25;

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
      if (Math.abs(element.currentTime - at) > straysAfter && at >= newest.start && at <= newest.end) element.currentTime = at;
      element.playbackRate = picture.playbackRate;
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
