/** One sink that outlives the media worker behind it: whenever its port closes without a word, it is prepared again. */
import { MessageChannel } from 'node:worker_threads';
import { isGatewayError } from '../../domain/errors.ts';
import type { Fmp4Message, SinkSpec } from '../../domain/media.ts';
import type { Clock, MediaPlane } from '../../domain/ports.ts';
import { millis, seconds } from '../../domain/time.ts';
import { FragmentRing, RingReader } from '../../runtime/fragment-ring.ts';
import type { Rounds } from './rounds.ts';

export interface StandingSink {
  readonly media: Pick<MediaPlane, 'prepare'>;
  readonly clock: Clock;
  readonly rounds: Rounds;
  readonly spec: Omit<Extract<SinkSpec, { kind: 'fmp4' }>, 'port' | 'ring'>;
  /** Everything but `ended`. After a new start comes a new `init`. The bytes are there until it returns. */
  take(message: Exclude<Fmp4Message, { kind: 'ended' }>): void;
}

type Ended = Omit<Extract<Fmp4Message, { kind: 'ended' }>, 'kind'>;

const again = millis(100);
/** A worker is replaced well within this time; after it, the reason counts. */
const replacedWithin = seconds(5);

/** Lives until aborted. Resolves with the reason if the plane ends the stream; throws why it cannot be opened. */
export async function runStandingSink(sink: StandingSink, signal: AbortSignal): Promise<Ended> {
  const { clock } = sink;
  let stoodAt = clock.monotonic();
  while (!signal.aborted) {
    try {
      const ended = await runSink(sink, signal);
      if (ended) return ended;
      stoodAt = clock.monotonic();
    } catch (error) {
      if (signal.aborted) break;
      if (!isGatewayError(error, 'MEDIA_UNAVAILABLE') || clock.monotonic() - stoodAt > replacedWithin) throw error;
      await clock.sleep(again, signal).catch(() => undefined); // Aborted: the loop ends.
    }
  }
  return { reason: 'Nobody watches.' };
}

/** Until the port closes: undefined where that came without a word. */
async function runSink({ media, spec, rounds, take }: StandingSink, signal: AbortSignal): Promise<Ended | undefined> {
  const { port1, port2 } = new MessageChannel();
  const ring = new FragmentRing();
  let ended: Ended | undefined;
  const closed = new Promise<void>((resolve) => port1.once('close', () => resolve()));
  const close = () => port1.close();
  const reader = new RingReader(ring, (fragment) => {
    if (!signal.aborted) take(fragment);
  });
  // What cannot be read leaves a gap in what was said.
  port1.once('messageerror', close);
  port1.on('message', (message: Fmp4Message) => {
    reader.beside();
    if (message.kind === 'ended') {
      ended = message;
      close();
    } else if (!signal.aborted) take(message);
  });
  signal.addEventListener('abort', close, { once: true });
  using _round = rounds.join(() => reader.look());
  try {
    await using prepared = await media.prepare({ ...spec, port: port2, ring: ring.shared }, signal);
    prepared.start();
    await closed;
    reader.look();
    return ended;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
