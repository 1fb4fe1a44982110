/** A camera's H.265 as the source of a stream of H.264: a viewer of the one, and what the other is pulled from. */
import { GatewayError } from '../domain/errors.ts';
import type { SenderClock, StreamDescription, TrackKind } from '../domain/media.ts';
import type { StreamReceiver, WireSpan } from '../domain/media-ports.ts';
import { millis, seconds } from '../domain/time.ts';
import { linked } from '../runtime/linked.ts';
import type { Hold } from './held-streams.ts';
import type { Origin } from './origin.ts';
import type { Picture } from './pictures.ts';
import type { MediaContext, TimedPicture } from './ports.ts';
import type { PictureOutlet } from './shared-pictures.ts';
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
          return stream.show(new SourceOutlet(description, { take, rendition, over: (why) => life.abort(why) }), () => 'local');
        },
      };
      await transcoder.run(pictures, rendition, life.signal);
      if (!signal.aborted) throw life.signal.reason;
    },
    askKeyframe: () => undefined, // The camera's own stream has asked.
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

  endOfRead(): void {
    this.#receiver.endOfRead();
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

/** Gives the source's pictures a line of time. It owes nothing: the transcoder leaves out what it cannot follow. */
class SourceOutlet implements PictureOutlet {
  readonly backlog = 0;
  readonly #sets: readonly Uint8Array[];
  readonly #clockRate: number;
  readonly #times: DecodeTimes;
  readonly #listener: PictureListener;
  #at = -1;

  constructor({ video: { parameterSets, clockRate } }: StreamDescription, listener: PictureListener) {
    this.#sets = parameterSets;
    this.#clockRate = clockRate;
    this.#times = new DecodeTimes(clockRate, undefined);
    this.#listener = listener;
  }

  described({ video }: StreamDescription): void {
    if (video.codec !== 'h265' || !same(video.parameterSets, this.#sets)) this.#listener.over(otherNow());
  }

  picture({ ticks, number: _number, ...picture }: Picture): void {
    const { decodeTime, offset } = this.#times.next(ticks, picture.keyframe);
    this.#at = Math.max(this.#at + 1, Math.round(((decodeTime + offset) / this.#clockRate) * 1000));
    this.#listener.take({ ...picture, at: millis(this.#at) });
  }

  sound({ wire }: WireSpan): void {
    this.#listener.rendition.sound(wire);
  }

  clock(track: TrackKind, clock: SenderClock): void {
    if (track === 'audio') this.#listener.rendition.soundClock(clock);
  }

  /** Sound may come later. */
  quiet(): void {}

  /** Nothing was held back. */
  flush(): void {}

  close(reason: string): void {
    this.#listener.over(new GatewayError('MEDIA_UNAVAILABLE', `The stream of the camera ended: ${reason}.`));
  }
}
