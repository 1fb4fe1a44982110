/** The camera's RTSP door (RFC 2326): over TCP and UDP, Digest, sessions that end when nobody asks after them. */
import { createServer } from 'node:net';
import { UdpPorts } from '../../adapters/protocols/rtsp/udp-ports.ts';
import type { Endpoint } from '../../gateway/domain/media.ts';
import { millis } from '../../gateway/domain/time.ts';
import { type Listener, listenerFor } from '../platform/listener.ts';
import type { RtspCounters } from './rtsp-answer.ts';
import { RtspVisitor, type VisitorSurroundings } from './rtsp-visitor.ts';

export interface RtspDoorOptions extends Omit<VisitorSurroundings, 'counters' | 'ports' | 'signal'> {
  readonly listen: Endpoint;
}

export interface RtspDoor {
  readonly listener: Listener;
  readonly counters: Readonly<RtspCounters>;
  /** Ends sessions that have expired, until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** Its side of RTP over UDP. */
const udpPorts = { first: 24_000, last: 25_999 };
/** Nobody waits longer than this for an expired session to end. */
const sweepEvery = millis(250);

export function openRtspDoor(options: RtspDoorOptions): RtspDoor {
  const counters: RtspCounters = { connections: 0, requests: 0, credentialed: 0, refused: 0, plays: 0, expired: 0, tooSlow: 0 };
  const visitors = new Set<RtspVisitor>();
  const life = new AbortController();
  const ports = new UdpPorts(udpPorts);
  const server = createServer({ noDelay: true }, (socket) => {
    counters.connections += 1;
    const visitor = new RtspVisitor(socket, { ...options, counters, ports, signal: life.signal });
    visitors.add(visitor);
    socket.once('close', () => visitors.delete(visitor));
  });
  return {
    listener: listenerFor(server, options.listen),
    counters,
    run: async (signal) => {
      while (!signal.aborted) {
        await options.clock.sleep(sweepEvery, signal).catch(() => undefined); // aborted: the loop ends
        for (const visitor of visitors) visitor.sweep();
      }
      life.abort();
    },
  };
}
