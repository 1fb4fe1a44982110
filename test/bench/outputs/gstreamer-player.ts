/** GStreamer as a player: rtspsrc and whatever decodebin finds for it. */
import { type Millis, millis } from '../../../gateway/domain/time.ts';
import { type Decoded, pictureOf, soundOf, soundRate } from './decoded.ts';
import { grace, type Playing } from './ffmpeg-player.ts';
import { type GdpBuffer, openGdpReader } from './gdp-reader.ts';
import { startPlayer } from './player-program.ts';

export interface GstreamerSource {
  /** Without credentials. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly height: number;
}

/** … for so long by the time stamps of what comes out. */
export async function playByGstreamer(
  { url, username, password, height }: GstreamerSource,
  { width, sound }: Playing,
  length: Millis,
): Promise<Decoded> {
  const block = Math.floor(width / 80) * 2;
  const strip = `videocrop top=${height - block / 2 - 1} bottom=${block / 2 - 1} right=${width - block * 40}`;
  const pipeline = [
    // Times of the stream alone, not corrected by when its packets came.
    `rtspsrc location=${url} user-id=${username} user-pw=${password} protocols=tcp buffer-mode=none name=source`,
    'source. ! application/x-rtp,media=video ! queue ! decodebin ! videoconvert ! video/x-raw,format=GRAY8',
    `! ${strip} ! videoscale method=nearest-neighbour ! video/x-raw,width=40,height=1 ! gdppay ! fdsink fd=3 sync=false`,
    ...(sound
      ? [
          'source. ! application/x-rtp,media=audio ! queue ! decodebin ! audioconvert ! audioresample',
          `! audio/x-raw,format=S16LE,channels=1,rate=${soundRate} ! gdppay ! fdsink fd=4 sync=false`,
        ]
      : []),
  ];
  const [pictures, sounds]: [GdpBuffer[], GdpBuffer[]] = [[], []];
  const stop = new AbortController();
  const whole = (buffers: readonly GdpBuffer[]) => lastingOf(buffers) >= length;
  const takeInto = (buffers: GdpBuffer[]) => {
    const read = openGdpReader();
    return (bytes: Buffer) => {
      buffers.push(...read(bytes));
      if (whole(pictures) && (!sound || whole(sounds))) stop.abort();
    };
  };
  const { ended } = startPlayer({
    program: 'gst-launch-1.0',
    args: ['-q', '-e', ...pipeline.join(' ').split(' ')],
    // Decoders say at this level what they could not decode; that a clock is put right is told there too.
    environment: { GST_DEBUG: '2', GST_DEBUG_NO_COLOR: '1' },
    complains: (text) => /error|corrupt|lost|missing/i.test(text),
    picture: takeInto(pictures),
    sound: takeInto(sounds),
    within: millis(length + grace),
    stop: stop.signal,
  });
  const errors = await ended;
  const first = (buffers: readonly GdpBuffer[]) => buffers.filter(({ at }) => (at - (buffers[0]?.at ?? 0)) * 1_000 < length);
  return {
    errors,
    pictures: first(pictures).map(({ at, bytes }) => pictureOf(at, bytes)),
    sounds: first(sounds).map(({ at, bytes }) => soundOf(at, bytes)),
  };
}

/** Milliseconds from the first to the last. */
function lastingOf(buffers: readonly GdpBuffer[]): number {
  return ((buffers.at(-1)?.at ?? 0) - (buffers[0]?.at ?? 0)) * 1_000;
}
