/** The plays of one platform: how many there may be, who has to go for an alarm, and which one is only the same view again. */
import type { ChannelId } from '../../../../gateway/domain/ids.ts';
import type { RtpWay, StreamProfile } from '../../../../gateway/domain/media.ts';
import type { Instant } from '../../../../gateway/domain/time.ts';

export interface PlayFacts {
  readonly channel: ChannelId;
  /** The sub-stream may stand in for the main one. */
  profile: StreamProfile;
  readonly code: string;
  readonly callId: string;
  readonly transport: RtpWay['transport'];
  readonly ssrc: number;
  /** Where it goes, or comes from. */
  readonly remote: string;
  readonly stream: string | undefined;
  readonly since: Instant;
}

export interface Place extends Disposable {
  /** Aborts when the play has to end for another; its reason is the sentence. */
  readonly given: AbortSignal;
}

interface Entry {
  readonly facts: PlayFacts;
  readonly over: AbortController;
}

export class PlayLedger {
  readonly #most: number;
  readonly #alarmed: (channel: ChannelId) => boolean;
  /** In the order of their beginning. */
  readonly #entries = new Set<Entry>();

  constructor(most: number, alarmed: (channel: ChannelId) => boolean) {
    this.#most = most;
    this.#alarmed = alarmed;
  }

  get plays(): readonly PlayFacts[] {
    return [...this.#entries].map(({ facts }) => facts);
  }

  /** A place for this play, until disposed of; undefined: all are taken, by plays that are worth as much. */
  take(facts: PlayFacts): Place | undefined {
    // GB/T 28181-2022 annex K: the same stream asked for again is the old one released.
    for (const entry of this.#entries) if (sameView(entry.facts, facts)) this.#end(entry, 'It was asked for again.');
    if (this.#entries.size >= this.#most) {
      const yielding = this.#alarmed(facts.channel) ? [...this.#entries].find((entry) => !this.#alarmed(entry.facts.channel)) : undefined;
      if (!yielding) return undefined;
      this.#end(yielding, `Its place was given to ${facts.code}, which looks at an alarm.`);
    }
    const entry: Entry = { facts, over: new AbortController() };
    this.#entries.add(entry);
    return { given: entry.over.signal, [Symbol.dispose]: () => void this.#entries.delete(entry) };
  }

  endAll(sentence: string): void {
    for (const entry of this.#entries) this.#end(entry, sentence);
  }

  #end(entry: Entry, sentence: string): void {
    this.#entries.delete(entry);
    entry.over.abort(new Error(sentence));
  }
}

function sameView(one: PlayFacts, other: PlayFacts): boolean {
  if (one.channel !== other.channel) return false;
  return one.ssrc === other.ssrc || (one.stream !== undefined && one.stream === other.stream);
}
