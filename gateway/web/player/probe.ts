/** Whether this browser can really play a stream. For H.265 its word is not enough: it has to decode a picture. */
import { Source, TrackPipe } from './track-pipe.ts';

export interface ProbedStream {
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
}

export type CodecProbe = (stream: ProbedStream) => Promise<boolean>;

/** A picture of 64 × 64, Main profile; served with the pages. */
const h265Clip = { address: '/h265-64x64.mp4', type: 'video/mp4; codecs="hvc1.1.6.L30.90"' };
const decodedWithin = 4_000;

export function openCodecProbe(): CodecProbe {
  let h265: Promise<boolean> | undefined;
  return async ({ codecs, width, height }) => {
    const type = `video/mp4; codecs="${codecs}"`;
    if (!Source?.isTypeSupported(type) || !(await capable(type, width, height))) return false;
    if (!/^h(vc|ev)1\b/.test(codecs)) return true;
    h265 ??= decodes(h265Clip.address, h265Clip.type);
    return h265;
  };
}

/** What the browser says about the size as well; true where it says nothing. */
async function capable(contentType: string, width: number, height: number): Promise<boolean> {
  try {
    const video = { contentType, width, height, bitrate: 4_000_000, framerate: 25 };
    return (await navigator.mediaCapabilities.decodingInfo({ type: 'media-source', video })).supported;
  } catch {
    return true; // it does not know the question
  }
}

async function decodes(address: string, type: string): Promise<boolean> {
  const video = document.createElement('video');
  video.muted = true;
  let pipe: TrackPipe | undefined;
  try {
    const clip = new Uint8Array(await (await fetch(address)).arrayBuffer());
    return await new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), decodedWithin);
      video.addEventListener('loadeddata', () => resolve(true), { once: true });
      pipe = new TrackPipe(video, type, () => resolve(false));
      pipe.push(clip);
    });
  } catch {
    return false; // the clip could not be had: better a fallback than a black picture
  } finally {
    pipe?.close();
    video.removeAttribute('src');
    video.load();
  }
}
