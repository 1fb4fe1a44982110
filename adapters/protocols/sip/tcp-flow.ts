/** One TCP connection that speaks SIP. */
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { ProtocolError } from '../protocol-error.ts';
import type { Timers } from '../timers.ts';
import { SipFailure } from './failure.ts';
import type { SipAddress, SipFlow, SipReceiver } from './flow.ts';
import { SipFramer } from './framer.ts';
import { after } from './timing.ts';
import { hostPort } from './uri.ts';

interface TcpFlowOptions {
  readonly socket: Socket;
  readonly local: SipAddress;
  readonly remote: SipAddress;
  readonly timers: Timers;
  readonly receiver: SipReceiver;
  readonly pingEvery: number | undefined;
}

/** ms until the kernel asks whether the far side still lives (gb28181 §3.5). */
const probeAfter = 30_000;
/** ms that a message may take from its first byte to its last. */
const messagePatience = 30_000;
/** Bytes that may wait for a far side that does not read. */
const mostUnsent = 1024 * 1024;
/** ms. */
const lastWords = 1_000;
const ping = Buffer.from('\r\n\r\n');
const pong = Buffer.from('\r\n');

export class TcpFlow implements SipFlow {
  readonly transport = 'TCP';
  readonly local: SipAddress;
  readonly remote: SipAddress;
  readonly #socket: Socket;
  readonly #closed = new AbortController();
  readonly #timers: Timers;
  readonly #receiver: SipReceiver;
  readonly #framer: SipFramer;
  /** Counts whole messages, so that the watch over an unfinished one knows which it is. */
  #messages = 0;
  #watching = false;

  constructor({ socket, local, remote, timers, receiver, pingEvery }: TcpFlowOptions) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
    this.#timers = timers;
    this.#receiver = receiver;
    this.#framer = new SipFramer({
      message: (read) => {
        this.#messages += 1;
        receiver.message(read, this);
      },
      ping: () => socket.write(pong),
    });
    // Every open request listens.
    setMaxListeners(0, this.#closed.signal);
    socket.setKeepAlive(true, probeAfter);
    socket.on('data', (bytes) => this.#hear(bytes));
    socket.on('error', (error) => this.close(`broke the connection: ${error.message}.`));
    socket.on('close', () => this.close('closed the connection.'));
    if (pingEvery !== undefined) this.#ping(pingEvery);
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  send(bytes: Uint8Array): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.reject(this.#closed.signal.reason);
    if (this.#socket.writableLength > mostUnsent) {
      this.close('does not read what we send.');
      return Promise.reject(this.#closed.signal.reason);
    }
    this.#receiver.sent(bytes, this);
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (!error) resolve();
        else reject(new SipFailure('closed', `broke the connection at ${hostPort(this.remote.address, this.remote.port)}: ${error.message}.`, error));
      });
    });
  }

  /** `sentence` says what the far side did. */
  close(sentence: string): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new SipFailure('closed', sentence));
    if (this.#socket.destroyed) return;
    // What was just written, a refusal for one, still goes out, if the far side reads it.
    const gone = new AbortController();
    this.#socket.once('close', () => gone.abort());
    this.#socket.destroySoon();
    after(this.#timers, lastWords, gone.signal, () => this.#socket.destroy());
  }

  /** Reset: after a mere close the kernel goes on sending what the far side has not acknowledged, for minutes, and it arrives when the line is well again. */
  leave(): void {
    if (!this.#closed.signal.aborted) this.#closed.abort(new SipFailure('closed', 'answered nothing more, and its connection was left.'));
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  #hear(bytes: Buffer): void {
    if (this.#closed.signal.aborted) return;
    try {
      this.#framer.push(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#receiver.noise(this.remote, error.message);
      this.close(`sent bytes that are not SIP: ${error.message}`);
      return;
    }
    if (this.#framer.waiting && !this.#watching) this.#watch(this.#messages);
  }

  /** A message that begins and never ends holds memory. */
  #watch(messages: number): void {
    this.#watching = true;
    after(this.#timers, messagePatience, this.#closed.signal, () => {
      this.#watching = false;
      if (!this.#framer.waiting) return;
      if (this.#messages === messages) this.close(`did not end a message within ${messagePatience / 1_000} s.`);
      else this.#watch(this.#messages);
    });
  }

  #ping(every: number): void {
    after(this.#timers, every, this.#closed.signal, () => {
      this.#socket.write(ping);
      this.#ping(every);
    });
  }
}
