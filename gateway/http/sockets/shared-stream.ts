/**
 * One fMP4 stream as many browsers watch it: it crosses from the media plane once, whoever and however many watch. Keeps the pictures since
 * the last keyframe, so that a page that joins sees something at once.
 */
import { type ErrorCode, isGatewayError } from '../../domain/errors.ts';
import type { ChannelId } from '../../domain/ids.ts';
import type { Fmp4Message, H264Only, StreamProfile } from '../../domain/media.ts';
import type { Clock, Logger, MediaPlane } from '../../domain/ports.ts';
import { type Millis, seconds } from '../../domain/time.ts';
import { type Fragment, fragmentGroup } from '../../runtime/fragment-group.ts';
import { Rounds } from './rounds.ts';
import { runStandingSink } from './standing-sink.ts';

export type StreamInit = Extract<Fmp4Message, { kind: 'init' }>;
export type StreamFragment = Fragment;

export interface StreamWatcher {
  /** The bytes are shared by all who watch: never change them. Those of a fragment are there until it returns. */
  message(message: StreamInit | StreamFragment): void;
  /** Nothing more comes. */
  ended(code: ErrorCode, reason: string): void;
}

export interface WantedStream {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  readonly audio: boolean;
  readonly h264?: H264Only;
}

interface StreamParts {
  readonly media: Pick<MediaPlane, 'prepare'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rounds: Rounds;
}

/** Beyond this a group is not kept. */
const groupLimit = 8 * 1024 * 1024;
/** A group that has not grown for this long is of a camera that went away: who joins would take it for live. */
const freshFor = seconds(2);

export class SharedStreams {
  readonly #streams = new Map<string, SharedStream>();
  readonly #parts: StreamParts;

  constructor(parts: Omit<StreamParts, 'rounds'>) {
    this.#parts = { ...parts, rounds: new Rounds(parts.clock) };
  }

  /** Watches until the returned function is called, or until `ended` has been told. */
  watch(wanted: WantedStream, watcher: StreamWatcher): () => void {
    const key = JSON.stringify([wanted.channel, wanted.profile, wanted.audio, wanted.h264]);
    let stream = this.#streams.get(key);
    if (!stream) {
      const fresh = new SharedStream(this.#parts, wanted, () => {
        if (this.#streams.get(key) === fresh) this.#streams.delete(key);
      });
      stream = fresh;
      this.#streams.set(key, fresh);
      void fresh.run();
    }
    return stream.join(watcher);
  }

  close(): void {
    for (const stream of [...this.#streams.values()]) stream.end('MEDIA_UNAVAILABLE', 'The gateway is closing.');
  }
}

class SharedStream {
  readonly #watchers = new Set<StreamWatcher>();
  readonly #over = new AbortController();
  readonly #parts: StreamParts;
  readonly #wanted: WantedStream;
  readonly #ended: () => void;
  #inits: StreamInit[] = [];
  readonly #group = fragmentGroup(groupLimit);
  #grewAt: Millis;

  constructor(parts: StreamParts, wanted: WantedStream, ended: () => void) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#ended = ended;
    this.#grewAt = parts.clock.monotonic();
  }

  async run(): Promise<void> {
    const { media, clock, rounds, log } = this.#parts;
    const spec = { ...this.#wanted, purpose: 'local', kind: 'fmp4' } as const;
    try {
      const take = (message: StreamInit | StreamFragment) => this.#take(message);
      const { code, reason } = await runStandingSink({ media, clock, rounds, spec, take }, this.#over.signal);
      this.end(code ?? 'MEDIA_UNAVAILABLE', reason);
    } catch (error) {
      log.info('stream not opened', { ...this.#wanted, error });
      if (isGatewayError(error)) this.end(error.code, error.message);
      else this.end('INTERNAL', 'The stream could not be opened.');
    }
  }

  join(watcher: StreamWatcher): () => void {
    this.#watchers.add(watcher);
    for (const init of this.#inits) watcher.message(init);
    const { clock } = this.#parts;
    if (clock.monotonic() - this.#grewAt < freshFor) for (const fragment of this.#group.items) watcher.message(fragment);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.end('MEDIA_UNAVAILABLE', 'Nobody watches.');
    };
  }

  end(code: ErrorCode, reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#ended();
    for (const watcher of [...this.#watchers]) watcher.ended(code, reason);
    this.#watchers.clear();
  }

  #take(message: StreamInit | StreamFragment): void {
    if (message.kind === 'init') {
      // Pictures first: a new beginning of them is one of the sound as well.
      this.#inits = message.track === 'video' ? [message] : [...this.#inits.filter(({ track }) => track === 'video'), message];
      if (message.track === 'video') this.#group.clear();
    } else if (this.#group.push(message)) this.#grewAt = this.#parts.clock.monotonic();
    for (const watcher of [...this.#watchers]) watcher.message(message);
  }
}
