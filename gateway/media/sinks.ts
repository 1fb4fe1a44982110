/** Viewers of the main thread and of other workers: each reads one stream over a MessagePort. */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '../domain/errors.ts';
import type { Fmp4Message, SinkSpec, WireMessage } from '../domain/media.ts';
import type { WireOutlet } from '../domain/media-ports.ts';
import type { Logger, PreparedSink } from '../domain/ports.ts';
import type { RecordingSpec } from '../domain/recording.ts';
import { FragmentRing, RingWriter } from '../runtime/fragment-ring.ts';
import { FragmentFeed } from './fragments.ts';
import type { Hold } from './held-streams.ts';
import type { CodecTools } from './ports.ts';

export interface OpenSink extends PreparedSink {
  /** Tells the reader why nothing more comes, and closes. */
  end(reason: string, code?: ErrorCode): void;
}

interface SinkSurroundings {
  readonly codecs: CodecTools;
  readonly log: Logger;
  readonly closed: () => void;
}

/** Takes over `hold`: it is given back when the sink closes, whoever closes it. */
export function openSink(spec: Exclude<SinkSpec, RecordingSpec>, hold: Hold, { codecs, log, closed }: SinkSurroundings): OpenSink {
  const { port } = spec;
  let watching: Disposable | undefined;
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    closed();
    watching?.[Symbol.dispose]();
    hold[Symbol.dispose]();
    port.close();
  };
  const end = (reason: string, code?: ErrorCode) => {
    if (!open) return;
    port.postMessage({ kind: 'ended', reason, ...(code === undefined ? {} : { code }) } satisfies Fmp4Message & WireMessage);
    close();
  };
  port.once('close', close);
  return {
    start: () => {
      if (!open || watching) return;
      if (spec.kind === 'clip') clip(port, hold, { codecs, log, end });
      else watching = spec.kind === 'fmp4' ? feed(spec, hold, end) : wire(port, hold, end);
    },
    end,
    [Symbol.asyncDispose]: async () => close(),
  };
}

/** Fragments go through the reader's ring, where it has one and there is room: it looks there by itself. All else goes through its port. */
function feed({ port, audio, ring: shared }: SinkSpec & { kind: 'fmp4' }, { stream }: Hold, end: OpenSink['end']): Disposable {
  const ring = shared && new RingWriter(new FragmentRing(shared));
  return stream.mux((message) => {
    if (message.kind === 'fragment' && ring?.put(message)) return;
    ring?.beside();
    if (message.kind === 'ended') end(message.reason, message.code);
    else if (stream.transcoded && message.kind === 'init' && message.track === 'video') post(port, { ...message, transcoded: true });
    else post(port, message);
  }, audio);
}

/** What the ring holds, muxed anew from its first keyframe on. */
function clip(port: MessagePort, { stream }: Hold, { codecs, log, end }: Pick<SinkSurroundings, 'codecs' | 'log'> & Pick<OpenSink, 'end'>): void {
  const whole = new FragmentFeed(codecs, log, 0);
  if (stream.description) whole.describe(stream.description);
  whole.subscribe((message) => message.kind !== 'ended' && post(port, message), [], true);
  for (const unit of stream.ring?.units() ?? []) whole.accept(unit);
  end('end of the recording');
}

/** The reader says how many bytes it has taken, in all; what it has not is its backlog, as with any other viewer. */
function wire(port: MessagePort, { stream }: Hold, end: (reason: string) => void): Disposable {
  let sent = 0;
  let taken = 0;
  port.on('message', (bytes: unknown) => {
    if (typeof bytes === 'number' && bytes > taken) taken = Math.min(bytes, sent);
  });
  const outlet: WireOutlet = {
    write: (spans) => {
      for (const span of spans) {
        sent += span.wire.length;
        const { track, keyframe, starts, capturedAt } = span;
        post(port, { kind: 'packets', track, keyframe, starts, capturedAt, bytes: span.wire });
      }
    },
    described: (description) => port.postMessage({ kind: 'begin', description } satisfies WireMessage),
    report: (track, clock) => port.postMessage({ kind: 'clock', track, clock } satisfies WireMessage),
    notice: () => undefined, // The reader's page is told by whoever serves it.
    get backlog() {
      return sent - taken;
    },
    close: end,
  };
  return stream.join(outlet, () => 'local');
}

/** Copies the bytes once: the copy moves. */
function post(port: MessagePort, message: (Fmp4Message | WireMessage) & { readonly bytes: Uint8Array }): void {
  const bytes = new Uint8Array(message.bytes);
  port.postMessage({ ...message, bytes }, [bytes.buffer]);
}
