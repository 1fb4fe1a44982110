/** The media plane itself. It lives in the worker; for tests also on the main thread. */
import { GatewayError } from '../domain/errors.ts';
import type { Endpoint, Fmp4Message, SinkSpec, StreamKey, StreamTelemetry } from '../domain/media.ts';
import type { ViewerDoor } from '../domain/media-ports.ts';
import type { MediaPlane, PreparedSink } from '../domain/ports.ts';
import { Hub } from './hub.ts';
import type { MediaContext } from './ports.ts';

export class Plane implements MediaPlane {
  readonly #context: MediaContext;
  readonly #hub: Hub;
  readonly #sinks = new Set<{ end(reason: string): void }>();
  #door: ViewerDoor | undefined;
  #keys: readonly StreamKey[] = [];
  #closed = false;

  constructor(context: MediaContext) {
    this.#context = context;
    this.#hub = new Hub(context);
  }

  async prepare(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink> {
    if (this.#closed) throw new GatewayError('MEDIA_UNAVAILABLE', 'The media plane is closed.');
    const { channel, profile, port } = sink;
    const hold = this.#hub.hold(channel, profile);
    try {
      await hold.stream.ready(signal);
    } catch (error) {
      hold[Symbol.dispose]();
      port.close();
      throw error;
    }
    let subscription: Disposable | undefined;
    let open = true;
    const post = (message: Fmp4Message) => {
      if (message.kind === 'ended') port.postMessage(message);
      else port.postMessage(message, [message.bytes.buffer as ArrayBuffer]);
    };
    const close = () => {
      if (!open) return;
      open = false;
      this.#sinks.delete(registered);
      subscription?.[Symbol.dispose]();
      hold[Symbol.dispose]();
      port.close();
    };
    const end = (reason: string) => {
      if (!open) return;
      post({ kind: 'ended', reason });
      close();
    };
    const registered = { end };
    this.#sinks.add(registered);
    port.once('close', close);
    return {
      start: () => {
        if (!open || subscription) return;
        subscription = hold.stream.feed.subscribe((message) => {
          if (message.kind === 'ended') end(message.reason);
          else if (open) post(message);
        }, hold.stream.fanOut.cached);
      },
      [Symbol.asyncDispose]: async () => close(),
    };
  }

  async telemetry(): Promise<readonly StreamTelemetry[]> {
    return this.#hub.telemetry();
  }

  async serveRtsp(listen: Endpoint): Promise<Endpoint> {
    await this.#door?.[Symbol.asyncDispose]();
    this.#door = await this.#context.parts.openRtsp(listen, this.#hub);
    this.#door.admit(this.#keys);
    return { address: this.#door.address, port: this.#door.port };
  }

  async admit(keys: readonly StreamKey[]): Promise<void> {
    this.#keys = keys;
    this.#door?.admit(keys);
  }

  /** Tells every open sink why nothing more comes: for a crash, before the thread goes. */
  endSinks(reason: string): void {
    for (const sink of [...this.#sinks]) sink.end(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.endSinks('media plane closed');
    await this.#door?.[Symbol.asyncDispose]();
    await this.#hub[Symbol.asyncDispose]();
  }
}
