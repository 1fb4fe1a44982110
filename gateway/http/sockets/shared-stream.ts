/**
 * One fMP4 stream as many browsers watch it: it crosses from the media plane once, whoever and however many watch. Keeps the pictures since
 * the last keyframe, so that a page that joins sees something at once.
 */
import { isGatewayError } from '../../domain/errors.ts';
import type { ChannelId } from '../../domain/ids.ts';
import type { Fmp4Message, StreamProfile } from '../../domain/media.ts';
import type { Clock, Logger, MediaPlane } from '../../domain/ports.ts';
import { runStandingSink } from './standing-sink.ts';

export interface StreamWatcher {
  message(message: Fmp4Message): void;
}

type Fragment = Extract<Fmp4Message, { kind: 'fragment' }>;
type Init = Extract<Fmp4Message, { kind: 'init' }>;

/** Beyond this a group is not kept: who joins waits for the next keyframe. */
const groupLimit = 8 * 1024 * 1024;

interface StreamParts {
  readonly media: Pick<MediaPlane, 'prepare'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class SharedStreams {
  readonly #streams = new Map<string, SharedStream>();
  readonly #parts: StreamParts;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** Watches until the returned function is called, or until `ended` has been told. */
  watch(channel: ChannelId, profile: StreamProfile, watcher: StreamWatcher): () => void {
    const key = `${channel} ${profile}`;
    let stream = this.#streams.get(key);
    if (!stream) {
      const fresh = new SharedStream(() => {
        if (this.#streams.get(key) === fresh) this.#streams.delete(key);
      });
      stream = fresh;
      this.#streams.set(key, fresh);
      void fresh.run(this.#parts, channel, profile);
    }
    return stream.join(watcher);
  }

  close(): void {
    for (const stream of [...this.#streams.values()]) stream.end('The gateway is closing.');
  }
}

class SharedStream {
  readonly #watchers = new Set<StreamWatcher>();
  readonly #over = new AbortController();
  readonly #ended: () => void;
  #init: Init | undefined;
  #group: Fragment[] = [];
  #groupBytes = 0;

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  async run({ media, clock, log }: StreamParts, channel: ChannelId, profile: StreamProfile): Promise<void> {
    const spec = { channel, profile, purpose: 'local', kind: 'fmp4', audio: false } as const;
    try {
      this.end(await runStandingSink({ media, clock, spec, take: (message) => this.#take(message) }, this.#over.signal));
    } catch (error) {
      log.info('stream not opened', { channel, profile, error });
      this.end(isGatewayError(error) ? error.message : 'The stream could not be opened.');
    }
  }

  join(watcher: StreamWatcher): () => void {
    if (this.#over.signal.aborted) {
      watcher.message({ kind: 'ended', reason: 'The stream has ended.' });
      return () => undefined;
    }
    this.#watchers.add(watcher);
    if (this.#init) {
      watcher.message(this.#init);
      for (const fragment of this.#group) watcher.message(fragment);
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.end('Nobody watches.');
    };
  }

  end(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#ended();
    for (const watcher of [...this.#watchers]) watcher.message({ kind: 'ended', reason });
    this.#watchers.clear();
  }

  #take(message: Init | Fragment): void {
    if (message.kind === 'init') {
      this.#init = message;
      this.#forget();
    } else this.#keep(message);
    for (const watcher of [...this.#watchers]) watcher.message(message);
  }

  #keep(fragment: Fragment): void {
    if (fragment.keyframe) this.#forget();
    else if (this.#group.length === 0) return;
    this.#group.push(fragment);
    this.#groupBytes += fragment.bytes.byteLength;
    if (this.#groupBytes > groupLimit) this.#forget();
  }

  #forget(): void {
    this.#group = [];
    this.#groupBytes = 0;
  }
}
