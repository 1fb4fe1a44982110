/**
 * Streams of H.264 made out of H.265, for browsers that cannot decode that: one for all who watch a stream, and few at once, since each
 * costs a good part of a core.
 */
import { GatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { StreamProfile, TranscodingState } from '../domain/media.ts';
import { seconds } from '../domain/time.ts';
import { HeldStreams, type Hold } from './held-streams.ts';
import { transcodedOrigin } from './rendition.ts';
import { Stream, type StreamSurroundings } from './stream.ts';

export interface RenditionsParts extends StreamSurroundings {
  /** The stream as the camera sends it. */
  hold(channel: ChannelId, profile: StreamProfile): Hold;
}

export interface RenditionWish {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  /** Of an alarm. */
  urgent(): boolean;
}

/** A slot is too dear to keep for long. */
const linger = seconds(3);

export class Renditions implements AsyncDisposable {
  readonly #parts: RenditionsParts;
  readonly #streams: HeldStreams;
  /** Who holds each, by its key. */
  readonly #holders = new Map<string, Set<RenditionWish>>();
  #refused = 0;

  constructor(parts: RenditionsParts) {
    const { clock, log } = parts.context;
    this.#parts = parts;
    this.#streams = new HeldStreams({ clock, log, linger });
  }

  /** Throws TRANSCODER_OFF or TRANSCODER_BUSY. */
  hold(wish: RenditionWish): Hold {
    const key = `${wish.channel}/${wish.profile}`;
    const hold = this.#streams.hold(key, () => this.#begin(wish, this.#room(wish)));
    const holders = this.#holders.get(key) ?? new Set();
    this.#holders.set(key, holders.add(wish));
    return {
      stream: hold.stream,
      [Symbol.dispose]: () => {
        holders.delete(wish);
        hold[Symbol.dispose]();
      },
    };
  }

  state(): TranscodingState {
    return { slots: this.#parts.context.settings.transcoding.slots, used: this.#streams.keys.length, refused: this.#refused };
  }

  sweep(): void {
    this.#streams.sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#streams[Symbol.asyncDispose]();
  }

  #begin(wish: RenditionWish, room: Promise<void>): Stream {
    const { context, hold } = this.#parts;
    const source = async () => {
      await room;
      return hold(wish.channel, wish.profile);
    };
    return new Stream(transcodedOrigin(wish, source, context), this.#parts);
  }

  /** Resolves once a slot is free: at once, or when the stream that has to go has gone. */
  #room({ channel, urgent }: RenditionWish): Promise<void> {
    const { slots } = this.#parts.context.settings.transcoding;
    if (slots === 0) throw new GatewayError('TRANSCODER_OFF', `${channel} sends H.265, and transcoding is switched off.`, { context: { channel } });
    const { keys } = this.#streams;
    if (keys.length < slots) return Promise.resolve();
    const holders = (key: string) => [...(this.#holders.get(key) ?? [])];
    const idle = keys.find((key) => holders(key).length === 0);
    const yielding = idle ?? (urgent() ? keys.find((key) => !holders(key).some((holder) => holder.urgent())) : undefined);
    if (yielding === undefined) {
      this.#refused += 1;
      throw new GatewayError('TRANSCODER_BUSY', `${channel} sends H.265, and all ${slots} slots for transcoding are taken.`, {
        context: { channel },
      });
    }
    this.#holders.delete(yielding);
    return this.#streams.end(yielding, new GatewayError('TRANSCODER_BUSY', 'The slot for transcoding was given to an alarm.'));
  }
}
