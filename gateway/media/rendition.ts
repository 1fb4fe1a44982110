/** A camera's H.265 as the source of a stream of H.264: a viewer of the one, and what the other is pulled from. */
import { GatewayError } from '../domain/errors.ts';
import type { SenderClock, StreamDescription, TrackKind } from '../domain/media.ts';
import type { StreamReceiver, WireOutlet, WireSpan } from '../domain/media-ports.ts';
import { millis, seconds } from '../domain/time.ts';
import { linked } from '../runtime/linked.ts';
import type { Hold } from './held-streams.ts';
import type { Origin } from './origin.ts';
import { Pictures } from './pictures.ts';
import type { MediaContext, TimedPicture, VideoTools } from './ports.ts';
import { DecodeTimes } from './timestamps.ts';
import { same } from './tracks.ts';

/** Between tries of one that fails. */
const pauses = { first: seconds(0.5), most: seconds(5), jitter: 0.3 };

/** `source`: a hold on the stream as the camera sends it, once that may be made into H.264. */
export function transcodedOrigin(
  { channel, profile }: Pick<Origin, 'channel' | 'profile'>,
  source: () => Promise<Hold>,
  { parts }: MediaContext,
): Origin {
  return {
    ...{ channel, profile, transcoded: true },
    async pull(receiver, signal) {
      const transcoder = await parts.openTranscoder();
      using hold = await source();
      const { stream } = hold;
      const description = await stream.ready(signal);
      const { codec, parameterSets } = description.video;
      if (codec !== 'h265') throw otherNow();
      using life = linked(signal);
      const rendition = new Rendition(receiver, description);
      const pictures = {
        parameterSets,
        follow(take: (picture: TimedPicture) => void) {
          const outlet = new PictureOutlet(description, parts.codecs.video(codec), { take, rendition, over: (why) => life.abort(why) });
          return stream.join(outlet, () => 'local' as const);
        },
      };
      await transcoder.run(pictures, rendition, life.signal);
      if (!signal.aborted) throw life.signal.reason;
    },
    pauses: () => pauses,
  };
}

function otherNow(): GatewayError {
  return new GatewayError('MEDIA_UNAVAILABLE', 'The camera sends another format now: the stream begins anew.');
}

/** The transcoder's pictures, and beside them the camera's sound as it is. */
class Rendition implements Pick<StreamReceiver, 'begin' | 'packet' | 'clock'> {
  readonly #receiver: StreamReceiver;
  readonly #source: StreamDescription;
  #begun = false;
  #soundClock: SenderClock | undefined;

  constructor(receiver: StreamReceiver, source: StreamDescription) {
    this.#receiver = receiver;
    this.#source = source;
  }

  begin({ video }: StreamDescription): void {
    this.#receiver.begin({ ...this.#source, video });
    this.#begun = true;
    if (this.#soundClock) this.#receiver.clock('audio', this.#soundClock);
  }

  packet(track: TrackKind, bytes: Buffer, start: number, end: number): void {
    this.#receiver.packet(track, bytes, start, end);
  }

  clock(track: TrackKind, clock: SenderClock): void {
    this.#receiver.clock(track, clock);
  }

  /** One packet, whose bytes belong to others. */
  sound(wire: Buffer): void {
    if (this.#begun) this.#receiver.packet('audio', Buffer.from(wire), 0, wire.length);
  }

  soundClock(clock: SenderClock): void {
    this.#soundClock = { ...clock, certain: true };
    if (this.#begun) this.#receiver.clock('audio', this.#soundClock);
  }
}

interface PictureListener {
  take(picture: TimedPicture): void;
  readonly rendition: Rendition;
  /** The source cannot be followed any more. */
  over(why: GatewayError): void;
}

/** Takes whole pictures from the source, and gives them a line of time. It owes nothing: the transcoder leaves out what it cannot follow. */
class PictureOutlet implements WireOutlet {
  readonly backlog = 0;
  readonly #sets: readonly Uint8Array[];
  readonly #listener: PictureListener;
  readonly #pictures: Pictures;

  constructor({ video: { parameterSets, clockRate } }: StreamDescription, tools: VideoTools, listener: PictureListener) {
    const times = new DecodeTimes(clockRate, undefined);
    let at = -1;
    this.#sets = parameterSets;
    this.#listener = listener;
    this.#pictures = new Pictures(({ ticks, ...picture }) => {
      const { decodeTime, offset } = times.next(ticks, picture.keyframe);
      at = Math.max(at + 1, Math.round(((decodeTime + offset) / clockRate) * 1000));
      listener.take({ ...picture, at: millis(at) });
    });
    this.#pictures.describe(tools);
  }

  described({ video }: StreamDescription): void {
    if (video.codec !== 'h265' || !same(video.parameterSets, this.#sets)) this.#listener.over(otherNow());
  }

  write(spans: readonly WireSpan[]): void {
    for (const span of spans) {
      if (span.track === 'video') this.#pictures.accept(span);
      else this.#listener.rendition.sound(span.wire);
    }
  }

  report(track: TrackKind, clock: SenderClock): void {
    if (track === 'audio') this.#listener.rendition.soundClock(clock);
  }

  /** Nobody is there to read it. */
  notice(): void {}

  close(reason: string): void {
    this.#listener.over(new GatewayError('MEDIA_UNAVAILABLE', `The stream of the camera ended: ${reason}.`));
  }
}
