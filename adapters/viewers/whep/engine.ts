/** All WebRTC viewers of the box (WHEP, RFC 9725): which streams they watch, and their handshakes. Lives in a worker of its own. */
import type { MessagePort } from 'node:worker_threads';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { StreamPurpose } from '../../../gateway/domain/media.ts';
import type { AdapterContext } from '../../../gateway/domain/ports.ts';
import type { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';
import { WhepPeer } from './peer.ts';
import { WhepStream } from './stream.ts';

export interface WhepEngineOptions extends AdapterContext {
  readonly uplink: UplinkBudget;
  readonly ports?: readonly [number, number];
  /** A viewer is gone, whoever ended it. */
  readonly peerEnded: (session: string, reason: string) => void;
  /** Nobody watches this stream any more, or it has ended. */
  readonly streamEnded: (stream: string) => void;
}

export interface WhepOrder {
  readonly session: string;
  readonly stream: string;
  readonly offer: string;
  readonly purpose: StreamPurpose;
  /** The viewer runs on this machine. */
  readonly local: boolean;
}

export class WhepEngine {
  readonly #options: WhepEngineOptions;
  readonly #streams = new Map<string, WhepStream>();
  readonly #peers = new Map<string, WhepPeer>();

  constructor(options: WhepEngineOptions) {
    this.#options = options;
  }

  /** A stream whose packets come over `port`, for the orders that name it. */
  open(stream: string, port: MessagePort): void {
    const opened: WhepStream = new WhepStream(port, this.#options, () => {
      if (this.#streams.get(stream) === opened) this.#streams.delete(stream);
      this.#options.streamEnded(stream);
    });
    this.#streams.set(stream, opened);
  }

  /** The SDP answer. Throws MEDIA_UNAVAILABLE, MEDIA_UNSUPPORTED or REQUEST_INVALID. */
  async answer({ session, stream: name, offer, purpose, local }: WhepOrder): Promise<string> {
    const { clock, log, ports, peerEnded } = this.#options;
    const stream = this.#streams.get(name);
    const description = await stream?.description();
    if (!stream || !description) throw new GatewayError('MEDIA_UNAVAILABLE', `The stream ${name} has ended.`);
    let joined: WhepPeer | undefined;
    try {
      const { peer, sdp } = await WhepPeer.answer({
        ...{ clock, description, offer },
        ...(ports ? { ports } : {}),
        addresses: local ? ['127.0.0.1'] : [],
        wantsGroup: () => joined && stream.showGroup(joined),
        ended: (reason) => {
          if (joined) stream.leave(joined);
          this.#peers.delete(session);
          log.info('viewer left', { viewer: 'webrtc', stream: name, reason });
          peerEnded(session, reason);
          if (stream.peers === 0) stream.end('nobody watches');
        },
      });
      joined = peer;
      this.#peers.set(session, peer);
      stream.join(peer, purpose);
      log.info('viewer answered', { viewer: 'webrtc', stream: name });
      return sdp;
    } catch (error) {
      if (stream.peers === 0) stream.end('nobody watches');
      throw error;
    }
  }

  end(session: string, reason: string): void {
    this.#peers.get(session)?.close(reason);
  }

  close(): void {
    for (const stream of [...this.#streams.values()]) stream.end('the gateway is closing');
  }
}
