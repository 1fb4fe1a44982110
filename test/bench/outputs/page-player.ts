/** A page's socket for pictures without the page: each track's fMP4 goes into an ffmpeg of its own, and both together into a third. */
import type { Writable } from 'node:stream';
import { WebSocket } from 'ws';
import { type MediaAsk, type MediaText, mediaHeaderBytes } from '../../../gateway/domain/api.ts';
import { type Millis, millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { shownAt, timescaleOf } from '../../../gateway/web/player/fmp4-times.ts';
import type { Decoded } from './decoded.ts';
import { grace, type Playing, type RunningFfmpeg, startFfmpeg } from './ffmpeg-player.ts';

export interface PageSource {
  readonly origin: string;
  readonly cookie: string;
  readonly channel: string;
}

/** What came of the picture alone, of the sound alone, and of both, in the order of `parts`. */
export const pageParts = ['picture', 'sound', 'both'] as const;
export type PageDecoded = Readonly<Partial<Record<(typeof pageParts)[number], Decoded>>>;

const askAgainAfter = millis(250);
const mp4 = (pipe: number) => ['-f', 'mp4', '-i', `pipe:${pipe}`];

/** … for so long by the time stamps of the picture. */
export async function playByPage(source: PageSource, playing: Playing, length: Millis): Promise<PageDecoded> {
  const within = millis(length + grace);
  const start = (input: readonly string[], tracks: Pick<Playing, 'picture' | 'sound'>) =>
    startFfmpeg(input, { ...playing, ...tracks }, undefined, millis(within + 5_000));
  const picture = start(mp4(0), { picture: true, sound: false });
  const sound = playing.sound ? start(mp4(0), { picture: false, sound: true }) : undefined;
  // The time lines of the two inputs are one: nothing may be shifted.
  const both = playing.sound ? start(['-copyts', ...mp4(0), ...mp4(5)], { picture: true, sound: true }) : undefined;
  const players = [picture, ...(sound ? [sound] : []), ...(both ? [both] : [])];
  const takers = {
    video: [picture.inputs[0], ...(both ? [both.inputs[0]] : [])],
    audio: [...(sound ? [sound.inputs[0]] : []), ...(both ? [both.inputs[1]] : [])],
  };
  const errors = await feed(source, playing.sound, { takers, length, within });
  for (const { inputs } of players) for (const input of inputs) input.end();
  const decoded = async (player: RunningFfmpeg | undefined) => {
    const ended = await player?.ended;
    return ended && { ...ended, errors: [...errors, ...ended.errors] };
  };
  const [first, second, third] = await Promise.all([picture, sound, both].map(decoded));
  return { ...(first ? { picture: first } : {}), ...(second ? { sound: second } : {}), ...(third ? { both: third } : {}) };
}

interface Feeding {
  readonly takers: Readonly<Record<'video' | 'audio', readonly Writable[]>>;
  readonly length: Millis;
  readonly within: Millis;
}

/** Resolves with what went wrong once so much media has come. */
function feed({ origin, cookie, channel }: PageSource, audio: boolean, { takers, length, within }: Feeding): Promise<readonly string[]> {
  const url = `${origin.replace(/^http/, 'ws')}/media/v1/live`;
  const socket = new WebSocket(url, { headers: { origin, cookie }, rejectUnauthorized: false, perMessageDeflate: false });
  const ask: MediaAsk = { kind: 'watch', id: 1, channel, profile: 'main', audio, purpose: 'local', urgent: false };
  const watch = () => socket.readyState === socket.OPEN && socket.send(JSON.stringify(ask));
  const inits = { video: 0, audio: 0 };
  let timescale = 0;
  let first: number | undefined;
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (...errors: readonly string[]) => {
      over.abort();
      socket.terminate();
      resolve(errors);
    };
    systemClock.sleep(within, over.signal).then(
      () => end(`${channel} did not send ${length} ms of pictures within ${within} ms`),
      () => undefined, // it was over before
    );
    socket.on('open', watch);
    socket.on('error', (error) => end(`the socket of ${channel}: ${error.message}`));
    socket.on('close', (code) => end(`the socket of ${channel} was closed with ${code}`));
    socket.on('message', (wire: Buffer, binary) => {
      if (!binary) {
        const text = JSON.parse(wire.toString()) as MediaText;
        if (text.kind === 'init') {
          inits[text.track] += 1;
          if (inits[text.track] > 1) end(`the ${text.track} of ${channel} began anew`);
        } else if (text.kind === 'stepped-down') end(`${channel} was stepped down`);
        // The camera may not be there yet.
        else if (text.kind === 'ended' && first === undefined) setTimeout(watch, askAgainAfter);
        else if (text.kind === 'ended') end(`${channel} ended: ${text.detail}`);
        return;
      }
      const [init, track] = [wire.readUInt8(0) === 0, wire.readUInt8(1) === 0 ? 'video' : 'audio'] as const;
      const bytes = wire.subarray(mediaHeaderBytes);
      for (const taker of takers[track]) taker.write(bytes);
      if (track === 'audio') return;
      if (init) timescale = timescaleOf(bytes);
      else {
        const at = ((shownAt(bytes) ?? 0) * 1_000) / timescale;
        first ??= at;
        if (at - first >= length) end();
      }
    });
  });
}
