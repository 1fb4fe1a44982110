/** Pairs of local UDP ports for RTP and RTCP (RFC 3550 §11: an even port and the odd one above it), from a range that a firewall can be told of. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { RtspFailure } from './failure.ts';

export interface UdpRange {
  readonly first: number;
  readonly last: number;
}

export interface UdpPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  close(): void;
}

/** A keyframe of a large picture comes at once. */
const receiveBuffer = 1024 * 1024;

export class UdpPorts {
  readonly #first: number;
  readonly #pairs: number;
  #turn: number;

  constructor({ first, last }: UdpRange) {
    this.#first = first + (first % 2);
    this.#pairs = Math.floor((last - this.#first + 1) / 2);
    // Anywhere at first, then one after the other: what an old session still sends does not meet a new one.
    this.#turn = Math.floor(Math.random() * Math.max(1, this.#pairs));
  }

  /** On `address`, the one that faces the camera. Throws RtspFailure when every pair is taken. */
  async open(address: string): Promise<UdpPair> {
    let cause: unknown;
    for (let tried = 0; tried < this.#pairs; tried += 1) {
      const port = this.#first + 2 * (this.#turn % this.#pairs);
      this.#turn += 1;
      try {
        const rtp = await bind(address, port);
        try {
          return pairOf(port, rtp, await bind(address, port + 1));
        } catch (error) {
          rtp.close();
          throw error;
        }
      } catch (error) {
        cause = error;
        if (!isTaken(error)) break;
      }
    }
    const last = this.#first + 2 * this.#pairs - 1;
    throw new RtspFailure('local', `is to be heard over UDP, but no pair of the ports ${this.#first} to ${last} can be opened here.`, cause);
  }
}

function pairOf(port: number, rtp: Socket, rtcp: Socket): UdpPair {
  return {
    port,
    rtp,
    rtcp,
    close: () => {
      rtp.close();
      rtcp.close();
    },
  };
}

function bind(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: receiveBuffer });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // A datagram that could not be sent says nothing that silence would not.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
}
